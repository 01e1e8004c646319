//! luigi.cfg's syntax: that of Python's `configparser`, with `%(name)s` and `${ENV}` in values.
//!
//! Values are kept raw and interpolated when asked for, so that a broken value in a section that nobody reads here (a
//! client's own settings share the file) does no harm.

use crate::config::ConfigError;

/// LIMIT: nested `%(name)s`, as in Python.
const INTERPOLATION_DEPTH_MAX: usize = 10;

/// One file.
#[derive(Debug, Default)]
pub struct Ini {
    file: String,
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    name: String,
    options: Vec<Setting>,
}

#[derive(Debug)]
struct Setting {
    name: String,
    value: String,
    line: usize,
}

/// A value as used: interpolated, with its place for error messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The option's name as written.
    pub name: String,
    /// The text.
    pub value: String,
    /// Where it stands.
    pub line: usize,
}

impl Ini {
    /// Reads a file's text. `file` is for messages.
    pub fn parse(file: &str, text: &str) -> Result<Ini, ConfigError> {
        let mut ini = Ini { file: file.to_string(), sections: Vec::new() };
        // How far the option's own line is indented: deeper lines continue its value.
        let mut option_indent: Option<usize> = None;
        for (number, raw) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
            let line = number + 1;
            let content = raw.trim();
            if content.starts_with(['#', ';']) {
                continue;
            }
            let indent = raw.len() - raw.trim_start().len();
            if option_indent.is_some_and(|base| content.is_empty() || indent > base) {
                let setting = ini.sections.last_mut().and_then(|section| section.options.last_mut());
                if let Some(setting) = setting {
                    setting.value.push('\n');
                    setting.value.push_str(content);
                }
                continue;
            }
            if content.is_empty() {
                continue;
            }
            option_indent = None;
            if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.rfind(']').map(|end| &rest[..end])) {
                ini.open_section(name, line)?;
                continue;
            }
            let Some(split) = content.find(['=', ':']).filter(|&at| at > 0) else {
                return Err(ini.error(line, format!("expected `name = value`, found `{}`", short(content)), ""));
            };
            let (name, value) = (content[..split].trim_end(), content[split + 1..].trim_start());
            ini.add_option(name, value, line)?;
            option_indent = Some(indent);
        }
        Ok(ini)
    }

    fn open_section(&mut self, name: &str, line: usize) -> Result<(), ConfigError> {
        if name != "DEFAULT" && self.sections.iter().any(|section| section.name == name) {
            return Err(self.error(line, format!("section [{name}] stands twice"), "merge the two sections"));
        }
        self.sections.push(Section { name: name.to_string(), options: Vec::new() });
        Ok(())
    }

    fn add_option(&mut self, name: &str, value: &str, line: usize) -> Result<(), ConfigError> {
        let Some(section) = self.sections.last() else {
            return Err(self.error(line, format!("`{}` stands before any [section]", short(name)), ""));
        };
        if let Some(first) = section.options.iter().find(|option| option.name == name) {
            let what = format!("`{name}` stands twice in [{}], first in line {}", section.name, first.line);
            return Err(self.error(line, what, "keep one of them"));
        }
        if let Some(section) = self.sections.last_mut() {
            section.options.push(Setting { name: name.to_string(), value: value.to_string(), line });
        }
        Ok(())
    }

    /// An error at a line of this file.
    pub fn error(&self, line: usize, what: String, hint: &str) -> ConfigError {
        ConfigError::Place { file: self.file.clone(), line, what, hint: hint.to_string() }
    }

    /// An option's value. `name` is written with underscores; the file may use dashes instead.
    pub fn get(&self, section: &str, name: &str) -> Result<Option<Found>, ConfigError> {
        if !self.sections.iter().any(|other| other.name == section) {
            return Ok(None);
        }
        let dashed = name.replace('_', "-");
        let found = self.raw(section, name).or_else(|| self.raw(section, &dashed));
        found.map(|option| self.interpolated(section, option)).transpose()
    }

    /// All options of a section, without those that only [DEFAULT] has.
    pub fn all(&self, section: &str) -> Result<Vec<Found>, ConfigError> {
        let own = self.sections.iter().filter(|other| other.name == section).flat_map(|section| &section.options);
        own.map(|option| self.interpolated(section, option)).collect()
    }

    fn raw(&self, section: &str, name: &str) -> Option<&Setting> {
        let in_section = |wanted: &str| {
            let sections = self.sections.iter().filter(move |other| other.name == wanted);
            sections.flat_map(|section| &section.options).find(|option| option.name == name)
        };
        in_section(section).or_else(|| in_section("DEFAULT"))
    }

    fn interpolated(&self, section: &str, option: &Setting) -> Result<Found, ConfigError> {
        let text = self.names_resolved(section, option, &option.value, 0)?;
        let value = self.environment_resolved(option, &text)?;
        Ok(Found { name: option.name.clone(), value: value.trim().to_string(), line: option.line })
    }

    fn names_resolved(&self, section: &str, at: &Setting, text: &str, depth: usize) -> Result<String, ConfigError> {
        if depth > INTERPOLATION_DEPTH_MAX {
            return Err(self.error(at.line, format!("`%(..)s` in `{}` refers to itself", at.name), ""));
        }
        let mut resolved = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(percent) = rest.find('%') {
            resolved.push_str(&rest[..percent]);
            let after = &rest[percent + 1..];
            if let Some(more) = after.strip_prefix('%') {
                resolved.push('%');
                rest = more;
                continue;
            }
            let name = after.strip_prefix('(').and_then(|inner| inner.find(")s").map(|end| &inner[..end]));
            let Some(name) = name else {
                let what = format!("`%` in `{}` is neither `%%` nor `%(name)s`", at.name);
                return Err(self.error(at.line, what, "write `%%` for a percent sign"));
            };
            let Some(other) = self.raw(section, name) else {
                let what = format!("`%({name})s` in `{}` names no option of [{section}] or [DEFAULT]", at.name);
                return Err(self.error(at.line, what, ""));
            };
            resolved.push_str(&self.names_resolved(section, at, &other.value, depth + 1)?);
            rest = &after[name.len() + 3..];
        }
        resolved.push_str(rest);
        Ok(resolved)
    }

    fn environment_resolved(&self, at: &Setting, text: &str) -> Result<String, ConfigError> {
        let mut resolved = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(end) = rest[start..].find('}').filter(|&end| end > 2) else { break };
            let name = &rest[start + 2..start + end];
            let Ok(value) = std::env::var(name) else {
                let what = format!("`{}` refers to the environment variable `{name}`, which is not set", at.name);
                return Err(self.error(at.line, what, &format!("set {name} in the server's environment")));
            };
            resolved.push_str(&rest[..start]);
            resolved.push_str(&value);
            rest = &rest[start + end + 1..];
        }
        resolved.push_str(rest);
        Ok(resolved)
    }
}

