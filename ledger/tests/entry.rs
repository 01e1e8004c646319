//! Entries: one byte form for each, and no other accepted.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use bussola_ledger::canonical::{CanonicalError, check_object, ecmascript_number};
use bussola_ledger::limits::{
    INTEGER_MAX, KIND_BYTES_MAX, LEAF_BYTES_MAX, PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX, REFERENCE_BYTES_MAX,
};
use bussola_ledger::{Entry, EntryBody, EntryError, EntryRef, Payload, leaf_hash};
use proptest::prelude::*;
use support::{body, flip};

#[test]
fn the_leaf_of_an_entry() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut EntryBody), seq: u64, expected: &str) {
        let mut body = body();
        change(&mut body);
        let leaf = body.clone().at(seq).encode().unwrap();
        assert_eq!(str::from_utf8(&leaf).unwrap(), expected);
        assert_eq!(Entry::decode(&leaf), Ok(body.at(seq)));
    }
    check(
        |_| {},
        0,
        r#"{"at":1764039600000000,"authority":"policy:ops","kind":"run.started","payload":{},"principal":"user:7","run":3,"seq":0,"subject":"component:default/etl","version":1}"#,
    );
    check(
        |body| {
            body.run = None;
            body.at_us = -1;
            body.authority = String::new();
            body.subject = String::new();
            body.payload = Payload::new(*br#"{"a":[1,{"b":null}],"z":"\u001f\n"}"#).unwrap();
        },
        INTEGER_MAX,
        r#"{"at":-1,"authority":"","kind":"run.started","payload":{"a":[1,{"b":null}],"z":"\u001f\n"},"principal":"user:7","run":null,"seq":9007199254740991,"subject":"","version":1}"#,
    );
    check(
        |body| {
            body.principal = "\"\\\u{8}\t\n\u{c}\r\u{0}\u{1f}\u{7f}/é€😀".to_owned();
            body.version = u16::MAX;
        },
        7,
        "{\"at\":1764039600000000,\"authority\":\"policy:ops\",\"kind\":\"run.started\",\"payload\":{},\
         \"principal\":\"\\\"\\\\\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}/é€😀\",\"run\":3,\"seq\":7,\
         \"subject\":\"component:default/etl\",\"version\":65535}",
    );
}

#[test]
fn a_leaf_has_one_form() {
    let leaf = r#"{"at":5,"authority":"a","kind":"k","payload":{"x":1},"principal":"p","run":2,"seq":3,"subject":"s","version":1}"#;
    assert!(Entry::decode(leaf.as_bytes()).is_ok());
    #[track_caller]
    fn check(leaf: &str, from: &str, to: &str) {
        let changed = leaf.replacen(from, to, 1);
        assert_ne!(changed, leaf);
        let error = Entry::decode(changed.as_bytes()).unwrap_err();
        assert!(matches!(error, EntryError::Leaf(_)), "{changed}: {error}");
    }
    for (from, to) in [
        ("{\"at", " {\"at"),
        ("}", "} "),
        ("\"at\":", "\"at\": "),
        ("\"at\":5,", ""),
        ("\"at\":5,\"authority\":\"a\"", "\"authority\":\"a\",\"at\":5"),
        ("\"version\":1}", "\"version\":1,\"zone\":1}"),
        ("\"version\":1}", "\"version\":1"),
        ("\"version\":1", "\"version\":65536"),
        ("\"version\":1", "\"version\":-1"),
        ("\"version\":1", "\"version\":1.0"),
        ("\"at\":5", "\"at\":05"),
        ("\"at\":5", "\"at\":-0"),
        ("\"at\":5", "\"at\":5e0"),
        ("\"at\":5", "\"at\":9007199254740992"),
        ("\"at\":5", "\"at\":-9007199254740992"),
        ("\"at\":5", "\"at\":55555555555555555"),
        ("\"at\":5", "\"at\":"),
        ("\"run\":2", "\"run\":-2"),
        ("\"run\":2", "\"run\":Null"),
        ("\"run\":2", "\"run\":\"2\""),
        ("\"seq\":3", "\"seq\":9007199254740992"),
        ("\"principal\":\"p\"", "\"principal\":\"\\u0070\""),
        ("\"principal\":\"p\"", "\"principal\":\"\\/\""),
        ("\"principal\":\"p\"", "\"principal\":null"),
        ("\"principal\":\"p\"", "\"principal\":\"p\n\""),
        ("{\"x\":1}", "[]"),
        ("{\"x\":1}", "{\"x\":1,\"x\":1}"),
        ("{\"x\":1}", "{\"x\":1.0}"),
    ] {
        check(leaf, from, to);
    }
    assert!(Entry::decode(b"").is_err());
    assert!(Entry::decode(b"\xff").is_err());
}

