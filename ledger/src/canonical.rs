//! Canonical JSON (RFC 8785, "JCS"): one byte form for each value, checked in one pass.
//!
//! The check builds nothing: it walks the bytes and refuses whatever the canonical writer would have written in
//! another way (white space, keys out of order or twice, other escapes, other spellings of a number). A payload of 300
//! bytes costs a fraction of a microsecond, so it is checked on every append and on every verification.
//!
//! What it deliberately does not do: read values. Payloads stay bytes here.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::limits::PAYLOAD_DEPTH_MAX;

/// Why bytes are not canonical JSON. `at` counts bytes from zero.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// JSON is UTF-8.
    #[error("not utf-8 at byte {at}")]
    NotUtf8 {
        /// The first bad byte.
        at: usize,
    },
    /// Something else stands where this should.
    #[error("expected {expected} at byte {at}")]
    Expected {
        /// What the canonical form has there.
        expected: &'static str,
        /// Where.
        at: usize,
    },
    /// RFC 8785 sorts keys by UTF-16 code unit, and a key may occur once.
    #[error("object key at byte {at} is repeated or not in canonical order")]
    KeyOrder {
        /// Where the key starts.
        at: usize,
    },
    /// RFC 8785 allows `\b \t \n \f \r \" \\`, and `\u00xx` in lower case for the other control characters.
    #[error("escape at byte {at} is not the canonical one")]
    Escape {
        /// Where the backslash stands.
        at: usize,
    },
    /// A raw control character in a string.
    #[error("control character at byte {at} is not escaped")]
    Control {
        /// Where.
        at: usize,
    },
    /// RFC 8785 writes numbers as ECMAScript does.
    #[error("number at byte {at} is not in canonical form")]
    Number {
        /// Where it starts.
        at: usize,
    },
    /// LIMIT: [`PAYLOAD_DEPTH_MAX`].
    #[error("nested deeper than {PAYLOAD_DEPTH_MAX} levels at byte {at}")]
    TooDeep {
        /// Where the level too many opens.
        at: usize,
    },
    /// Bytes after the end.
    #[error("unexpected bytes after the end, from byte {at}")]
    Trailing {
        /// The first of them.
        at: usize,
    },
}

/// Succeeds if the bytes are one canonical JSON object and nothing else.
pub fn check_object(bytes: &[u8]) -> Result<(), CanonicalError> {
    let mut scanner = Scanner::new(bytes)?;
    scanner.object(1)?;
    scanner.end()
}