/// User input for a message: its start.
pub(crate) fn short(text: &str) -> String {
    let mut kept: String = text.chars().take(60).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, section: &str, name: &str) -> Result<Option<String>, String> {
        let ini = Ini::parse("luigi.cfg", text).map_err(|error| error.to_string())?;
        ini.get(section, name).map(|found| found.map(|found| found.value)).map_err(|error| error.to_string())
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(value(text, "scheduler", "retry_delay"), Ok(Some(expected.to_string())), "{text}");
    }

    fn refused(text: &str, message: &str) {
        let error = value(text, "scheduler", "retry_delay").err().unwrap_or_default();
        assert_eq!(error, message, "{text}");
    }

    #[test]
    fn values_are_read_as_python_reads_them() {
        check("[scheduler]\nretry_delay = 5", "5");
        check("[scheduler]\nretry-delay: 5", "5");
        check("\u{feff}[scheduler]\r\nretry_delay=5\r\n", "5");
        check("[DEFAULT]\nd = 7\n[scheduler]\nretry_delay = %(d)s.5", "7.5");
        check("[DEFAULT]\nretry_delay = 7\n[scheduler]\n", "7");
        check("# note\n[scheduler]\n; note\nretry_delay = 5 # not a comment", "5 # not a comment");
        check("[scheduler]\nretry_delay = a\n  b\n\n  c\nother = 1", "a\nb\n\nc");
        check("[scheduler]\nretry_delay = 100%%", "100%");
        check("[scheduler]\nretry_delay = ${CARGO_PKG_NAME}", "bussola-server");
        assert_eq!(value("[x]\na = %(no)s", "scheduler", "retry_delay"), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        refused("[scheduler]\n\nnonsense", "luigi.cfg:3: expected `name = value`, found `nonsense`");
        refused("a = 1", "luigi.cfg:1: `a` stands before any [section]");
        refused("[scheduler]\na = 1\na = 2", "luigi.cfg:3: `a` stands twice in [scheduler], first in line 2");
        refused("[a]\n[a]", "luigi.cfg:2: section [a] stands twice");
        refused("[scheduler]\nretry_delay = 5%", "luigi.cfg:2: `%` in `retry_delay` is neither `%%` nor `%(name)s`");
        refused(
            "[scheduler]\nretry_delay = %(retry_delay)s",
            "luigi.cfg:2: `%(..)s` in `retry_delay` refers to itself",
        );
        refused(
            "[scheduler]\nretry_delay = ${BUSSOLA_NOT_SET}",
            "luigi.cfg:2: `retry_delay` refers to the environment variable `BUSSOLA_NOT_SET`, which is not set",
        );
    }
}
