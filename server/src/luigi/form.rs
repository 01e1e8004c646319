//! Getting the one field `data` out of a query string or a form body.
//!
//! Luigi's clients send `application/x-www-form-urlencoded`; a hand with curl may send `multipart/form-data`. A JSON body
//! is not looked at, as in luigid. Of several `data` fields the last one wins, and the body comes after the query.

use std::borrow::Cow;

/// The field's bytes are not UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub struct NotUtf8;

/// The value of `data`, if the request has one.
pub fn data(query: Option<&str>, content_type: Option<&str>, body: &[u8]) -> Result<Option<String>, NotUtf8> {
    let content_type = content_type.unwrap_or("");
    if content_type.starts_with("application/x-www-form-urlencoded")
        && let Some(raw) = last_field(body)
    {
        return decode(raw).map(Some);
    }
    if content_type.starts_with("multipart/form-data")
        && let Some(raw) = multipart_field(content_type, body)
    {
        return std::str::from_utf8(raw).map(|text| Some(text.to_string())).map_err(|_| NotUtf8);
    }
    query.and_then(|query| last_field(query.as_bytes())).map(decode).transpose()
}

fn last_field(form: &[u8]) -> Option<&[u8]> {
    // Nearly always the whole form is this one field.
    if let Some(raw) = form.strip_prefix(b"data=")
        && !raw.contains(&b'&')
    {
        return Some(raw);
    }
    let mut found = None;
    for field in form.split(|&byte| byte == b'&') {
        let Some(split) = field.iter().position(|&byte| byte == b'=') else { continue };
        let (name, raw) = (&field[..split], &field[split + 1..]);
        let is_data = name == b"data" || (name.contains(&b'%') && matches!(decode(name).as_deref(), Ok("data")));
        if is_data {
            found = Some(raw);
        }
    }
    found
}

/// One pass: `+` is a space, `%41` a byte; what is not two hexadecimal digits stands for itself, as in Python.
fn decode(raw: &[u8]) -> Result<String, NotUtf8> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        match raw[at] {
            b'%' => match (raw.get(at + 1).and_then(|&d| digit(d)), raw.get(at + 2).and_then(|&d| digit(d))) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    at += 3;
                    continue;
                }
                _ => bytes.push(b'%'),
            },
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
        at += 1;
    }
    String::from_utf8(bytes).map_err(|_| NotUtf8)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The content of the last part named `data`.
fn multipart_field<'a>(content_type: &str, body: &'a [u8]) -> Option<&'a [u8]> {
    let boundary = content_type.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    let boundary = boundary.trim_matches('"');
    if boundary.is_empty() {
        return None;
    }
    let delimiter = format!("--{boundary}");
    let mut found = None;
    for part in split(body, delimiter.as_bytes()) {
        let Some(end_of_head) = find(part, b"\r\n\r\n") else { continue };
        let head: Cow<'_, str> = String::from_utf8_lossy(&part[..end_of_head]);
        let content = &part[end_of_head + 4..];
        if head.contains("name=\"data\"") && !head.contains("filename=") {
            found = Some(content.strip_suffix(b"\r\n").unwrap_or(content));
        }
    }
    found
}

fn split<'a, 'd>(mut text: &'a [u8], delimiter: &'d [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a, 'd> {
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let piece = match find(text, delimiter) {
            Some(at) => {
                let piece = &text[..at];
                text = &text[at + delimiter.len()..];
                piece
            }
            None => {
                done = true;
                text
            }
        };
        Some(piece)
    })
}

/// The first place of `wanted`, looking only where its first byte stands: linear for boundaries, which no body repeats.
fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window[0] == wanted[0] && window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Option<&str> = Some("application/x-www-form-urlencoded; charset=utf-8");

    fn check(query: Option<&str>, content_type: Option<&str>, body: &str, expected: Result<Option<&str>, NotUtf8>) {
        let found = data(query, content_type, body.as_bytes());
        assert_eq!(found, expected.map(|text| text.map(str::to_string)), "{query:?} {body}");
    }

    #[test]
    fn the_field_is_found_and_decoded() {
        check(None, FORM, "data=%7B%22a%22%3A+%22%C3%A9%22%7D", Ok(Some("{\"a\": \"é\"}")));
        check(None, FORM, "x=1&data=a&data=b&y", Ok(Some("b")));
        check(None, FORM, "d%61ta=a", Ok(Some("a")));
        check(None, FORM, "data=", Ok(Some("")));
        check(None, FORM, "data=100%&x=%zz", Ok(Some("100%")));
        check(None, FORM, "data=%2", Ok(Some("%2")));
        check(Some("data=q"), FORM, "other=1", Ok(Some("q")));
        check(Some("data=q"), FORM, "data=b", Ok(Some("b")));
        check(Some("x=%20&data=%7B%7D"), None, "", Ok(Some("{}")));
        check(None, FORM, "data=%FF", Err(NotUtf8));
    }

    #[test]
    fn a_json_body_is_not_read() {
        check(None, Some("application/json"), "{\"data\": 1}", Ok(None));
        check(None, None, "data=a", Ok(None));
        check(Some(""), None, "", Ok(None));
    }

    #[test]
    fn a_multipart_form_is_read() {
        let body = "--X\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n\
                    --X\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{\"a\": 1}\r\n--X--\r\n";
        check(None, Some("multipart/form-data; boundary=X"), body, Ok(Some("{\"a\": 1}")));
        check(None, Some("multipart/form-data; boundary=\"X\""), body, Ok(Some("{\"a\": 1}")));
        check(None, Some("multipart/form-data; boundary=Y"), body, Ok(None));
        check(None, Some("multipart/form-data"), body, Ok(None));
    }
}