#[test]
fn canonical_objects() {
    for canonical in [
        "{}",
        r#"{"":null}"#,
        r#"{"a":true,"b":false,"c":[],"d":{},"e":[1,2]}"#,
        r#"{"a":"\u0000\u0007\b\t\n\u000b\f\r\u000e\u001f\"\\/"}"#,
        // RFC 8785 section 3.2.3: keys by UTF-16 code unit, so the smiley (U+D83D U+DE00) comes before U+FB33.
        "{\"\\n\":1,\"\\r\":1,\"1\":1,\"\u{80}\":1,\"ö\":1,\"€\":1,\"😀\":1,\"\u{fb33}\":1}",
        r#"{"a":1,"aa":1,"b":1}"#,
        r#"{"\"":1,"a":1}"#,
        r#"{"n":[0,-1,9007199254740992,999999999999999,1e+21,1e-7,0.000001,-0.5,5e-324,1.7976931348623157e+308]}"#,
    ] {
        assert_eq!(check_object(canonical.as_bytes()), Ok(()), "{canonical}");
    }
    for other in [
        "",
        "[]",
        "1",
        "{",
        "{}{}",
        "{} ",
        "{\"a\":1,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":[1,]}",
        "{\"a\":[1",
        "{\"a\":tru}",
        "{\"a\":nul",
        "{\"a\":\"}",
        "{\"b\":1,\"a\":1}",
        "{\"a\":1,\"a\":1}",
        "{\"aa\":1,\"a\":1}",
        "{\"\u{fb33}\":1,\"😀\":1}",
        "{\"a\":\"\\u000A\"}",
        "{\"a\":\"\\u000a\"}",
        "{\"a\":\"\\u001F\"}",
        "{\"a\":\"\\u0041\"}",
        "{\"a\":\"\\u00e9\"}",
        "{\"a\":\"\\ud83d\\ude00\"}",
        "{\"a\":\"\\/\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u001",
        "{\"a\":\"\\",
        "{\"a\":\"\u{1f}\"}",
        "{\"a\":\"12345678\u{1}\"}",
    ] {
        assert!(check_object(other.as_bytes()).is_err(), "{other}");
    }
    for number in [
        "-0",
        "01",
        "1.0",
        "+1",
        ".5",
        "1.",
        "1e3",
        "1E+21",
        "1e21",
        "1e+020",
        "1.50",
        "9007199254740993",
        "1e400",
        "0.0",
        "-",
        "--1",
        "1-1",
        "0.0000001",
        "100000000000000000000000",
        "1e+20",
        "4e-324",
        "0x1",
        "1e",
        "1.7976931348623159e+308",
    ] {
        let error = check_object(format!("{{\"a\":{number}}}").as_bytes()).unwrap_err();
        assert!(
            matches!(error, CanonicalError::Number { at: 5 } | CanonicalError::Expected { .. }),
            "{number}: {error}"
        );
    }
}

#[test]
fn numbers_are_written_as_rfc_8785_lists() {
    // RFC 8785 appendix B.
    for (bits, expected) in [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] {
        assert_eq!(ecmascript_number(f64::from_bits(bits)), expected);
        assert_eq!(check_object(format!("{{\"n\":{expected}}}").as_bytes()), Ok(()), "{expected}");
    }
}