/// Walks canonical JSON. INVARIANT: `bytes` is valid UTF-8.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// A string as it stands between its quotes.
#[derive(Clone, Copy)]
pub(crate) struct RawString<'a> {
    text: &'a str,
    escaped: bool,
    /// False if any byte may lie outside ASCII.
    ascii: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Scanner<'a>, CanonicalError> {
        match str::from_utf8(bytes) {
            Ok(text) => Ok(Scanner { text, at: 0 }),
            Err(error) => Err(CanonicalError::NotUtf8 { at: error.valid_up_to() }),
        }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    pub(crate) fn end(&self) -> Result<(), CanonicalError> {
        if self.at == self.text.len() { Ok(()) } else { Err(CanonicalError::Trailing { at: self.at }) }
    }

    // Inlined, a comparison with a constant of one byte is one instruction instead of a call.
    #[inline]
    pub(crate) fn literal(&mut self, expected: &'static str) -> Result<(), CanonicalError> {
        if self.bytes()[self.at..].starts_with(expected.as_bytes()) {
            self.at += expected.len();
            return Ok(());
        }
        Err(CanonicalError::Expected { expected, at: self.at })
    }

    /// An object and the bytes it spans.
    pub(crate) fn object_bytes(&mut self) -> Result<&'a [u8], CanonicalError> {
        let start = self.at;
        self.object(1)?;
        Ok(&self.bytes()[start..self.at])
    }

    fn object(&mut self, depth: usize) -> Result<(), CanonicalError> {
        self.open("{", depth)?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let mut previous: Option<RawString<'a>> = None;
        loop {
            let at = self.at;
            let key = self.string()?;
            if previous.is_some_and(|previous| previous.utf16_order(&key) != Ordering::Less) {
                return Err(CanonicalError::KeyOrder { at });
            }
            previous = Some(key);
            self.literal(":")?;
            self.value(depth)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(CanonicalError::Expected { expected: "`,` or `}`", at: self.at }),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<(), CanonicalError> {
        self.open("[", depth)?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(CanonicalError::Expected { expected: "`,` or `]`", at: self.at }),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn open(&mut self, bracket: &'static str, depth: usize) -> Result<(), CanonicalError> {
        if depth > PAYLOAD_DEPTH_MAX {
            return Err(CanonicalError::TooDeep { at: self.at });
        }
        self.literal(bracket)
    }

    fn value(&mut self, depth: usize) -> Result<(), CanonicalError> {
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ => Err(CanonicalError::Expected { expected: "a value", at: self.at }),
        }
    }

    pub(crate) fn string(&mut self) -> Result<RawString<'a>, CanonicalError> {
        self.literal("\"")?;
        let (start, mut escaped, mut ascii) = (self.at, false, true);
        loop {
            let (plain, plain_ascii) = plain_prefix(&self.bytes()[self.at..]);
            self.at += plain;
            ascii &= plain_ascii;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(CanonicalError::Control { at: self.at }),
                None => return Err(CanonicalError::Expected { expected: "`\"`", at: self.at }),
            }
        }
        let text = &self.text[start..self.at];
        self.at += 1;
        Ok(RawString { text, escaped, ascii })
    }

    fn escape(&mut self) -> Result<(), CanonicalError> {
        match unescape(&self.bytes()[self.at..]) {
            Some((_, length)) => {
                self.at += length;
                Ok(())
            }
            None => Err(CanonicalError::Escape { at: self.at }),
        }
    }

    fn number(&mut self) -> Result<(), CanonicalError> {
        let start = self.at;
        let rest = &self.bytes()[start..];
        let length = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        self.at += length.unwrap_or(rest.len());
        let token = &self.text[start..self.at];
        if is_short_integer(token) || is_canonical_double(token) {
            return Ok(());
        }
        Err(CanonicalError::Number { at: start })
    }

    /// An integer within [`crate::limits::INTEGER_MAX`] of zero, with its sign.
    pub(crate) fn integer(&mut self) -> Result<i64, CanonicalError> {
        let start = self.at;
        let wrong =
            CanonicalError::Expected { expected: "an integer within 2^53 of zero, in canonical form", at: start };
        let rest = &self.bytes()[start..];
        let negative = rest.first() == Some(&b'-');
        let digits = rest.iter().skip(usize::from(negative)).take_while(|byte| byte.is_ascii_digit());
        let (mut value, mut length) = (0_i64, 0);
        for digit in digits {
            length += 1;
            // Sixteen digits hold 2^53 and cannot overflow 63 bits.
            if length > 16 {
                return Err(wrong);
            }
            value = value * 10 + i64::from(digit - b'0');
        }
        let leading_zero = rest.get(usize::from(negative)) == Some(&b'0') && (length > 1 || negative);
        if length == 0 || leading_zero || value.unsigned_abs() > crate::limits::INTEGER_MAX {
            return Err(wrong);
        }
        self.at += usize::from(negative) + length;
        Ok(if negative { -value } else { value })
    }

    /// An integer from zero to `max`.
    pub(crate) fn natural(&mut self, max: u64) -> Result<u64, CanonicalError> {
        let at = self.at;
        match u64::try_from(self.integer()?) {
            Ok(value) if value <= max => Ok(value),
            _ => Err(CanonicalError::Expected { expected: "a natural number in range", at }),
        }
    }
}

impl<'a> RawString<'a> {
    /// The string that is meant. Borrowed unless something was escaped, which is rare.
    pub(crate) fn unescaped(&self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.text);
        }
        let mut meant = String::with_capacity(self.text.len());
        let mut rest = self.text;
        while let Some(backslash) = rest.find('\\') {
            let (character, length) =
                unescape(&rest.as_bytes()[backslash..]).expect("escapes were checked when scanned");
            meant.push_str(&rest[..backslash]);
            meant.push(char::from(character));
            rest = &rest[backslash + length..];
        }
        meant.push_str(rest);
        Cow::Owned(meant)
    }

    /// RFC 8785 section 3.2.3: by UTF-16 code unit of what is meant.
    fn utf16_order(&self, other: &RawString<'_>) -> Ordering {
        // Nearly every key: then bytes and code units are the same.
        if self.ascii && !self.escaped && other.ascii && !other.escaped {
            return self.text.as_bytes().cmp(other.text.as_bytes());
        }
        self.unescaped().encode_utf16().cmp(other.unescaped().encode_utf16())
    }
}

