//! A provider that answers wrongly in every way that an honest one does not, so that no counterpart can show it.

mod forge;

use std::sync::{Arc, Mutex};

use bussola_identity::jwt::Refusal;
use bussola_identity::oidc::{ClientAuthentication, OidcError, Provider, ProviderSettings, SignIn};
use bussola_identity::outbound::Outbound;
use bussola_identity::{Callback, Identity, Secret};
use forge::Forge;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

const NOW: i64 = 1_800_000_000;
/// `at_hash` of the access token `opaque` for algorithms on SHA-256: its hash's left half.
const AT_HASH: &str = "bSKYhMEmi7CrMtjaMV0P5Q";

/// What the provider says next.
struct Provided {
    issuer: String,
    tokens: Mutex<(u16, Value)>,
    userinfo: Mutex<(u16, Value)>,
}

async fn start(forge: &Forge) -> (Arc<Provided>, Provider) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let issuer = format!("http://{}", listener.local_addr().expect("an address"));
    let (tokens, userinfo) = (Mutex::new((500, json!({}))), Mutex::new((200, json!({"sub": "u1"}))));
    let provided = Arc::new(Provided { issuer: issuer.clone(), tokens, userinfo });
    let (own, keys) = (provided.clone(), forge.keys(&["RS256", "ES256"]).to_jwks());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 8192];
            let read = stream.read(&mut buffer).await.expect("a request");
            let request = String::from_utf8_lossy(&buffer[..read]).to_string();
            let (status, body) = own.answer(request.split(' ').nth(1).unwrap_or_default(), &keys);
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    let settings = ProviderSettings {
        issuer,
        client_id: "us".into(),
        client_secret: None,
        client_authentication: ClientAuthentication::Discovered,
        scopes: Vec::new(),
        groups_claim: "groups".into(),
    };
    (provided, Provider::new(settings, Outbound::new(None).expect("a client")))
}

impl Provided {
    fn answer(&self, path: &str, keys: &Value) -> (u16, Value) {
        let at = |path: &str| format!("{}{path}", self.issuer);
        match path {
            "/.well-known/openid-configuration" => {
                let document = json!({
                    "issuer": self.issuer, "jwks_uri": at("/keys"), "authorization_endpoint": at("/authorize"),
                    "token_endpoint": at("/token"), "userinfo_endpoint": at("/userinfo")
                });
                (200, document)
            }
            "/keys" => (200, keys.clone()),
            "/token" => self.tokens.lock().expect("an answer").clone(),
            "/userinfo" => self.userinfo.lock().expect("an answer").clone(),
            other => panic!("asked for {other}"),
        }
    }

    /// The claims of an honest ID token, with changes; `null` removes.
    fn claims(&self, nonce: &str, changes: &Value) -> Value {
        let mut claims = json!({
            "iss": self.issuer, "aud": "us", "sub": "u1", "iat": NOW, "exp": NOW + 300, "nonce": nonce, "at_hash": AT_HASH
        });
        let members = claims.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("an object") {
            members.insert(name.clone(), value.clone());
        }
        members.retain(|_, value| !value.is_null());
        claims
    }
}

async fn sign_in(provided: &Provided, provider: &Provider, forge: &Forge, changes: Value) -> Result<SignIn, OidcError> {
    let back = Url::parse("http://127.0.0.1:1/callback").expect("a URL");
    let pending = provider.begin(&back, NOW).await?.pending;
    let token = forge.token("ES256", "JWT", &provided.claims(pending.nonce.expose(), &changes));
    *provided.tokens.lock().expect("an answer") = (200, json!({"access_token": "opaque", "id_token": token}));
    let callback = Callback { code: Some(Secret::new("c")), state: Some(pending.state.clone()), ..Callback::default() };
    provider.finish(&callback, &pending, NOW).await
}

#[tokio::test]
async fn id_tokens_that_do_not_belong_here() {
    let forge = Forge::new();
    let (provided, provider) = start(&forge).await;
    let signed_in = sign_in(&provided, &provider, &forge, json!({})).await.expect("the honest one");
    assert_eq!(signed_in.identity.subject, "u1");
    let event = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    for (changes, expected) in [
        (json!({"at_hash": null, "azp": "us"}), None),
        (json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), Some("at_hash")),
        (json!({"at_hash": 7}), Some("at_hash")),
        (json!({"azp": "another"}), Some("azp")),
        (json!({"azp": ["us"]}), Some("azp")),
        (json!({"nonce": null}), Some("nonce")),
        (json!({"nonce": "x"}), Some("nonce")),
        (json!({"nonce": ["x"]}), Some("nonce")),
        (json!({"events": event}), Some("events")),
    ] {
        match (sign_in(&provided, &provider, &forge, changes.clone()).await, expected) {
            (Ok(_), None) => {}
            (Err(OidcError::Mismatch(found)), Some(expected)) => assert_eq!(found, expected, "{changes}"),
            (verdict, _) => panic!("{changes}: {verdict:?}"),
        }
    }
    for (changes, expected) in [
        (json!({"aud": ["us", "another"]}), Refusal::Audiences),
        (json!({"aud": "another"}), Refusal::Audience),
        (json!({"iss": "https://another"}), Refusal::Issuer),
        (json!({"exp": NOW - 60}), Refusal::Expired),
        (json!({"sub": null}), Refusal::Missing("sub")),
        (json!({"exp": null}), Refusal::Missing("exp")),
    ] {
        match sign_in(&provided, &provider, &forge, changes.clone()).await {
            Err(OidcError::Token(found)) => assert_eq!(found, expected, "{changes}"),
            verdict => panic!("{changes}: {verdict:?}"),
        }
    }
    let stranger = sign_in(&provided, &provider, &Forge::new(), json!({})).await.expect_err("another's key");
    assert!(matches!(stranger, OidcError::Token(Refusal::Signature)), "{stranger}");
}