#[test]
fn limits_hold_and_one_past_does_not() {
    #[track_caller]
    fn check(field: &str, bytes_max: usize, set: impl Fn(&mut EntryBody, usize)) {
        let mut body = body();
        set(&mut body, bytes_max);
        let leaf = body.clone().at(0).encode().unwrap();
        assert_eq!(Entry::decode(&leaf).unwrap().body, body);
        set(&mut body, bytes_max + 1);
        let too_long = |error: &EntryError| matches!(error, EntryError::TooLong { field: of, .. } if *of == field);
        let mut out = b"kept".to_vec();
        assert!(too_long(&body.encode_into(0, &mut out).unwrap_err()), "{field}");
        assert_eq!(out, b"kept", "nothing is written on an error");
        // The same leaf by another writer.
        let longer = String::from_utf8(leaf).unwrap().replacen(&"w".repeat(bytes_max), &"w".repeat(bytes_max + 1), 1);
        assert!(too_long(&Entry::decode(longer.as_bytes()).unwrap_err()), "{field}");
    }
    check("principal", REFERENCE_BYTES_MAX, |body, n| body.principal = "w".repeat(n));
    check("authority", REFERENCE_BYTES_MAX, |body, n| body.authority = "w".repeat(n));
    check("subject", REFERENCE_BYTES_MAX, |body, n| body.subject = "w".repeat(n));
    check("kind", KIND_BYTES_MAX, |body, n| body.kind = "w".repeat(n));

    // What every field takes at its limit, escaped, is still a leaf.
    let worst = EntryBody {
        at_us: -(INTEGER_MAX as i64),
        principal: "\u{1}".repeat(REFERENCE_BYTES_MAX),
        authority: "\u{1}".repeat(REFERENCE_BYTES_MAX),
        kind: "\u{1}".repeat(KIND_BYTES_MAX),
        version: u16::MAX,
        subject: "\u{1}".repeat(REFERENCE_BYTES_MAX),
        run: Some(INTEGER_MAX),
        payload: payload_of(PAYLOAD_BYTES_MAX).unwrap(),
    };
    let leaf = worst.clone().at(INTEGER_MAX).encode().unwrap();
    assert_eq!(Entry::decode(&leaf), Ok(worst.at(INTEGER_MAX)));
    assert!(matches!(payload_of(PAYLOAD_BYTES_MAX + 1), Err(EntryError::TooLong { field: "payload", .. })));
    let longer = String::from_utf8(leaf).unwrap().replacen("ww", "www", 1);
    assert!(matches!(Entry::decode(longer.as_bytes()), Err(EntryError::TooLong { field: "payload", .. })));
    assert!(matches!(Entry::decode(&vec![b' '; LEAF_BYTES_MAX + 1]), Err(EntryError::TooLong { field: "leaf", .. })));

    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert_eq!(check_object(nested(PAYLOAD_DEPTH_MAX).as_bytes()), Ok(()));
    let error = check_object(nested(PAYLOAD_DEPTH_MAX + 1).as_bytes()).unwrap_err();
    assert_eq!(error, CanonicalError::TooDeep { at: 5 + PAYLOAD_DEPTH_MAX - 1 });
    // Depth counts what is open at once, not what comes one after another.
    assert_eq!(check_object(format!("{{\"a\":[{}[]]}}", "[[]],".repeat(200)).as_bytes()), Ok(()));
}

fn payload_of(bytes: usize) -> Result<Payload, EntryError> {
    Payload::new(format!("{{\"a\":\"{}\"}}", "w".repeat(bytes - 8)).into_bytes())
}

#[test]
fn integers_beyond_a_double_are_refused() {
    let past = INTEGER_MAX + 1;
    let refused = |field, value: i128| Err(EntryError::IntegerTooLarge { field, value });
    assert_eq!(body().at(past).encode(), refused("seq", past.into()));
    assert_eq!(EntryBody { run: Some(past), ..body() }.at(0).encode(), refused("run", past.into()));
    for at_us in [past as i64, -(past as i64), i64::MIN, i64::MAX] {
        assert_eq!(EntryBody { at_us, ..body() }.at(0).encode(), refused("at", at_us.into()));
    }
}

#[test]
fn who_and_what_are_never_empty() {
    let refused = |field| Err(EntryError::Empty { field });
    assert_eq!(EntryBody { principal: String::new(), ..body() }.at(0).encode(), refused("principal"));
    assert_eq!(EntryBody { kind: String::new(), ..body() }.at(0).encode(), refused("kind"));
    let leaf = String::from_utf8(support::leaf(0)).unwrap().replace("user:7", "");
    assert_eq!(Entry::decode(leaf.as_bytes()), Err(EntryError::Empty { field: "principal" }));
}

