//! What is looked at in the text itself: characters and tabs that the references treat otherwise than the parser, and places.

use granit_parser::{Event, Marker, ScalarStyle, StructureStyle};

use super::scalar::Dialect;
use crate::catalog::problem::{Code, Finding, Span};

pub(super) fn place(marker: &Marker) -> Span {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span::new(number(marker.line()), number(marker.col()).saturating_add(1))
}

/// The place of a byte of the text.
pub(super) fn span_at(text: &str, byte: usize) -> Span {
    let before = &text[..byte];
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span::new(number(line), number(column))
}

/// Whether a block collection starts behind a tab, as in `-\tname: a`, which both references refuse and the parser takes.
pub(super) fn starts_after_tab(event: &Event<'_>, byte: Option<usize>, text: &str) -> bool {
    let block = matches!(
        event,
        Event::MappingStart(StructureStyle::Block, ..) | Event::SequenceStart(StructureStyle::Block, ..)
    );
    let before = byte.filter(|_| block).and_then(|byte| text.as_bytes().get(..byte)).unwrap_or_default();
    before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).any(|byte| *byte == b'\t')
}

/// The first line within or right after a block scalar that begins with a tab left of the scalar's own indentation: the
/// `yaml` package refuses such a line even when nothing follows the tab.
///
/// The parser has a block scalar start at its first line with content.
pub(super) fn short_tab(event: &Event<'_>, start: &Marker, text: &str) -> Option<Span> {
    let Event::Scalar(value, ScalarStyle::Literal | ScalarStyle::Folded, ..) = event else { return None };
    if value.is_empty() {
        return None;
    }
    let lines = text.get(start.byte_offset()?..)?.split('\n').skip(1);
    for (line, number) in lines.zip(place(start).line + 1..) {
        let content = line.trim_start_matches(' ');
        let spaces = line.len() - content.len();
        if spaces < start.col() && !content.trim_end_matches('\r').is_empty() {
            let column = u32::try_from(spaces + 1).unwrap_or(u32::MAX);
            return content.starts_with('\t').then(|| Span::new(number, column));
        }
    }
    None
}

/// Where the stand-ins for characters begin: a plane for private use, of which no manifest makes use.
const STAND_INS: u32 = 0xF_0000;

/// The text with stand-ins for the characters that the `yaml` package takes as they come and the parser does not: control
/// characters, and a carriage return that ends no line. None when there are none, or a stand-in is in the text itself.
pub(super) fn with_stand_ins(text: &str) -> Option<String> {
    let special = |c: char, next: Option<char>| match c {
        '\t' | '\n' | '\u{85}' => false,
        '\r' => next != Some('\n'),
        c => c.is_control(),
    };
    let mut found = false;
    for (at, c) in text.char_indices() {
        if (STAND_INS..STAND_INS + 0x100).contains(&u32::from(c)) {
            return None;
        }
        found = found || (c.is_control() && special(c, text[at + c.len_utf8()..].chars().next()));
    }
    if !found {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let stand_in = char::from_u32(STAND_INS + u32::from(c)).filter(|_| special(c, chars.peek().copied()));
        out.push(stand_in.unwrap_or(c));
    }
    Some(out)
}

pub(super) fn without_stand_ins(text: &str) -> String {
    let original = |c: char| match u32::from(c).checked_sub(STAND_INS) {
        Some(code @ 0..0x100) => char::from_u32(code).unwrap_or(c),
        _ => c,
    };
    text.chars().map(original).collect()
}

/// Characters that the reference refuses and the parser lets pass.
pub(super) fn refused_characters(text: &str, dialect: Dialect) -> Option<Finding> {
    let refused = |c: char| match dialect {
        Dialect::JsYaml => c == '\0',
        Dialect::Yaml => false,
    };
    let at = text.find(refused)?;
    Some(Finding::new(
        Code::YamlSyntax,
        span_at(text, at),
        "a NUL character is not allowed",
        "remove the character, or write it as `\\0` in double quotes",
    ))
}
