//! Security event tokens from a transmitter, and what must not pass for one.

mod forge;
mod published;

use bussola_identity::jwks::RemoteKeys;
use bussola_identity::outbound::{Outbound, Reach};
use bussola_identity::set::{Event, EventReceiver, Subject};
use forge::Forge;
use published::publish;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const US: &str = "https://bussola.example.com/events";
const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

fn claims(issuer: &str) -> Value {
    json!({
        "iss": issuer, "aud": US, "iat": NOW, "jti": "e1", "txn": "t1",
        "sub_id": {"format": "iss_sub", "iss": "https://idp.example.com", "sub": "alice"},
        "events": {REVOKED: {"event_timestamp": NOW - 5}}
    })
}

#[tokio::test]
async fn a_session_is_revoked_and_nothing_else_says_so() {
    let forge = Forge::new();
    let issuer = publish(&forge.keys(&["RS256", "ES256"])).await;
    let keys = RemoteKeys::of_issuer(Outbound::new(None).expect("a client"), &issuer, Reach::Operator);
    let receiver = EventReceiver::new(&issuer, US, keys);

    let token = forge.token("ES256", "secevent+jwt", &claims(&issuer));
    let told = receiver.verify(&token, NOW + 10).await.expect("a signal");
    assert_eq!((told.token_id.as_str(), told.transaction.as_deref(), told.issued_at), ("e1", Some("t1"), NOW));
    let alice = Subject::IssuerSubject { issuer: "https://idp.example.com".into(), subject: "alice".into() };
    assert_eq!((&told.events[0].event, &told.events[0].subject), (&Event::SessionRevoked, &alice));
    assert_eq!(told.events[0].happened_at, Some(NOW - 5));

    let with = |name: &str, value: Value| {
        let mut claims = claims(&issuer);
        claims[name] = value;
        claims
    };
    let stranger = Forge::new();
    let unknown =
        forge.sign("ES256", r#"{"alg":"ES256","typ":"secevent+jwt","kid":"x"}"#, &claims(&issuer).to_string());
    for (name, token, code) in [
        ("an ID token", forge.token("ES256", "JWT", &claims(&issuer)), "invalid_request"),
        ("a logout token", forge.token("ES256", "logout+jwt", &claims(&issuer)), "invalid_request"),
        ("another issuer", forge.token("ES256", "secevent+jwt", &with("iss", json!("https://x"))), "invalid_issuer"),
        ("another audience", forge.token("ES256", "secevent+jwt", &with("aud", json!("x"))), "invalid_audience"),
        ("two days old", forge.token("ES256", "secevent+jwt", &with("iat", json!(NOW - 172_800))), "invalid_request"),
        ("no jti", forge.token("ES256", "secevent+jwt", &with("jti", Value::Null)), "invalid_request"),
        ("no events", forge.token("ES256", "secevent+jwt", &with("events", json!({}))), "invalid_request"),
        ("a stranger", stranger.token("ES256", "secevent+jwt", &claims(&issuer)), "invalid_request"),
        ("an unknown key", unknown, "invalid_key"),
    ] {
        let error = receiver.verify(&token, NOW).await.expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
    }
}
