//! What is wrong with a policy set, and where.
//!
//! INVARIANT: a code, once published, keeps its meaning; `docs/errors/policies.md` has a line for each.

use std::fmt;

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// It is not Cedar.
    Syntax,
    /// It does not fit the schema: an unknown word, a type that does not fit, a policy that can never apply.
    Schema,
    /// A policy's id, or a file's name, cannot be used.
    Id,
    /// There is too much of something.
    Limit,
    /// A file of expectations cannot be read.
    Cases,
}

impl ProblemKind {
    /// Each once.
    pub const ALL: &'static [ProblemKind] =
        &[ProblemKind::Syntax, ProblemKind::Schema, ProblemKind::Id, ProblemKind::Limit, ProblemKind::Cases];

    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            ProblemKind::Syntax => "B0401",
            ProblemKind::Schema => "B0402",
            ProblemKind::Id => "B0403",
            ProblemKind::Limit => "B0404",
            ProblemKind::Cases => "B0405",
        }
    }

    /// One line for the table of codes.
    pub fn summary(self) -> &'static str {
        match self {
            ProblemKind::Syntax => "a policy is not written as Cedar wants it",
            ProblemKind::Schema => {
                "a policy does not fit the schema: an unknown word, a wrong type, a condition that never holds"
            }
            ProblemKind::Id => "a policy's id or a file's name is used twice, or cannot be used",
            ProblemKind::Limit => "a file, a policy or the set is too large",
            ProblemKind::Cases => "a file of expectations (`bussola policy test`) cannot be read",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProblem {
    /// What kind of fault.
    pub kind: ProblemKind,
    /// The file, by its name in the set.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// One line.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
    /// The line of the file.
    pub source: String,
}

impl PolicyProblem {
    /// At a byte of a file.
    pub(crate) fn at(kind: ProblemKind, file: &str, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let (line, column) = place(text, offset);
        PolicyProblem {
            kind,
            file: file.to_owned(),
            line,
            column,
            message: one_line(&message.into()),
            hint: String::new(),
            source: text.lines().nth(line as usize - 1).unwrap_or("").to_owned(),
        }
    }

    /// With a hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = one_line(&hint.into());
        self
    }

    /// Where it is, in the order in which problems are told.
    pub(crate) fn place(&self) -> (&str, u32, u32) {
        (&self.file, self.line, self.column)
    }

    /// The line of the file, with a caret below the place; tabs stay tabs, so that the caret stands where it should.
    pub fn excerpt(&self) -> String {
        let before = self.source.chars().take(self.column as usize - 1);
        let space: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        format!("    {}\n    {space}^\n", self.source)
    }
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// Line and column of a byte, both from 1.
pub(crate) fn place(text: &str, offset: usize) -> (u32, u32) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let text = "a\n\té b\n";
        assert_eq!(place(text, 0), (1, 1));
        assert_eq!(place(text, text.find('b').expect("it is there")), (2, 4));
        assert_eq!(place(text, 999), (3, 1));
        let problem = PolicyProblem::at(ProblemKind::Syntax, "f", text, 6, "bad");
        assert_eq!(problem.excerpt(), "    \té b\n    \t  ^\n");
    }
}
