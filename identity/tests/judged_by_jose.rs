//! Our tokens and our verification against another implementation (npm `jose`).

mod counterpart;

use bussola_identity::jwt::{Expected, Refusal, TokenKind, verify};
use bussola_identity::key::KeySet;
use bussola_identity::signer::{ALGORITHMS, Signer, TokenRequest};
use counterpart::{Counterpart, now};
use serde_json::{Map, json};

const ISSUER: &str = "https://bussola.example.com";
const AUDIENCE: &str = "openbao";

#[test]
fn each_side_accepts_what_the_other_signs() {
    let now = now();
    let directory = tempfile::tempdir().expect("a directory");
    let signer = Signer::open(directory.path(), ISSUER, 30 * 86_400, now).expect("a signer");
    let claims = Map::from_iter([("act".to_string(), json!({"sub": "user:1"}))]);
    let request = TokenRequest { subject: "run:77", audience: AUDIENCE, lifetime_s: 300, claims };
    let minted = ALGORITHMS.map(|algorithm| signer.mint(&request, algorithm, now).expect("a token"));
    let published = signer.jwks(now);
    let tampered = minted[0].token.expose().replacen('.', ".e", 1);
    let mut questions: Vec<_> =
        minted.iter().map(|minted| json!({"token": minted.token.expose(), "jwks": published})).collect();
    questions.push(json!({"token": tampered, "jwks": published}));
    signer.rotate_at_once(now).expect("a rotation");
    questions.push(json!({"token": minted[1].token.expose(), "jwks": signer.jwks(now)}));
    let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "run:78", "iat": now, "exp": now + 300, "jti": "j1"});
    let options = json!({"issuer": ISSUER, "audience": AUDIENCE, "claims": claims, "verify": questions});
    let Some(judge) = Counterpart::start("jose.mjs", &options) else { return };

    let verdicts = judge.ready["verified"].as_array().expect("verdicts");
    for (minted, verdict) in minted.iter().zip(verdicts) {
        assert_eq!((&verdict["jti"], &verdict["sub"]), (&json!(minted.id), &json!("run:77")), "{verdict}");
        assert_eq!((&verdict["exp"], &verdict["act"]), (&json!(minted.expires_at), &json!({"sub": "user:1"})));
    }
    assert!(verdicts[2].is_string(), "tampered with: {}", verdicts[2]);
    assert_eq!(verdicts[3]["sub"], "run:77", "after a rotation the old key is still published");

    let keys = KeySet::from_jwks(judge.ready["jwks"].to_string().as_bytes()).expect("its keys");
    let tokens = judge.ready["tokens"].as_object().expect("tokens");
    assert_eq!(tokens.len(), 9);
    let expected = Expected { kind: TokenKind::Access, issuer: ISSUER, audience: AUDIENCE, required: &[] };
    for (alg, token) in tokens {
        let token = token.as_str().expect("a token");
        assert_eq!(verify(token, &keys, &expected, now).expect(alg).subject(), Some("run:78"));
        // The same key id with another's key.
        let ours = signer.key_set(now);
        assert_eq!(verify(token, &ours, &expected, now).map(|_| ()), Err(Refusal::UnknownKey));
    }
}
