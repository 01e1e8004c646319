//! Tokens that must be refused, each for its own reason, next to those that they imitate.

mod forge;

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use bussola_identity::JsonFault;
use bussola_identity::jwt::{Expected, Refusal, TokenKind, verify};
use bussola_identity::key::{KeySet, PublicKey};
use bussola_identity::limits::{JSON_DEPTH_MAX, TOKEN_BYTES_MAX};
use forge::{Forge, sign_hmac};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://idp.example.com";
const AUDIENCE: &str = "bussola";
const HEADER: &str = r#"{"alg":"ES256","typ":"at+jwt","kid":"ES256"}"#;

fn expected(kind: TokenKind) -> Expected<'static> {
    Expected { kind, issuer: ISSUER, audience: AUDIENCE, required: &[] }
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "iat": NOW, "exp": NOW + 300, "jti": "t1"})
}

/// The honest claims with some replaced; `null` removes.
fn with(changes: Value) -> String {
    let mut claims = claims();
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => claims.as_object_mut().expect("an object").remove(name),
            value => claims.as_object_mut().expect("an object").insert(name.clone(), value.clone()),
        };
    }
    claims.to_string()
}

#[test]
fn honest_tokens_of_every_algorithm_are_accepted() {
    let forge = Forge::new();
    for alg in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] {
        let token = forge.token(alg, "at+jwt", &claims());
        let proven = verify(&token, &forge.keys(&[alg]), &expected(TokenKind::Access), NOW).expect(alg);
        assert_eq!((proven.issuer(), proven.audience(), proven.subject()), (ISSUER, AUDIENCE, Some("u1")));
        // One changed byte anywhere is another token.
        for at in (0..token.len()).step_by(7) {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("ASCII");
            assert!(
                changed == token || verify(&changed, &forge.keys(&[alg]), &expected(TokenKind::Access), NOW).is_err()
            );
        }
    }
}

/// What each row of the tables below is checked with: keys of two algorithms, an access token expected.
fn check(forge: &Forge, name: &str, token: &str, reason: Result<(), Refusal>) {
    let keys = forge.keys(&["RS256", "ES256"]);
    let verdict = verify(token, &keys, &expected(TokenKind::Access), NOW).map(|_| ());
    assert_eq!(verdict, reason, "{name}");
}