/// How many bytes come before the first quote, backslash or control character, and whether those (and at most seven
/// bytes after them) are ASCII.
///
/// Eight bytes at a time: strings are most of a ledger, and this is what checking one costs. In a word, `(x - 1) & !x`
/// has the high bit of a byte set where the byte is zero; bytes above the first hit may be hit falsely, so only the
/// lowest counts.
#[inline]
fn plain_prefix(bytes: &[u8]) -> (usize, bool) {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = EACH << 7;
    let mut plain = 0;
    let mut seen = 0;
    while let Some(word) = bytes[plain..].first_chunk() {
        let word = u64::from_le_bytes(*word);
        seen |= word;
        let zero_where =
            |byte: u8| (word ^ (EACH * u64::from(byte))).wrapping_sub(EACH) & !(word ^ (EACH * u64::from(byte)));
        let control = word.wrapping_sub(EACH * 0x20) & !word;
        let hits = (zero_where(b'"') | zero_where(b'\\') | control) & HIGH;
        if hits != 0 {
            return (plain + hits.trailing_zeros() as usize / 8, seen & HIGH == 0);
        }
        plain += 8;
    }
    for byte in &bytes[plain..] {
        if *byte < 0x20 || matches!(byte, b'"' | b'\\') {
            break;
        }
        seen |= u64::from(*byte);
        plain += 1;
    }
    (plain, seen & HIGH == 0)
}

/// The character that a canonical escape means, and how many bytes the escape has.
fn unescape(bytes: &[u8]) -> Option<(u8, usize)> {
    let short = |character| Some((character, 2));
    match bytes.get(1)? {
        b'"' => short(b'"'),
        b'\\' => short(b'\\'),
        b'b' => short(0x08),
        b't' => short(b'\t'),
        b'n' => short(b'\n'),
        b'f' => short(0x0c),
        b'r' => short(b'\r'),
        b'u' => {
            let [b'0', b'0', high @ (b'0' | b'1'), low] = bytes.get(2..6)? else { return None };
            let character = (high - b'0') << 4 | crate::hash::hex_digit(*low)?;
            // These have a short form, which is then the canonical one.
            if matches!(character, 0x08 | b'\t' | b'\n' | 0x0c | b'\r') {
                return None;
            }
            Some((character, 6))
        }
        _ => None,
    }
}

/// Writes a string in canonical form, quotes included.
pub(crate) fn push_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, _) = plain_prefix(rest);
        out.extend_from_slice(&rest[..plain]);
        let Some(special) = rest.get(plain) else { break };
        match special {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            control => {
                let low = b"0123456789abcdef"[usize::from(control & 15)];
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' + (control >> 4), low]);
            }
        }
        rest = &rest[plain + 1..];
    }
    out.push(b'"');
}

/// Writes an integer in canonical form.
pub(crate) fn push_integer(value: i64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start..]);
}

/// Nearly every number: an integer of up to fifteen digits, which a double holds exactly.
fn is_short_integer(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    let canonical_start = match digits.as_bytes() {
        [b'0'] => digits.len() == token.len(), // not `-0`
        [b'1'..=b'9', ..] => true,
        _ => false,
    };
    canonical_start && digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_canonical_double(token: &str) -> bool {
    // LIMIT: the longest canonical double has 25 bytes; longer tokens need no parsing to be refused.
    token.len() <= 25 && token.parse().is_ok_and(|value: f64| value.is_finite() && ecmascript_number(value) == token)
}

/// A finite double as ECMAScript writes it (ECMA-262, Number::toString), which RFC 8785 takes over.
pub fn ecmascript_number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned(); // also for minus zero
    }
    let scientific = shortest_scientific(value.abs());
    let (mantissa, exponent) = scientific.split_once('e').expect("the `e` form has an exponent");
    let digits = mantissa.replace('.', "");
    let count = digits.len() as i32;
    let point = exponent.parse::<i32>().expect("the exponent is a small integer") + 1;
    let magnitude = match point {
        _ if count <= point && point <= 21 => format!("{digits}{}", "0".repeat((point - count) as usize)),
        1..=21 => format!("{}.{}", &digits[..point as usize], &digits[point as usize..]),
        -5..=0 => format!("0.{}{digits}", "0".repeat(-point as usize)),
        _ => {
            let (sign, power) = if point > 0 { ('+', point - 1) } else { ('-', 1 - point) };
            let fraction = if count > 1 { format!(".{}", &digits[1..]) } else { String::new() };
            format!("{}{fraction}e{sign}{power}", &digits[..1])
        }
    };
    if value < 0.0 { format!("-{magnitude}") } else { magnitude }
}

/// The fewest digits that read back as the same double; of several such the closest, and of two as close the even one.
fn shortest_scientific(value: f64) -> String {
    // Rust finds the fewest digits, but of two as close takes either. Rounding to as many digits settles ties as asked;
    // beside a power of two the rounded digits may belong to the next double, and then Rust's were the only ones.
    let shortest = format!("{value:e}");
    let digits = shortest.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let rounded = format!("{value:.*e}", digits - 1);
    if rounded.parse() == Ok(value) { rounded } else { shortest }
}
