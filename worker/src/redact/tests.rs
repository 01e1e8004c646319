use std::collections::BTreeSet;

use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use base64::engine::{Engine as _, GeneralPurpose};
use proptest::prelude::*;

use super::*;

const NAME: &str = "vault:kv/payments/db#password";
const MARKER: &str = "[redacted vault:kv/payments/db#password]";

fn redaction(value: &str) -> Redaction {
    let redaction = Redaction::new();
    redaction.declare(NAME, &Secret::new(value)).expect("a secret that can be hidden");
    redaction
}

/// Cut after as many bytes as the sizes say, in turn.
fn redact_in_chunks(redaction: &Redaction, text: &[u8], sizes: &[usize]) -> Vec<u8> {
    let (mut redactor, mut out) = (redaction.redactor(), Vec::new());
    let mut rest = text;
    for size in sizes.iter().cycle() {
        let (chunk, later) = rest.split_at((*size).min(rest.len()));
        redactor.push(chunk, &mut out);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    redactor.finish(&mut out);
    out
}

/// Redacts, and makes sure that it does not matter how the stream is cut.
fn redact(redaction: &Redaction, text: &str) -> String {
    let whole = redact_in_chunks(redaction, text.as_bytes(), &[usize::MAX]);
    for sizes in [&[1][..], &[2], &[3, 5], &[7, 1, 1]] {
        assert_eq!(redact_in_chunks(redaction, text.as_bytes(), sizes), whole, "in chunks of {sizes:?}");
    }
    String::from_utf8(whole).expect("text")
}

fn check(value: &str, text: &str, expected: &str) {
    assert_eq!(redact(&redaction(value), text), expected.replace('@', MARKER), "{value} in {text}");
}

#[test]
fn values_are_hidden_and_the_rest_stays() {
    check("hunter2", "password: hunter2.", "password: @.");
    check("hunter2", "hunter", "hunter");
    check("hunter2", "hunterhunter2hunter", "hunter@hunter");
    check("hunter2", "", "");
    check("hunter2\n", "echo hunter2; echo", "echo @; echo");
    check("aaaa", "aaaaaaa b aaa", "@ b aaa");
    check("hunter2", "hunter2hunter2", "@");
}

#[test]
fn common_encoders_are_seen_through() {
    let value = "p4ss/wörd \"&<it's>\\+=\n2nd line";
    for text in [
        // Each as the program prints it, not by our encoder.
        r#"p4ss/wörd \"&<it's>\\+=\n2nd line"#,       // serde_json, JavaScript
        r#"p4ss/w\u00f6rd \"&<it's>\\+=\n2nd line"#,  // Python
        r#"p4ss\/w\u00f6rd \"&<it's>\\+=\n2nd line"#, // PHP
        r#"p4ss/wörd \"\u0026\u003cit's\u003e\\+=\n2nd line"#, // Go
        r#"p4ss/w\u00F6rd \u0022\u0026\u003Cit\u0027s\u003E\\\u002B=\n2nd line"#, // .NET
        r#"p4ss/wörd \\\"&<it's>\\\\+=\\n2nd line"#,  // JSON in JSON
        "p4ss%2Fw%C3%B6rd%20%22%26%3Cit's%3E%5C%2B%3D%0A2nd%20line", // encodeURIComponent
        "p4ss%2fw%c3%b6rd+%22%26%3cit%27s%3e%5c%2b%3d%0a2nd+line", // a form, in lower case
        "p4ss/w%C3%B6rd%20%22%26%3Cit%27s%3E%5C%2B%3D%0A2nd%20line", // Python's quote
        "p4ss/wörd \"&<it'\\''s>\\+=\n2nd line",      // set -x
        "p4ss/wörd &quot;&amp;&lt;it&#x27;s&gt;\\+=\n2nd line", // Python's html.escape
        r#"p4ss/wörd "&<it\'s>\\+=\n2nd line"#,       // Python's repr
    ] {
        check(value, &format!("<{text}>"), "<@>");
    }
    check("hunter2", "68756e74657232 68756E74657232", "@ @");
    check("hunter2", "Authorization: Basic YWRtaW46aHVudGVyMg==", "Authorization: Basic YWRtaW46@");
    check("hunter2", "h\0u\0n\0t\0e\0r\x002\0.", "@.");
}

#[test]
fn lines_and_parts_of_long_values_are_hidden() {
    let line = |n: usize| format!("{:x}", n * 7_919).repeat(20)[..64].to_string();
    let lines: Vec<String> = (1_000..1_025).map(line).collect();
    let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    check(&key, &format!("key: {}.", key.trim_end()), "key: @.");
    check(&key, &format!("> {}\n> {}", lines[3], lines[17]), "> @\n> @");
    check(&key, "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----");
    check(&key, &format!("key: {}.", key.trim_end().replace('\n', "\\n")), "key: @.");
    let shown = redact(&redaction(&key), &STANDARD.encode(format!("x{key}")));
    assert!(shown.replace(MARKER, "").len() <= 6, "{shown}");
    let wrapped: Vec<String> = key.as_bytes().chunks(57).map(|line| STANDARD.encode(line)).collect();
    check(&key, &wrapped.join("\n"), &["@"].repeat(wrapped.len()).join("\n"));
    // The first 300 bytes of 1,700: what a piece and lines cover.
    let shown = redact(&redaction(&key), &key[..300]);
    assert!(shown.replace(MARKER, "").len() < 64, "{shown}");
}

#[test]
fn markers_never_hold_a_value() {
    for (name, value, expected) in [
        ("vault:kv/payments/db#password", "password", "[redacted]"),
        ("env:A", "redacted", "***"),
        ("env:A", "[redacted]", "[redacted env:A]"),
        ("env:A", "cGFzc3dvcmQ=", "[redacted env:A]"),
    ] {
        let redaction = Redaction::new();
        redaction.declare(name, &Secret::new(value)).expect("a secret that can be hidden");
        assert_eq!(redact(&redaction, &format!("<{value}>")), format!("<{expected}>"));
    }
}

#[test]
fn overlapping_secrets_hide_each_other_whole() {
    let redaction = Redaction::new();
    let (first, second) = (Secret::new("abcdef"), Secret::new("defghi"));
    redaction.declare_all(&[("env:A", &first), ("env:B", &second)]).expect("secrets that can be hidden");
    assert_eq!(redact(&redaction, "abcdefghi"), "[redacted env:A]");
    assert_eq!(redact(&redaction, "abcdefdefghi"), "[redacted env:A][redacted env:B]");
}

#[test]
fn what_is_declared_later_is_hidden_from_then_on() {
    let redaction = Redaction::new();
    let (mut redactor, mut out) = (redaction.redactor(), Vec::new());
    redactor.push(b"tokenA tok", &mut out);
    redaction.declare("token", &Secret::new("tokenA")).expect("a secret that can be hidden");
    redactor.push(b"enA tok", &mut out);
    for value in ["tokenB", "tokenC", "tokenD", "tokenE", "tokenE"] {
        redaction.declare("token", &Secret::new(value)).expect("a secret that can be hidden");
    }
    redactor.push(b"enA tokenB tokenE", &mut out);
    redactor.finish(&mut out);
    // Nothing was known when the first two began to be written; of five values the last four are kept.
    let shown = String::from_utf8(out).expect("text");
    assert_eq!(shown, "tokenA tokenA tokenA [redacted token] [redacted token]");
}

#[test]
fn what_cannot_be_hidden_is_refused() {
    let redaction = Redaction::new();
    let declare = |value: &str| redaction.declare(NAME, &Secret::new(value));
    let name = NAME.to_string();
    assert_eq!(declare("abcd"), Ok(()));
    for short in ["", "abc", " abc \n", "\n\n\n\n\n"] {
        assert_eq!(declare(short), Err(RedactionFault::Short { name: name.clone() }));
    }
    let too_long = RedactionFault::Long { name };
    assert_eq!(declare(&"x".repeat(SECRETS_BYTES_MAX)), Err(too_long.clone()));
    assert_eq!(redact(&redaction, "abcd"), MARKER, "a refusal changes nothing");
    assert!(!format!("{too_long:?} {redaction:?}").contains("xxx"));
    let values: Vec<Secret> = (0..=SECRETS_MAX).map(|n| Secret::new(format!("value {n}"))).collect();
    let named: Vec<(String, &Secret)> =
        values.iter().enumerate().map(|(n, value)| (format!("env:S{n}"), value)).collect();
    let all: Vec<(&str, &Secret)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let redaction = Redaction::new();
    assert_eq!(redaction.declare_all(&all), Err(RedactionFault::Many { name: format!("env:S{SECRETS_MAX}") }));
    assert_eq!(redaction.declare_all(&all[1..]), Ok(()));
}

/// `docs/secrets.md` lists these: whoever makes one of them work takes it off the list.
#[test]
fn what_is_not_hidden() {
    let value = "hunter2hunter3";
    for (form, text) in [
        ("reversed", "3retnuh2retnuh".to_string()),
        ("one character a line", value.chars().map(|c| format!("{c}\n")).collect()),
        ("upper case", value.to_uppercase()),
        ("hex with separators", value.bytes().map(|byte| format!("{byte:02x} ")).collect()),
        ("hex in mixed case", value.replace('h', "6A").replace("unter", "756e746572")),
        ("decimal bytes", format!("{:?}", value.as_bytes())),
        ("base64 twice", STANDARD.encode(STANDARD.encode(value))),
        ("split by colours", value.replace("r2", "r\x1b[0m2")),
        ("the first half", value[..7].to_string()),
    ] {
        assert_eq!(redact(&redaction(value), &text), text, "{form} is hidden by now");
    }
}

/// All ways that the property test writes a secret; by other code than ours.
fn encode(how: u8, value: &str, before: &str, after: &str) -> String {
    let base64 = |engine: &GeneralPurpose| engine.encode(format!("{before}{value}{after}"));
    let hex = |upper: bool| -> String {
        value.bytes().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
    };
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let json = serde_json::to_string(value).expect("JSON");
    let json = json[1..json.len() - 1].to_string();
    match how {
        0 => value.to_string(),
        1 => base64(&STANDARD),
        2 => base64(&STANDARD_NO_PAD),
        3 => base64(&URL_SAFE),
        4 => base64(&URL_SAFE_NO_PAD),
        5 => hex(false),
        6 => hex(true),
        7 => form,
        8 => form.replace('+', "%20"),
        9 => json,
        10 => json.replace('/', "\\/"),
        _ => json.chars().map(|c| if c.is_ascii() { c.to_string() } else { escape_unicode(c) }).collect(),
    }
}

fn escape_unicode(character: char) -> String {
    character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn a_secret_never_leaves(
        value in "[ -~éß€😀\\n\\t]{4,90}",
        how in 0_u8..12,
        (before, after) in ("[a-z]{0,7}", "[a-z]{0,7}"),
        sizes in proptest::collection::vec(1_usize..40, 1..8),
    ) {
        prop_assume!(value.trim().len() >= SECRET_BYTES_MIN);
        let redaction = redaction(&value);
        let encoded = encode(how, &value, &before, &after);
        let text = format!("{before} {encoded} {after}");
        let shown = redact_in_chunks(&redaction, text.as_bytes(), &sizes);
        let shown = String::from_utf8_lossy(&shown).into_owned();
        prop_assert!(!shown.contains(&encoded) || MARKER.contains(&encoded), "{shown}");
        // What stays is what stood around it, and in base64 at most a character at both ends and padding.
        let stays = ["[redacted vault:kv/payments/db#password]", "[redacted]", "***"].iter()
            .fold(shown, |text, marker| text.replace(marker, ""));
        let around = before.len() + after.len();
        let around = if (1..=4).contains(&how) { around + around.div_ceil(3) * 4 + 8 } else { around };
        prop_assert!(stays.len() <= around + 2, "{stays}");
    }

    /// Against the plainest search there is.
    #[test]
    fn exactly_the_occurrences_are_hidden(
        values in proptest::collection::btree_set("[ab]{4,7}", 1..4),
        text in "[ab ]{0,60}",
        sizes in proptest::collection::vec(1_usize..9, 1..8),
    ) {
        let values: Vec<Secret> = BTreeSet::into_iter(values).map(Secret::new).collect();
        let redaction = Redaction::new();
        let all: Vec<(&str, &Secret)> = values.iter().map(|value| ("#", value)).collect();
        redaction.declare_all(&all).expect("secrets that can be hidden");
        let mut covered = vec![false; text.len()];
        for value in &values {
            for (at, window) in text.as_bytes().windows(value.expose().len()).enumerate() {
                if window == value.expose().as_bytes() {
                    covered[at..at + window.len()].fill(true);
                }
            }
        }
        let mut expected = String::new();
        for (character, covered) in text.chars().zip(covered) {
            match covered {
                false => expected.push(character),
                true if expected.ends_with('#') => {}
                true => expected.push('#'),
            }
        }
        let whole = redact_in_chunks(&redaction, text.as_bytes(), &[usize::MAX]);
        let shown = redact_in_chunks(&redaction, text.as_bytes(), &sizes);
        prop_assert_eq!(&whole, &shown);
        let mut shown = String::from_utf8(shown).expect("text").replace("[redacted #]", "#");
        while shown.contains("##") {
            shown = shown.replace("##", "#");
        }
        prop_assert_eq!(shown, expected);
    }

    #[test]
    fn what_is_no_secret_is_unchanged(
        text in proptest::collection::vec(any::<u8>(), 0..400),
        sizes in proptest::collection::vec(1_usize..70, 1..8),
    ) {
        // Random bytes hold eleven certain ones with a chance of one in 2^88.
        prop_assert_eq!(redact_in_chunks(&redaction("Tr0ub4dor&3"), &text, &sizes), text);
    }
}
