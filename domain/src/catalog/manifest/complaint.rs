//! What the YAML grammar and the limits complain about, in our words.

use granit_parser::{ErrorKind, ScanError};

use super::text::place;
use crate::catalog::limits::{DEPTH_MAX, DOCUMENTS_MAX};
use crate::catalog::problem::{Code, Finding, Span};

/// The parser's complaint, in our words.
pub(super) fn syntax(error: &ScanError, text: &str) -> Finding {
    let span = place(error.marker());
    let (code, hint) = match error.kind() {
        ErrorKind::RecursionLimitExceeded => return too_deep(span),
        ErrorKind::UnknownAnchor => {
            return Finding::new(
                Code::BadAlias,
                span,
                "the alias names an anchor that is not defined before it",
                "define it with `&name` above, or quote the value if it is text that starts with `*`",
            );
        }
        ErrorKind::UndeclaredTagHandle => (Code::BadTag, "quote the value if it is text that starts with `!`"),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => return tab(span),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            (Code::YamlSyntax, "close the quote")
        }
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::MisplacedFlowCollectionEnd => {
            (Code::YamlSyntax, "close every `[` and `{` that was opened, in order")
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => {
            (Code::YamlSyntax, "separate the entries with commas; quote text that holds `[`, `]`, `{`, `}` or `,`")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidSimpleKey | ErrorKind::SimpleKeyExpected => {
            (Code::YamlSyntax, "quote the text if it holds `: `, or check the indentation of this line")
        }
        ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape => {
            (Code::YamlSyntax, "write `\\\\` for a backslash in double quotes, or use single quotes")
        }
        ErrorKind::UnexpectedCharacter { character: '%' | '@' | '`' } => {
            (Code::YamlSyntax, "quote the value: plain text cannot start with this character")
        }
        ErrorKind::ExpectedDocumentStart
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed => {
            (Code::YamlSyntax, "check the indentation of this line and the one before it")
        }
        _ => (Code::YamlSyntax, "check this line and the one before it; quote text that holds special characters"),
    };
    let line = text.lines().nth(span.line.saturating_sub(1) as usize).unwrap_or("");
    if code == Code::YamlSyntax && line.trim_start_matches(' ').starts_with('\t') {
        return tab(span);
    }
    Finding::new(code, span, format!("not well-formed YAML: {}", error.kind()), hint)
}

pub(super) fn tab(span: Span) -> Finding {
    Finding::new(Code::YamlTab, span, "a tab stands where YAML wants spaces", "indent with spaces")
}

pub(super) fn bomb(span: Span) -> Finding {
    Finding::new(
        Code::AliasBomb,
        span,
        "aliases expand to more than a manifest may hold",
        "write the values out, or use fewer aliases",
    )
}

pub(super) fn too_deep(span: Span) -> Finding {
    Finding::new(
        Code::TooDeep,
        span,
        format!("the YAML is nested deeper than {DEPTH_MAX} levels"),
        "flatten the document",
    )
}

pub(super) fn too_many_documents(span: Span) -> Finding {
    Finding::new(
        Code::TooManyDocuments,
        span,
        format!("the file holds more than {DOCUMENTS_MAX} documents"),
        "split it into several files",
    )
}
