//! The forms in which programs print a value: as it is, and as common encoders write it.
//!
//! Base64 of a longer text holds the value at one of three alignments, where its first and last character may depend on the
//! neighbours: the form is what does not, so up to six bits at either end may stay.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::limits::{SECRET_BYTES_MIN, SECRET_LINE_BYTES_MIN};

/// Values beyond this are hidden in pieces: bounds what a stream holds back, and hides parts of a long value too. Divisible by
/// three, so that pieces of a base64 text are base64 of pieces.
const PIECE_BYTES: usize = 192;

/// Pieces overlap by as much as base64 at another alignment leaves out between two.
const PIECE_OVERLAP_BYTES: usize = 3;

/// Bytes in a line of base64 by `base64` and MIME, and by PEM.
const BASE64_LINE_BYTES: [usize; 2] = [57, 48];

/// Bytes in a line of `xxd -p`.
const HEX_LINE_BYTES: usize = 30;

type Form = Zeroizing<Vec<u8>>;

/// All forms of a value, each once.
pub(super) fn forms(value: &str) -> Vec<Form> {
    let mut all = Vec::new();
    let trimmed = value.trim();
    pieces(value).into_iter().for_each(|piece| forms_of_piece(piece, &mut all));
    if trimmed != value {
        pieces(trimmed).into_iter().for_each(|piece| forms_of_piece(piece, &mut all));
    }
    if trimmed.contains('\n') {
        let lines = trimmed.lines().map(str::trim).filter(|line| line.len() >= SECRET_LINE_BYTES_MIN);
        // Every key has the same first and last line.
        for piece in lines.filter(|line| !line.starts_with("-----")).flat_map(pieces) {
            forms_of_piece(piece, &mut all);
        }
    }
    wrapped(value.as_bytes(), &mut all);
    all.retain(|form| form.len() >= SECRET_BYTES_MIN);
    all.sort_unstable_by(|a, b| a.as_slice().cmp(b));
    all.dedup_by(|a, b| a.as_slice() == b.as_slice());
    all
}

/// Cuts a long value, between characters.
fn pieces(value: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    // The last piece takes up what would be too little to be looked for.
    while value.len() - start > PIECE_BYTES + PIECE_OVERLAP_BYTES + SECRET_LINE_BYTES_MIN {
        let end = value.ceil_char_boundary(start + PIECE_BYTES + PIECE_OVERLAP_BYTES);
        pieces.push(&value[start..end]);
        start = value.floor_char_boundary(start + PIECE_BYTES);
    }
    pieces.push(&value[start..]);
    pieces
}

fn forms_of_piece(text: &str, all: &mut Vec<Form>) {
    let bytes = text.as_bytes();
    all.push(bytes.to_vec().into());
    base64_forms(bytes, all);
    all.extend([hex(bytes, LOWER), hex(bytes, UPPER)]);
    url_forms(bytes, all);
    json_forms(text, all);
    quoted_forms(text, all);
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let mut form = room(2 * text.len());
        text.encode_utf16().for_each(|unit| form.extend(order(unit)));
        all.push(form);
    }
}

fn room(bytes: usize) -> Form {
    Zeroizing::new(Vec::with_capacity(bytes))
}

/// Both alphabets, at each alignment: what does not depend on neighbours, and where the value is the end of the text also
/// its last character and padding.
fn base64_forms(bytes: &[u8], all: &mut Vec<Form>) {
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for alignment in 0..3 {
            let mut shifted = room(bytes.len() + alignment);
            shifted.resize(alignment, 0);
            shifted.extend_from_slice(bytes);
            let mut text = Zeroizing::new(String::with_capacity(shifted.len().div_ceil(3) * 4));
            engine.encode_string(shifted.as_slice(), &mut text);
            let from = [0, 2, 3][alignment];
            let rest = shifted.len() % 3;
            let certain = text.len() - usize::from(rest != 0);
            all.push(text.as_bytes()[from..certain].to_vec().into());
            if rest != 0 {
                let mut ended = room(text.len() + 2);
                ended.extend_from_slice(&text.as_bytes()[from..]);
                all.push(ended.clone());
                ended.extend_from_slice(&b"=="[rest - 1..]);
                all.push(ended);
            }
        }
    }
}

/// Base64 and hex of a value by itself, in lines.
fn wrapped(bytes: &[u8], all: &mut Vec<Form>) {
    for line_bytes in BASE64_LINE_BYTES.into_iter().filter(|line_bytes| bytes.len() > *line_bytes) {
        for line in bytes.chunks(line_bytes) {
            for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
                let mut text = room(line.len().div_ceil(3) * 4);
                text.resize(line.len().div_ceil(3) * 4, 0);
                let length = engine.encode_slice(line, &mut text).expect("room for four characters for three bytes");
                text.truncate(length);
                all.push(text);
            }
        }
    }
    if bytes.len() > HEX_LINE_BYTES {
        all.extend(bytes.chunks(HEX_LINE_BYTES).flat_map(|line| [hex(line, LOWER), hex(line, UPPER)]));
    }
}

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

fn hex(bytes: &[u8], digits: &[u8; 16]) -> Form {
    let mut form = room(2 * bytes.len());
    bytes.iter().for_each(|byte| form.extend(pair(*byte, digits)));
    form
}

fn pair(byte: u8, digits: &[u8; 16]) -> [u8; 2] {
    [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]
}