#[tokio::test]
async fn userinfo_about_somebody_else() {
    let forge = Forge::new();
    let (provided, provider) = start(&forge).await;
    for (answer, expected) in [
        ((200, json!({"sub": "u1", "name": "Alice", "groups": ["a"]})), "ok"),
        ((200, json!({"sub": "admin", "groups": ["admins"]})), "`sub` is not that of this sign-in"),
        ((200, json!({"groups": ["admins"]})), "`sub` is not that of this sign-in"),
        ((200, json!("text")), "no valid `body`"),
        ((302, json!({})), "no valid `status`"),
        ((500, json!({})), "no valid `status`"),
        ((200, json!({"sub": "u1", "groups": vec!["x"; 1]})), "ok"),
        (
            (200, json!({"sub": "u1", "groups": (0..1001).map(|n| n.to_string()).collect::<Vec<_>>()})),
            "more than 1000 groups",
        ),
    ] {
        *provided.userinfo.lock().expect("an answer") = answer.clone();
        match sign_in(&provided, &provider, &forge, json!({})).await {
            Ok(_) => assert_eq!(expected, "ok", "{answer:?}"),
            Err(error) => assert!(error.to_string().contains(expected), "{answer:?}: {error}"),
        }
    }
}

#[tokio::test]
async fn answers_of_the_token_endpoint() {
    let forge = Forge::new();
    let (provided, provider) = start(&forge).await;
    let before = Identity { issuer: provided.issuer.clone(), subject: "u1".into(), ..Identity::default() };
    for (answer, expected) in [
        ((200, json!({"access_token": "opaque"})), "ok"),
        ((200, json!({"token_type": "bearer"})), "no valid `access_token`"),
        ((200, json!({"access_token": ""})), "no valid `access_token`"),
        ((200, json!({"access_token": ["x"]})), "no valid `access_token`"),
        ((200, json!({"access_token": "x", "refresh_token": "x".repeat(9000)})), "no valid `refresh_token`"),
        ((200, json!([])), "no valid `body`"),
        ((302, json!({"error": "x"})), "refused with `x`"),
        ((400, json!({"error": "invalid_grant\u{1b}[31m"})), "refused with `invalid_grant31m`"),
        ((500, json!({})), "no valid `status`"),
        ((200, json!({"access_token": "x", "id_token": "e30.e30.AA"})), "malformed `alg`"),
    ] {
        *provided.tokens.lock().expect("an answer") = answer.clone();
        match provider.refresh(&Secret::new("canary"), &before, NOW).await {
            Ok(_) => assert_eq!(expected, "ok", "{answer:?}"),
            Err(error) => {
                assert!(error.to_string().contains(expected), "{answer:?}: {error}");
                assert!(!format!("{error} {error:?}").contains("canary"));
            }
        }
    }
}

#[tokio::test]
async fn logout_tokens() {
    let forge = Forge::new();
    let (provided, provider) = start(&forge).await;
    let event = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let honest = json!({
        "nonce": null, "at_hash": null, "exp": null, "jti": "l1", "sid": "s1", "events": event, "sub": null
    });
    for (changes, expected) in [
        (json!({}), "ok"),
        (json!({"sid": null, "sub": "u1"}), "ok"),
        (json!({"exp": NOW - 61}), "has expired"),
        (json!({"sid": null}), "no valid `sub`"),
        (json!({"sid": 7}), "no valid `sub`"),
        (json!({"nonce": "n"}), "no valid `nonce`"),
        (json!({"events": {}}), "no valid `events`"),
        (json!({"events": {"http://schemas.openid.net/event/backchannel-logout": "x"}}), "no valid `events`"),
        (json!({"events": null}), "no `events`"),
        (json!({"jti": null}), "no `jti`"),
        (json!({"iat": NOW - 361}), "too old"),
        (json!({"iat": null}), "no `iat`"),
        (json!({"aud": ["us", "x"]}), "more than one audience"),
    ] {
        let mut merged = honest.clone();
        merged.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        let token = forge.token("ES256", "logout+jwt", &provided.claims("", &merged));
        match provider.verify_logout_token(&token, NOW).await {
            Ok(notice) => assert_eq!((expected, notice.token_id.as_str()), ("ok", "l1"), "{changes}"),
            Err(error) => assert!(error.to_string().contains(expected), "{changes}: {error}"),
        }
    }
}
