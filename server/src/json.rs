//! Writing JSON straight into a text: replies are large or frequent, and a tree of values in between would double the
//! work. Python's dialect: `Infinity` and `NaN` are numbers.

use std::fmt::Write;

use bussola_domain::value::{Value, write_number, write_string};

/// An object being written. [`Object::end`] closes it.
pub struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Opens an object at the end of `out`.
    pub fn begin(out: &'a mut String) -> Object<'a> {
        out.push('{');
        Object { out, empty: true }
    }

    /// Writes a member's name; the caller writes the value to what is returned.
    pub fn key(&mut self, name: &str) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        text(self.out, name);
        self.out.push(':');
        self.out
    }

    /// A text.
    pub fn text(&mut self, name: &str, value: &str) {
        text(self.key(name), value);
    }

    /// A text, or null.
    pub fn optional_text(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.raw(name, "null"),
        }
    }

    /// A number.
    pub fn number(&mut self, name: &str, value: f64) {
        number(self.key(name), value);
    }

    /// Whether something is so.
    pub fn truth(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    /// Any value.
    pub fn value(&mut self, name: &str, value: &Value) {
        write(self.key(name), value);
    }

    /// What is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) {
        self.key(name).push_str(json);
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push('}');
    }
}

/// Writes a list of texts.
pub fn texts<'t>(out: &mut String, items: impl IntoIterator<Item = &'t str>) {
    out.push('[');
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        text(out, item);
    }
    out.push(']');
}

/// Writes a text.
pub fn text(out: &mut String, value: &str) {
    // Writing to a String cannot fail.
    let _ = write_string(out, value);
}

/// Writes a number.
pub fn number(out: &mut String, value: f64) {
    let _ = write_number(out, value);
}

/// Writes any value.
pub fn write(out: &mut String, value: &Value) {
    let _ = write!(out, "{value}");
}

/// Adds a member to an object that is written without its braces, as readers of many tasks do.
pub fn member(out: &mut String, name: &str, json: &str) {
    if !out.is_empty() {
        out.push(',');
    }
    text(out, name);
    out.push(':');
    out.push_str(json);
}

/// Puts the braces around an object's members.
pub fn braced(mut members: String) -> String {
    members.insert(0, '{');
    members.push('}');
    members
}