/// What encoders leave as it is beside letters and digits.
const URL_ENCODERS: [&[u8]; 7] = [
    b"-_.~",                  // RFC 3986
    b"-_.!~*'()",             // JavaScript's encodeURIComponent
    b"*-._",                  // forms, where a space is `+`
    b"-_.~/",                 // Python's quote
    b"-_.~$&+=:@",            // Go's PathEscape
    b"-_.!~*'();,/?:@&=+$#",  // JavaScript's encodeURI
    b"-_.~!$&'()*+,;=:@/?%|", // a path that is left almost as it is
];

fn url_forms(bytes: &[u8], all: &mut Vec<Form>) {
    for digits in [LOWER, UPPER] {
        let escape = |form: &mut Form, byte: u8| {
            form.push(b'%');
            form.extend(pair(byte, digits));
        };
        let mut every = room(3 * bytes.len());
        bytes.iter().for_each(|byte| escape(&mut every, *byte));
        all.push(every);
        for (kept, plus) in URL_ENCODERS.into_iter().flat_map(|kept| [(kept, false), (kept, true)]) {
            let mut form = room(3 * bytes.len());
            for byte in bytes {
                match byte {
                    b' ' if plus => form.push(b'+'),
                    _ if byte.is_ascii_alphanumeric() || kept.contains(byte) => form.push(*byte),
                    _ => escape(&mut form, *byte),
                }
            }
            all.push(form);
        }
    }
}

/// How an encoder of JSON writes what JSON leaves to it.
#[derive(Clone, Copy)]
struct Json {
    /// Characters written as `\u00xx` beside control characters.
    by_number: &'static str,
    slash_escaped: bool,
    ascii_only: bool,
    digits: &'static [u8; 16],
}

const JSON_PLAIN: Json = Json { by_number: "", slash_escaped: false, ascii_only: false, digits: LOWER };

const JSON_ENCODERS: [Json; 8] = [
    JSON_PLAIN,
    Json { ascii_only: true, ..JSON_PLAIN },                      // Python
    Json { ascii_only: true, digits: UPPER, ..JSON_PLAIN },       // Jackson, where told to
    Json { slash_escaped: true, ascii_only: true, ..JSON_PLAIN }, // PHP
    Json { slash_escaped: true, ..JSON_PLAIN },                   // PHP with its text as it is
    Json { by_number: "<>&\u{2028}\u{2029}", ..JSON_PLAIN },      // Go
    Json { by_number: "<>&'=", ..JSON_PLAIN },                    // Gson
    Json { by_number: "<>&'\"+`", slash_escaped: false, ascii_only: true, digits: UPPER }, // .NET
];

fn json_forms(text: &str, all: &mut Vec<Form>) {
    all.extend(JSON_ENCODERS.iter().map(|encoder| json(text, encoder)));
    // JSON as a text inside JSON, as logs have it.
    let once = json(text, &JSON_PLAIN);
    all.push(json(std::str::from_utf8(&once).expect("JSON of a text is a text"), &JSON_PLAIN));
}

fn json(text: &str, encoder: &Json) -> Form {
    let mut form = room(6 * text.len());
    for character in text.chars() {
        let short = match character {
            '"' | '\\' => Some(character),
            '/' if encoder.slash_escaped => Some('/'),
            '\n' => Some('n'),
            '\r' => Some('r'),
            '\t' => Some('t'),
            '\u{8}' => Some('b'),
            '\u{c}' => Some('f'),
            _ => None,
        };
        let by_number = encoder.by_number.contains(character)
            || (short.is_none() && character < ' ')
            || (encoder.ascii_only && !character.is_ascii());
        if by_number {
            for unit in character.encode_utf16(&mut [0; 2]) {
                form.extend(b"\\u");
                form.extend(unit.to_be_bytes().into_iter().flat_map(|byte| pair(byte, encoder.digits)));
            }
            continue;
        }
        form.extend(short.map(|_| b'\\'));
        form.extend(short.unwrap_or(character).encode_utf8(&mut [0; 4]).bytes());
    }
    form
}

/// Shells with tracing, `printf %q`, literals of programming languages, XML and HTML.
fn quoted_forms(text: &str, all: &mut Vec<Form>) {
    let replacements: [&[(char, &str)]; 7] = [
        &[('\'', "'\\''")],
        &[('\'', "'\"'\"'")],
        &[('\\', "\\\\"), ('\'', "\\'"), ('\n', "\\n"), ('\r', "\\r"), ('\t', "\\t")],
        &[('\\', "\\\\"), ('\n', "\\n"), ('\r', "\\r"), ('\t', "\\t")],
        &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;")],
        &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#x27;")],
        &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&#34;"), ('\'', "&#39;")],
    ];
    for replaced in replacements {
        let mut form = room(6 * text.len());
        for character in text.chars() {
            match replaced.iter().find(|(from, _)| *from == character) {
                Some((_, to)) => form.extend(to.bytes()),
                None => form.extend(character.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        all.push(form);
    }
    let mut shell = room(2 * text.len());
    for character in text.chars() {
        let plain = character.is_alphanumeric() || "_-./:=@%+".contains(character);
        shell.extend((!plain).then_some(b'\\'));
        shell.extend(character.encode_utf8(&mut [0; 4]).bytes());
    }
    all.push(shell);
}