#[test]
fn messages_and_hints_are_one_line_each() {
    let errors = [
        EntryError::Empty { field: "kind" },
        EntryError::TooLong { field: "kind", bytes: 2, bytes_max: 1 },
        EntryError::IntegerTooLarge { field: "seq", value: 1 << 60 },
        Payload::new(*b"{ }").unwrap_err(),
        Entry::decode(b"{").unwrap_err(),
    ];
    for error in errors {
        for line in [error.to_string(), error.hint().to_owned()] {
            assert!(line.starts_with(|c: char| c.is_lowercase() || c == '`'), "{line}");
            assert!(!line.ends_with('.') && !line.contains('\n'), "{line}");
        }
    }
    assert_eq!(
        Payload::new(*b"{ }").unwrap_err().to_string(),
        "payload is not a canonical json object: expected \" at byte 1"
    );
}

fn any_payload() -> impl Strategy<Value = Payload> {
    let text = "[ -~éß\u{1}\n😀\u{fb33}]{0,12}";
    let members = prop::collection::btree_map(text, (text, any::<i32>(), any::<f64>()), 0..6);
    members.prop_map(|members| {
        let mut members: Vec<_> = members.into_iter().collect();
        members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
        let quoted = |text: &str| {
            // Through the only writer there is: as the principal of an entry.
            let leaf = EntryBody { principal: format!("p{text}"), ..body() }.at(0).encode().unwrap();
            let leaf = String::from_utf8(leaf).unwrap();
            let start = leaf.find("\"principal\":\"p").unwrap() + "\"principal\":\"p".len();
            format!("\"{}\"", &leaf[start..leaf.find("\",\"run\":").unwrap()])
        };
        let members = members.iter().map(|(key, (text, integer, double))| {
            let double = ecmascript_number(if double.is_finite() { *double } else { 0.5 });
            format!("{}:[{},{integer},{double}]", quoted(key), quoted(text))
        });
        Payload::new(format!("{{{}}}", members.collect::<Vec<_>>().join(",")).into_bytes()).unwrap()
    })
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let max = INTEGER_MAX as i64;
    let numbers = (0..=INTEGER_MAX, -max..=max, prop::option::of(0..=INTEGER_MAX), any::<u16>());
    // Commas and quotes are left out of texts only where `any_payload` cuts a leaf apart.
    let texts = ("\\PC{1,20}", ".{0,20}", "[ -~\u{1}]{1,20}", ".{0,20}");
    (numbers, texts, any_payload()).prop_map(
        |((seq, at_us, run, version), (principal, authority, kind, subject), payload)| {
            EntryBody { at_us, principal, authority, kind, version, subject, run, payload }.at(seq)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decoding_gives_back_what_was_encoded(entry in any_entry()) {
        let leaf = entry.encode().unwrap();
        prop_assert_eq!(Entry::decode(&leaf), Ok(entry));
        prop_assert!(!leaf.contains(&b'\n'), "a leaf is one line");
    }

    #[test]
    fn what_decodes_is_what_encoding_yields(entry in any_entry(), places in prop::collection::vec(any::<prop::sample::Index>(), 8), byte in any::<u8>()) {
        let leaf = entry.encode().unwrap();
        for place in places {
            let at = place.index(leaf.len());
            let mut inserted = leaf.clone();
            inserted.insert(at, byte);
            let mut removed = leaf.clone();
            removed.remove(at);
            for changed in [flip(&leaf, place.index(8 * leaf.len())), inserted, removed, leaf[..at].to_vec()] {
                if let Ok(other) = EntryRef::decode(&changed) {
                    prop_assert_eq!(other.to_entry().encode().unwrap(), changed.clone());
                    prop_assert!(changed == leaf || leaf_hash(&changed) != leaf_hash(&leaf));
                }
            }
        }
    }
}

#[test]
fn the_kind_is_found_without_decoding() {
    let authority = "policy \\\",\"kind\":\"other".to_owned();
    let leaf = EntryBody { authority, ..support::body() }.at(3).encode().unwrap();
    assert_eq!(bussola_ledger::leaf_kind(&leaf), Some(&b"run.started"[..]));
    assert_eq!(bussola_ledger::leaf_kind(b"{}"), None);
}
