use super::*;

fn jwk(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => unreachable!("a key is an object"),
    }
}

/// The keys of RFC 7638, section 3.1, and RFC 8037, appendix A.
const RSA_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

#[test]
fn thumbprints_are_those_of_the_standards() {
    let rsa = json!({"kty": "RSA", "n": RSA_N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"});
    let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    for (key, thumbprint) in
        [(rsa, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"), (okp, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    {
        let key = PublicKey::from_jwk(&jwk(key)).expect("a key");
        assert_eq!(key.thumbprint(), thumbprint);
        let again = PublicKey::from_jwk(&key.to_jwk()).expect("what we write");
        assert_eq!(again, key);
    }
}

#[test]
fn which_keys_are_read() {
    let okp = |more: Value| {
        let mut key = jwk(json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}));
        key.extend(jwk(more));
        key
    };
    let rsa = |alg: Option<&str>| {
        let mut key = jwk(json!({"kty": "RSA", "n": RSA_N, "e": "AQAB"}));
        if let Some(alg) = alg {
            key.insert("alg".into(), alg.into());
        }
        key
    };
    let table = [
        ("plain", okp(json!({})), Ok(Algorithm::EdDsa)),
        ("new name", okp(json!({"alg": "Ed25519"})), Ok(Algorithm::EdDsa)),
        ("no alg", rsa(None), Ok(Algorithm::Rs256)),
        ("alg", rsa(Some("PS384")), Ok(Algorithm::Ps384)),
        ("key_ops", okp(json!({"key_ops": ["verify"]})), Ok(Algorithm::EdDsa)),
        ("for encryption", okp(json!({"use": "enc"})), Err(KeyFault::Purpose)),
        ("to sign", okp(json!({"key_ops": ["sign"]})), Err(KeyFault::Purpose)),
        ("alg of another type", okp(json!({"alg": "ES256"})), Err(KeyFault::Unsupported)),
        ("HMAC on RSA", rsa(Some("HS256")), Err(KeyFault::Unsupported)),
        ("encryption by RSA", rsa(Some("RSA-OAEP")), Err(KeyFault::Unsupported)),
        ("private", okp(json!({"d": "AAAA"})), Err(KeyFault::Private)),
        ("short", okp(json!({"x": "AAAA"})), Err(KeyFault::Malformed)),
        ("padded", okp(json!({"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="})), Err(KeyFault::Malformed)),
        ("symmetric", jwk(json!({"kty": "oct", "k": "AAAA", "alg": "HS256"})), Err(KeyFault::Unsupported)),
        ("RSA of 24 bits", jwk(json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"})), Err(KeyFault::Weak)),
        ("curve", jwk(json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"})), Err(KeyFault::Unsupported)),
        ("no type", jwk(json!({"crv": "P-256"})), Err(KeyFault::Malformed)),
    ];
    for (name, key, expected) in table {
        assert_eq!(PublicKey::from_jwk(&key).map(|key| key.algorithm()), expected, "{name}");
    }
}

#[test]
fn sets_leave_out_what_they_do_not_use() {
    let okp = json!({"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let read = |document: Value| KeySet::from_jwks(document.to_string().as_bytes());
    let set = read(json!({"keys": [{"kty": "oct", "k": "AAAA"}, okp, {"kty": "future"}, 7]})).expect("one is usable");
    assert_eq!(set.keys().len(), 1);
    assert!(set.knows(Some("a")) && set.knows(None) && !set.knows(Some("b")));
    assert_eq!(read(set.to_jwks()).expect("what we write"), set);
    assert_eq!(read(json!({"keys": []})), Err(KeySetError::Unusable));
    assert_eq!(read(json!({"keys": vec![okp.clone(); KEYS_MAX]})).map(|set| set.keys().len()), Ok(KEYS_MAX));
    assert_eq!(read(json!({"keys": vec![okp; KEYS_MAX + 1]})), Err(KeySetError::TooMany));
    assert_eq!(read(json!({"key": 1})), Err(KeySetError::NoKeys));
    assert_eq!(KeySet::from_jwks(b"<html>"), Err(KeySetError::Json(JsonFault::Syntax)));
}
