//! A file of policies cut into its policies, so that each can be parsed, named and shown by itself.
//!
//! Cedar ends each policy with a semicolon, and has none elsewhere but in strings and comments. INVARIANT: pieces are in order,
//! do not overlap, and leave out nothing but white space and comments between them.

use crate::limits::NESTING_MAX;

/// A policy as written: bytes of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Its first byte.
    pub start: usize,
    /// After its semicolon, or the end of the file.
    pub end: usize,
    /// Where more brackets are open than may be.
    pub too_deep: Option<usize>,
}

/// All policies of a text, good or not.
pub(crate) fn cut(text: &str) -> Vec<Piece> {
    let bytes = text.as_bytes();
    let mut pieces = Vec::new();
    let mut piece: Option<Piece> = None;
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"//") {
            at += bytes[at..].iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len() - at);
            continue;
        }
        let start = at;
        let byte = bytes[at];
        at = if byte == b'"' { end_of_string(bytes, at) } else { at + 1 };
        if byte.is_ascii_whitespace() {
            continue;
        }
        let open = piece.get_or_insert(Piece { start, end: 0, too_deep: None });
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > NESTING_MAX {
                    open.too_deep = open.too_deep.or(Some(start));
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b';' => {
                open.end = at;
                pieces.extend(piece.take());
                depth = 0;
            }
            _ => {}
        }
    }
    if let Some(mut open) = piece {
        open.end = text.trim_end().len().max(open.start + 1);
        pieces.push(open);
    }
    pieces
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let pieces: Vec<&str> = cut(text).iter().map(|piece| &text[piece.start..piece.end]).collect();
        assert_eq!(pieces, expected, "{text}");
    }

    #[test]
    fn policies_end_with_a_semicolon() {
        check("", &[]);
        check(" // only; a comment\n", &[]);
        check(
            "// a; b\n@id(\"x;\\\";\") permit; // c;\n forbid\n // d;\n ;",
            &["@id(\"x;\\\";\") permit;", "forbid\n // d;\n ;"],
        );
        check("permit; é", &["permit;", "é"]);
        check("permit \"a", &["permit \"a"]);
        check("\"\\", &["\"\\"]);
    }

    #[test]
    fn what_nests_too_deep_is_told() {
        let deep = |depth: usize| cut(&format!("{}{};", "(".repeat(depth), ")".repeat(depth)))[0].too_deep;
        assert_eq!(deep(NESTING_MAX), None);
        assert_eq!(deep(NESTING_MAX + 1), Some(NESTING_MAX));
    }
}