#[test]
fn attacks_on_header_and_signature() {
    let forge = Forge::new();
    let honest = claims().to_string();
    let signed = |header: &str| forge.sign("ES256", header, &honest);
    let unsigned = |header: &str| format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(&honest));
    let modulus = forge.jwk("RS256")["n"].as_str().expect("a text").to_string();
    let good = signed(HEADER);
    let (body, signature) = good.rsplit_once('.').expect("three parts");
    let header_of = |kid: &str| json!({"alg": "ES256", "typ": "at+jwt", "kid": kid}).to_string();
    let der = der_signature(&URL_SAFE_NO_PAD.decode(signature).expect("base64url"));
    let table = [
        ("the honest one", good.clone(), Ok(())),
        ("alg none", unsigned(r#"{"alg":"none","typ":"at+jwt"}"#), Err(Refusal::Algorithm)),
        ("alg nOnE", unsigned(r#"{"alg":"nOnE","typ":"at+jwt"}"#), Err(Refusal::Algorithm)),
        ("alg empty", unsigned(r#"{"alg":"","typ":"at+jwt"}"#), Err(Refusal::Algorithm)),
        ("no alg", unsigned(r#"{"typ":"at+jwt"}"#), Err(Refusal::Header("alg"))),
        ("alg a list", signed(r#"{"alg":["ES256"],"typ":"at+jwt"}"#), Err(Refusal::Header("alg"))),
        ("no signature", unsigned(HEADER), Err(Refusal::Signature)),
        ("signature of zeros", format!("{body}.{}", URL_SAFE_NO_PAD.encode([0; 64])), Err(Refusal::Signature)),
        ("signature in DER", format!("{body}.{}", URL_SAFE_NO_PAD.encode(der)), Err(Refusal::Signature)),
        ("signature cut", format!("{body}.{}", &signature[..84]), Err(Refusal::Signature)),
        (
            "HMAC with the public key",
            sign_hmac(modulus.as_bytes(), r#"{"alg":"HS256","typ":"at+jwt","kid":"RS256"}"#, &honest),
            Err(Refusal::Algorithm),
        ),
        (
            "HMAC that says RS256",
            sign_hmac(modulus.as_bytes(), r#"{"alg":"RS256","typ":"at+jwt","kid":"RS256"}"#, &honest),
            Err(Refusal::Signature),
        ),
        (
            "RSA key with PS256",
            forge.sign("PS256", r#"{"alg":"PS256","typ":"at+jwt","kid":"RS256"}"#, &honest),
            Err(Refusal::KeyAlgorithm),
        ),
        (
            "key of another algorithm",
            forge.sign("ES256", r#"{"alg":"ES256","typ":"at+jwt","kid":"RS256"}"#, &honest),
            Err(Refusal::KeyAlgorithm),
        ),
        ("another's key", Forge::new().sign("ES256", HEADER, &honest), Err(Refusal::Signature)),
        ("unknown kid", signed(&header_of("other")), Err(Refusal::UnknownKey)),
        ("kid a path", signed(&header_of("../../../dev/null")), Err(Refusal::UnknownKey)),
        ("kid SQL", signed(&header_of("x' UNION SELECT 'key' --")), Err(Refusal::UnknownKey)),
        ("kid empty", signed(&header_of("")), Err(Refusal::UnknownKey)),
        ("kid huge", signed(&header_of(&"k".repeat(300))), Err(Refusal::Header("kid"))),
        ("kid a number", signed(r#"{"alg":"ES256","typ":"at+jwt","kid":7}"#), Err(Refusal::Header("kid"))),
        (
            "crit",
            signed(r#"{"alg":"ES256","typ":"at+jwt","kid":"ES256","crit":["b64"],"b64":false}"#),
            Err(Refusal::Critical),
        ),
        ("crit empty", signed(r#"{"alg":"ES256","typ":"at+jwt","kid":"ES256","crit":[]}"#), Err(Refusal::Critical)),
        ("alg twice", signed(r#"{"alg":"none","typ":"at+jwt","kid":"ES256","alg":"ES256"}"#), Err(duplicate_header())),
        ("header no object", signed(r#"["ES256"]"#), Err(Refusal::HeaderJson(JsonFault::Syntax))),
        ("typ of an ID token", signed(r#"{"alg":"ES256","typ":"JWT","kid":"ES256"}"#), Err(Refusal::Kind)),
        ("typ absent", signed(r#"{"alg":"ES256","kid":"ES256"}"#), Err(Refusal::Kind)),
        ("typ of a logout token", signed(r#"{"alg":"ES256","typ":"logout+jwt","kid":"ES256"}"#), Err(Refusal::Kind)),
        ("typ in capitals", signed(r#"{"alg":"ES256","typ":"application/AT+JWT","kid":"ES256"}"#), Ok(())),
        ("two parts", body.to_string(), Err(Refusal::Form)),
        ("four parts", format!("{good}.x"), Err(Refusal::Form)),
        ("five parts (JWE)", "e30.e30.e30.e30.e30".into(), Err(Refusal::Form)),
        ("padding", format!("{}.{}", URL_SAFE.encode(HEADER), "e30.AA=="), Err(Refusal::Form)),
        ("a blank at the end", format!("{good} "), Err(Refusal::Form)),
        ("empty", String::new(), Err(Refusal::Form)),
        ("not ASCII", "é.é.é".into(), Err(Refusal::Form)),
    ];
    for (name, token, reason) in table {
        check(&forge, name, &token, reason);
    }
}

fn duplicate_header() -> Refusal {
    Refusal::HeaderJson(JsonFault::Duplicate)
}

/// The other form of an ECDSA signature, which JWS does not use.
fn der_signature(fixed: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut encoded = vec![2, bytes.len() as u8 + 1, 0];
        encoded.extend_from_slice(bytes);
        encoded
    };
    let (r, s) = fixed.split_at(32);
    let body = [integer(r), integer(s)].concat();
    [vec![0x30, body.len() as u8], body].concat()
}

#[test]
fn a_key_in_the_header_is_not_read() {
    let (forge, attacker) = (Forge::new(), Forge::new());
    let jwk = attacker.jwk("ES256");
    for member in [json!({"jwk": jwk}), json!({"jku": "https://evil.example"}), json!({"x5u": "https://evil.example"})]
    {
        let mut header = json!({"alg": "ES256", "typ": "at+jwt", "kid": "ES256"});
        header.as_object_mut().expect("an object").extend(member.as_object().expect("an object").clone());
        let token = attacker.sign("ES256", &header.to_string(), &claims().to_string());
        check(&forge, "a key in the header", &token, Err(Refusal::Signature));
        let token = forge.sign("ES256", &header.to_string(), &claims().to_string());
        check(&forge, "ignored in an honest token", &token, Ok(()));
    }
}

#[test]
fn attacks_on_claims() {
    let forge = Forge::new();
    let duplicate = with(json!({})).replacen('{', r#"{"sub":"admin","#, 1);
    let deep = format!("{}1{}", "[".repeat(JSON_DEPTH_MAX + 1), "]".repeat(JSON_DEPTH_MAX + 1));
    let deep = with(json!({})).replacen('{', &format!(r#"{{"deep":{deep},"#), 1);
    let json_fault = Refusal::ClaimsJson;
    let table = [
        ("wrong issuer", with(json!({"iss": "https://evil.example"})), Err(Refusal::Issuer)),
        ("issuer with a slash", with(json!({"iss": format!("{ISSUER}/")})), Err(Refusal::Issuer)),
        ("issuer in capitals", with(json!({"iss": ISSUER.to_uppercase()})), Err(Refusal::Issuer)),
        ("no issuer", with(json!({"iss": null})), Err(Refusal::Missing("iss"))),
        ("issuer a list", with(json!({"iss": [ISSUER]})), Err(Refusal::Claim("iss"))),
        ("wrong audience", with(json!({"aud": "openbao"})), Err(Refusal::Audience)),
        ("audience by prefix", with(json!({"aud": "bussola-dev"})), Err(Refusal::Audience)),
        ("two audiences", with(json!({"aud": [AUDIENCE, "openbao"]})), Err(Refusal::Audiences)),
        ("one audience in a list", with(json!({"aud": [AUDIENCE]})), Ok(())),
        ("no audience", with(json!({"aud": null})), Err(Refusal::Missing("aud"))),
        ("an empty list of audiences", with(json!({"aud": []})), Err(Refusal::Claim("aud"))),
        ("no exp", with(json!({"exp": null})), Err(Refusal::Missing("exp"))),
        ("exp a text", with(json!({"exp": "9999999999"})), Err(Refusal::Claim("exp"))),
        ("exp beyond all time", with(json!({"exp": 1e300})), Err(Refusal::Claim("exp"))),
        ("exp below zero", with(json!({"exp": -1})), Err(Refusal::Claim("exp"))),
        ("expired within leeway", with(json!({"exp": NOW - 59})), Ok(())),
        ("expired beyond leeway", with(json!({"exp": NOW - 60})), Err(Refusal::Expired)),
        ("expired two minutes ago", with(json!({"exp": NOW - 120})), Err(Refusal::Expired)),
        ("nbf within leeway", with(json!({"nbf": NOW + 60})), Ok(())),
        ("nbf beyond leeway", with(json!({"nbf": NOW + 61})), Err(Refusal::NotYet)),
        ("nbf a text", with(json!({"nbf": "soon"})), Err(Refusal::Claim("nbf"))),
        ("a clock two minutes ahead", with(json!({"iat": NOW + 120, "exp": NOW + 420})), Err(Refusal::FromFuture)),
        ("a clock a minute ahead", with(json!({"iat": NOW + 60, "exp": NOW + 360})), Ok(())),
        ("no iat", with(json!({"iat": null})), Err(Refusal::Missing("iat"))),
        ("no sub", with(json!({"sub": null})), Err(Refusal::Missing("sub"))),
        ("sub empty", with(json!({"sub": ""})), Err(Refusal::Claim("sub"))),
        ("sub a number", with(json!({"sub": 7})), Err(Refusal::Claim("sub"))),
        ("no jti", with(json!({"jti": null})), Err(Refusal::Missing("jti"))),
        ("sub twice", duplicate, Err(json_fault(JsonFault::Duplicate))),
        ("nested deep", deep, Err(json_fault(JsonFault::Depth))),
        ("no JSON", "claims".into(), Err(json_fault(JsonFault::Syntax))),
        ("huge", with(json!({"x": "x".repeat(TOKEN_BYTES_MAX)})), Err(Refusal::TooLarge)),
    ];
    for (name, claims, reason) in table {
        check(&forge, name, &forge.sign("ES256", HEADER, &claims), reason);
    }
}

#[test]
fn a_token_of_the_largest_size_is_accepted_and_one_byte_more_is_not() {
    let forge = Forge::new();
    let sized = |padding: usize| forge.sign("ES256", HEADER, &with(json!({"x": "x".repeat(padding)})));
    let fits = (0..TOKEN_BYTES_MAX).rev().find(|padding| sized(*padding).len() <= TOKEN_BYTES_MAX).expect("a size");
    check(&forge, "the largest", &sized(fits), Ok(()));
    check(&forge, "one more", &sized(fits + 1), Err(Refusal::TooLarge));
}

#[test]
fn kinds_of_token_do_not_stand_for_each_other() {
    let forge = Forge::new();
    let keys = forge.keys(&["ES256"]);
    let events = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let kinds = [
        ("at+jwt", TokenKind::Access),
        ("JWT", TokenKind::Id),
        ("logout+jwt", TokenKind::Logout),
        ("secevent+jwt", TokenKind::SecurityEvent),
    ];
    for (typ, own) in kinds {
        let claims: Value = serde_json::from_str(&with(json!({"events": events}))).expect("JSON");
        let token = forge.token("ES256", typ, &claims);
        for (_, kind) in kinds {
            let verdict = verify(&token, &keys, &expected(kind), NOW).map(|_| ());
            assert_eq!(verdict, if kind == own { Ok(()) } else { Err(Refusal::Kind) }, "{typ} as {kind:?}");
        }
    }
}

#[test]
fn messages_are_bound_by_their_age() {
    let forge = Forge::new();
    let keys = forge.keys(&["ES256"]);
    for (typ, kind, age_s) in
        [("logout+jwt", TokenKind::Logout, 300), ("secevent+jwt", TokenKind::SecurityEvent, 86_400)]
    {
        for (iat, reason) in
            [(NOW - age_s - 60, Ok(())), (NOW - age_s - 61, Err(Refusal::TooOld)), (NOW + 61, Err(Refusal::FromFuture))]
        {
            let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "iat": iat, "jti": "1", "events": {}});
            let verdict = verify(&forge.token("ES256", typ, &claims), &keys, &expected(kind), NOW).map(|_| ());
            assert_eq!(verdict, reason, "{typ}, issued at {iat}");
        }
    }
}

#[test]
fn a_token_without_key_id_is_tried_with_the_only_key_there_is() {
    let forge = Forge::new();
    let token = forge.sign("ES256", r#"{"alg":"ES256","typ":"at+jwt"}"#, &claims().to_string());
    let one = forge.keys(&["RS256", "ES256"]);
    assert!(verify(&token, &one, &expected(TokenKind::Access), NOW).is_ok());
    let other = PublicKey::from_jwk(&Forge::new().jwk("ES256")).expect("a key");
    let two = KeySet::new([one.keys(), &[other]].concat());
    assert_eq!(verify(&token, &two, &expected(TokenKind::Access), NOW), Err(Refusal::AmbiguousKey));
    let none = forge.keys(&["RS256"]);
    assert_eq!(verify(&token, &none, &expected(TokenKind::Access), NOW), Err(Refusal::AmbiguousKey));
}

#[test]
fn refusals_do_not_repeat_the_token() {
    let forge = Forge::new();
    let token = forge.sign("ES256", HEADER, &with(json!({"aud": "canary", "sub": "canary"})));
    let refusal =
        verify(&token, &forge.keys(&["ES256"]), &expected(TokenKind::Access), NOW).expect_err("another audience");
    let shown = format!("{refusal} {refusal:?} {}", refusal.hint());
    assert!(!shown.contains("canary") && !shown.contains(&token[..20]), "{shown}");
}

proptest::proptest! {
    /// Whatever comes in, it is refused with a reason, and nothing panics.
    #[test]
    fn anything_else_is_refused(text in "\\PC{0,200}", header in "\\PC{0,60}", claims in "\\PC{0,60}", at in 0..400_usize, byte: u8) {
        let forge = Forge::new();
        let keys = forge.keys(&["ES256"]);
        let mut changed = forge.sign("ES256", HEADER, &with(json!({}))).into_bytes();
        let at = at % changed.len();
        let honest = changed[at] == byte;
        changed[at] = byte;
        let changed = String::from_utf8_lossy(&changed).to_string();
        for token in [text, forge.sign("ES256", &header, &claims), if honest { String::new() } else { changed }] {
            proptest::prop_assert!(verify(&token, &keys, &expected(TokenKind::Access), NOW).is_err());
        }
    }
}
