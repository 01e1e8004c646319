//! What is wrong with a manifest, said so that its author can mend it.
//!
//! INVARIANT: a code, once published, keeps its meaning; `docs/errors/catalog.md` has a line for each.
//! INVARIANT: a message is one line, lower case, without a period, with the user's input in backticks and bounded.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits::QUOTED_CHARS_MAX;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $summary:literal;)+) => {
        /// The stable codes of the catalog, `B0101` to `B0149`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, in order of number.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The number behind the `B`.
            pub fn number(self) -> u16 {
                match self { $(Code::$name => $number,)+ }
            }

            /// One line for the table of codes.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$name => $summary,)+ }
            }
        }
    };
}

codes! {
    /// The file is larger than the limit.
    FileTooLarge = 101, "the manifest is too large";
    /// The file is not UTF-8.
    NotUtf8 = 102, "the manifest is not UTF-8";
    /// The YAML grammar refuses the text.
    YamlSyntax = 103, "the YAML is not well formed";
    /// A tab stands where YAML wants spaces.
    YamlTab = 104, "a tab is used for indentation";
    /// A key stands twice in one mapping.
    DuplicateKey = 105, "a key is given twice";
    /// Nesting is deeper than the limit.
    TooDeep = 106, "the YAML is nested too deeply";
    /// Aliases expand to more than the limit.
    AliasBomb = 107, "aliases expand to too much";
    /// The file holds more documents than the limit, or more than its format allows.
    TooManyDocuments = 108, "the file holds too many documents";
    /// An alias names no anchor, or the node that contains it.
    BadAlias = 109, "an alias cannot be resolved";
    /// A tag (`!name`) that the format does not know.
    BadTag = 110, "a YAML tag cannot be used here";
    /// Neither the content nor the file name says which format the file has.
    UnknownFormat = 111, "the format of the manifest is unknown";
    /// A document without content.
    EmptyDocument = 112, "the manifest is empty";
    /// The document is not a mapping.
    NotAMapping = 113, "the document is not a mapping";
    /// A key that has to be there is missing.
    MissingKey = 114, "a required key is missing";
    /// A key that the format does not know.
    UnknownKey = 115, "a key is not known";
    /// A value of another type than the rule wants.
    WrongType = 116, "a value has the wrong type";
    /// A value outside the set or form that the rule allows.
    BadValue = 117, "a value is not allowed";
    /// A value longer than the rule allows.
    TooLong = 118, "a value is too long";
    /// A kind or apiVersion that the catalog does not read.
    UnknownKind = 119, "the kind or apiVersion is not known";
    /// A reference to another entity that cannot be read.
    BadReference = 120, "an entity reference is not well formed";
    /// A name given twice where names must differ.
    DuplicateName = 121, "a name is given twice";
    /// A glob of task families that cannot be used.
    BadGlob = 122, "a family glob cannot be used";
    /// Two manifests declare one entity.
    DeclaredTwice = 131, "an entity is declared twice";
    /// Two claims fit a family equally well.
    ClaimTie = 132, "two claims fit equally well";
    /// Two components carry one Compass id.
    AliasConflict = 133, "one identifier names two entities";
    /// One manifest is handed in twice.
    PathTwice = 134, "one manifest is read twice";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B{:04}", self.number())
    }
}

/// A place in a file: both numbers count from 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The column, from 1.
    pub column: u32,
    /// The line, from 1.
    pub line: u32,
}

impl PartialOrd for Span {
    fn partial_cmp(&self, other: &Span) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Span {
    /// In order of the file. Not derived: the fields stand in the order of the alphabet.
    fn cmp(&self, other: &Span) -> Ordering {
        (self.line, self.column).cmp(&(other.line, other.column))
    }
}

impl Span {
    /// The first character of a file: where a problem of the whole file is shown.
    pub const START: Span = Span { line: 1, column: 1 };

    /// A place; both numbers from 1.
    pub fn new(line: u32, column: u32) -> Span {
        Span { column, line }
    }
}

/// One thing that is wrong, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// The column, from 1.
    pub column: u32,
    /// What to write instead.
    pub hint: String,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// The file, as the caller named it.
    pub path: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: error[{}]: {}", self.path, self.line, self.column, self.code, self.message)?;
        if !self.hint.is_empty() {
            write!(f, "\nhint: {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// A problem before it is known which file it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub code: Code,
    pub span: Span,
    pub message: String,
    pub hint: String,
}

impl Finding {
    pub fn new(code: Code, span: Span, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding { code, span, message: message.into(), hint: hint.into() }
    }

    pub fn in_file(self, path: &str) -> Problem {
        Problem {
            code: self.code,
            column: self.span.column,
            hint: self.hint,
            line: self.span.line,
            message: self.message,
            path: path.to_owned(),
        }
    }
}

/// The user's input in backticks, on one line, cut at a limit.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("`");
    for (count, c) in text.chars().enumerate() {
        if count == QUOTED_CHARS_MAX {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // A control character or a text-direction mark could make a terminal show something else than the file says.
            c if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(c)))
            }
            c => out.push(c),
        }
    }
    out.push('`');
    out
}

/// The candidate closest to what was written, if it is close enough to be a slip of the finger.
pub(crate) fn closest<'a>(written: &str, candidates: &[&'a str]) -> Option<&'a str> {
    if written.chars().count() > 2 * QUOTED_CHARS_MAX {
        return None;
    }
    let lower = written.to_lowercase();
    candidates
        .iter()
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, for [`closest`].
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// `a, b or c`, each in backticks.
pub(crate) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_range() {
        let mut numbers: Vec<u16> = Code::ALL.iter().map(|code| code.number()).collect();
        assert!(numbers.iter().all(|number| (101..150).contains(number)));
        numbers.dedup();
        assert_eq!(numbers.len(), Code::ALL.len());
    }

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let check =
            |written, expected| assert_eq!(closest(written, &["lifecycle", "tier", "name"]), expected, "{written}");
        check("lifecyle", Some("lifecycle"));
        check("Tier", Some("tier"));
        check("nmae", None);
        check("owner", None);
        check("", None);
    }

    #[test]
    fn quoting_is_one_line_and_bounded() {
        assert_eq!(quoted("a\nb\u{7}"), "`a\\nb\\u{7}`");
        assert_eq!(quoted(&"x".repeat(1000)).chars().count(), QUOTED_CHARS_MAX + 3);
    }
}
