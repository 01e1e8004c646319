//! Signals from outside: security event tokens (RFC 8417), as the Shared Signals Framework 1.0 sends them and CAEP 1.0 names
//! what happened.
//!
//! Invariants: an event comes out of a verified token of kind `secevent+jwt`, from the transmitter that was configured and
//! for us. An event that we do not know is kept by its URI: it was said, and is for the caller to record. A subject is never
//! narrower than what was said: of a complex one, parts that we do not know are left out, so it names more rather than less,
//! and what is to be revoked is revoked.

use serde_json::{Map, Value};

use crate::claims::time_of;
use crate::identity::name_of;
use crate::jwks::RemoteKeys;
use crate::jwt::{Expected, Refusal, TokenKind, UnverifiedToken};
use crate::kept::FetchError;
use crate::limits::{EVENTS_MAX, SUBJECTS_MAX};

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

/// Whom something happened to (RFC 9493).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A subject of an issuer.
    IssuerSubject {
        /// Whose.
        issuer: String,
        /// Who.
        subject: String,
    },
    /// An address. Addresses change hands: whoever acts on it should revoke, never grant.
    Email(String),
    /// An id that both sides know, such as that of a session.
    Opaque(String),
    /// The same under several names.
    Aliases(Vec<Subject>),
    /// Shared Signals: a session of a user. At least one is there.
    Complex {
        /// Whose.
        user: Option<Box<Subject>>,
        /// Which.
        session: Option<Box<Subject>>,
    },
    /// A format that we do not know.
    Unknown(String),
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// CAEP `session-revoked`.
    SessionRevoked,
    /// CAEP `token-claims-change`: what tokens now would say.
    TokenClaimsChange {
        /// Claims with their new values.
        claims: Map<String, Value>,
    },
    /// CAEP `credential-change`.
    CredentialChange {
        /// `password`, `fido2-roaming`...
        credential_type: String,
        /// `create`, `revoke`, `update` or `delete`.
        change_type: String,
    },
    /// The transmitter tries the stream (Shared Signals, section 8.1.4).
    Verification {
        /// What we asked it to repeat.
        state: Option<String>,
    },
    /// Any other, by its URI.
    Other(String),
}

/// One event with what is said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityEvent {
    /// What.
    pub event: Event,
    /// To whom.
    pub subject: Subject,
    /// When it happened, if that is not when it was said.
    pub happened_at: Option<i64>,
}

/// A verified token.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityEventToken {
    /// The transmitter.
    pub issuer: String,
    /// To be remembered for [`EVENT_TOKEN_AGE_S_MAX`](crate::limits::EVENT_TOKEN_AGE_S_MAX) and the leeway, so that a token
    /// counts once.
    pub token_id: String,
    /// When it was said.
    pub issued_at: i64,
    /// `txn`: joins tokens about one occasion.
    pub transaction: Option<String>,
    /// What happened.
    pub events: Vec<SecurityEvent>,
}

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The transmitter's keys cannot be had.
    #[error("security event: {0}")]
    Fetch(#[from] FetchError),
    /// The token is refused.
    #[error("security event: {0}")]
    Token(#[from] Refusal),
    /// A member of the token is not what the standards say.
    #[error("security event: `{0}` is missing or malformed")]
    Malformed(&'static str),
}

impl EventError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            EventError::Fetch(error) => error.hint(),
            EventError::Token(refusal) => refusal.hint(),
            EventError::Malformed(_) => "check that the transmitter speaks Shared Signals 1.0",
        }
    }

    /// RFC 8935, section 2.4: what the transmitter is told.
    pub fn code(&self) -> &'static str {
        match self {
            EventError::Fetch(_) | EventError::Token(Refusal::UnknownKey | Refusal::AmbiguousKey) => "invalid_key",
            EventError::Token(Refusal::Issuer) => "invalid_issuer",
            EventError::Token(Refusal::Audience | Refusal::Audiences) => "invalid_audience",
            EventError::Token(_) | EventError::Malformed(_) => "invalid_request",
        }
    }
}

/// One transmitter that we listen to.
#[derive(Clone, Debug)]
pub struct EventReceiver {
    issuer: String,
    audience: String,
    keys: RemoteKeys,
}

impl EventReceiver {
    /// Listens to `issuer`, which knows us as `audience`.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, keys: RemoteKeys) -> EventReceiver {
        EventReceiver { issuer: issuer.into(), audience: audience.into(), keys }
    }

    /// The transmitter.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Verifies a token that was pushed or polled.
    pub async fn verify(&self, token: &str, now: i64) -> Result<SecurityEventToken, EventError> {
        let token = UnverifiedToken::parse(token)?;
        let keys = self.keys.for_key(token.key_id(), now).await?;
        let (issuer, audience) = (self.issuer.as_str(), self.audience.as_str());
        let kind = TokenKind::SecurityEvent;
        let claims = token.verify(&keys, &Expected { kind, issuer, audience, required: &[] }, now)?;
        Ok(SecurityEventToken {
            issuer: claims.issuer().to_string(),
            token_id: claims.token_id().unwrap_or_default().to_string(),
            issued_at: claims.issued_at().unwrap_or_default(),
            transaction: claims.string("txn").map(str::to_string),
            events: read_events(claims.members())?,
        })
    }
}

fn read_events(members: &Map<String, Value>) -> Result<Vec<SecurityEvent>, EventError> {
    let events = members.get("events").and_then(Value::as_object).ok_or(EventError::Malformed("events"))?;
    if !(1..=EVENTS_MAX).contains(&events.len()) {
        return Err(EventError::Malformed("events"));
    }
    let told = members.get("sub_id").map(|subject| read_subject(subject, true)).transpose()?;
    let read = |(uri, payload): (&String, &Value)| {
        let payload = payload.as_object().ok_or(EventError::Malformed("events"))?;
        // Before its final version CAEP had the subject within the event. Both, and different: which one was meant?
        let own = payload.get("subject").map(|subject| read_subject(subject, true)).transpose()?;
        let subject = match (&told, own) {
            (Some(told), Some(own)) if *told != own => return Err(EventError::Malformed("sub_id")),
            (Some(told), _) => told.clone(),
            (None, Some(own)) => own,
            (None, None) => return Err(EventError::Malformed("sub_id")),
        };
        let happened_at = payload.get("event_timestamp");
        let happened_at =
            happened_at.map(|time| time_of(time).ok_or(EventError::Malformed("event_timestamp"))).transpose()?;
        Ok(SecurityEvent { event: read_event(uri, payload)?, subject, happened_at })
    };
    events.iter().map(read).collect()
}

fn read_event(uri: &str, payload: &Map<String, Value>) -> Result<Event, EventError> {
    let text = |name: &'static str| name_of(payload.get(name)).ok_or(EventError::Malformed(name));
    if uri == VERIFICATION {
        return Ok(Event::Verification { state: name_of(payload.get("state")) });
    }
    Ok(match uri.strip_prefix(CAEP) {
        Some("session-revoked") => Event::SessionRevoked,
        Some("token-claims-change") => {
            let claims = payload.get("claims").and_then(Value::as_object).ok_or(EventError::Malformed("claims"))?;
            Event::TokenClaimsChange { claims: claims.clone() }
        }
        Some("credential-change") => {
            Event::CredentialChange { credential_type: text("credential_type")?, change_type: text("change_type")? }
        }
        _ => Event::Other(uri.to_string()),
    })
}

/// Reads a subject; only the outermost may hold others.
fn read_subject(value: &Value, outermost: bool) -> Result<Subject, EventError> {
    let malformed = || EventError::Malformed("sub_id");
    let members = value.as_object().ok_or_else(malformed)?;
    let text = |name: &str| name_of(members.get(name)).ok_or_else(malformed);
    let part = |name: &str| members.get(name).map(|part| read_subject(part, false).map(Box::new)).transpose();
    let format = name_of(members.get("format"));
    match format.as_deref() {
        Some("iss_sub") => Ok(Subject::IssuerSubject { issuer: text("iss")?, subject: text("sub")? }),
        Some("email") => Ok(Subject::Email(text("email")?)),
        Some("opaque") => Ok(Subject::Opaque(text("id")?)),
        Some("aliases") if outermost => {
            let listed = members.get("identifiers").and_then(Value::as_array).ok_or_else(malformed)?;
            if !(1..=SUBJECTS_MAX).contains(&listed.len()) {
                return Err(malformed());
            }
            let subjects: Result<Vec<_>, _> = listed.iter().map(|subject| read_subject(subject, false)).collect();
            Ok(Subject::Aliases(subjects?))
        }
        // Early transmitters leave out the format of complex subjects.
        Some("complex") | None if outermost => {
            let (user, session) = (part("user")?, part("session")?);
            if user.is_none() && session.is_none() {
                return Err(malformed());
            }
            Ok(Subject::Complex { user, session })
        }
        Some(other) => Ok(Subject::Unknown(other.to_string())),
        None => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(claims: Value) -> Result<Vec<SecurityEvent>, EventError> {
        read_events(claims.as_object().expect("an object"))
    }

    fn caep(name: &str) -> String {
        format!("{CAEP}{name}")
    }

    #[test]
    fn events_and_subjects() {
        let alice = json!({"format": "iss_sub", "iss": "https://idp", "sub": "alice"});
        let alice_read = Subject::IssuerSubject { issuer: "https://idp".into(), subject: "alice".into() };
        let events = read(json!({"sub_id": alice, "events": {
            caep("session-revoked"): {"event_timestamp": 1_800_000_000, "initiating_entity": "policy"},
            caep("token-claims-change"): {"claims": {"groups": ["billing"]}},
            caep("credential-change"): {"credential_type": "password", "change_type": "revoke"},
            caep("device-compliance-change"): {"previous_status": "compliant"},
            VERIFICATION: {"state": "x"},
        }}))
        .expect("events");
        assert!(events.iter().all(|event| event.subject == alice_read));
        let found = |event: &Event| events.iter().any(|read| read.event == *event);
        assert!(events.iter().any(|e| e.event == Event::SessionRevoked && e.happened_at == Some(1_800_000_000)));
        let claims = json!({"groups": ["billing"]}).as_object().expect("an object").clone();
        assert!(found(&Event::TokenClaimsChange { claims }));
        assert!(found(&Event::CredentialChange { credential_type: "password".into(), change_type: "revoke".into() }));
        assert!(found(&Event::Other(caep("device-compliance-change"))));
        assert!(found(&Event::Verification { state: Some("x".into()) }));

        let opaque = |id: &str| Box::new(Subject::Opaque(id.into()));
        for (subject, expected) in [
            (json!({"format": "email", "email": "a@x"}), Subject::Email("a@x".into())),
            (json!({"format": "opaque", "id": "s1"}), Subject::Opaque("s1".into())),
            (json!({"format": "did", "url": "did:x"}), Subject::Unknown("did".into())),
            (
                json!({"format": "aliases", "identifiers": [alice, {"format": "email", "email": "a@x"}]}),
                Subject::Aliases(vec![alice_read.clone(), Subject::Email("a@x".into())]),
            ),
            (
                json!({"format": "complex", "session": {"format": "opaque", "id": "s1"}, "user": alice, "device": {}}),
                Subject::Complex { user: Some(Box::new(alice_read.clone())), session: Some(opaque("s1")) },
            ),
            (
                json!({"session": {"format": "opaque", "id": "s1"}}),
                Subject::Complex { user: None, session: Some(opaque("s1")) },
            ),
        ] {
            let events = json!({caep("session-revoked"): {"subject": subject}});
            assert_eq!(read(json!({"events": events})).expect("an event")[0].subject, expected, "{subject}");
        }
    }

    #[test]
    fn what_is_malformed() {
        let opaque = json!({"format": "opaque", "id": "s1"});
        let revoked = |payload: Value| json!({caep("session-revoked"): payload});
        let many: Map<String, Value> = (0..=EVENTS_MAX).map(|n| (n.to_string(), json!({}))).collect();
        let aliases = json!({"format": "aliases", "identifiers": vec![opaque.clone(); SUBJECTS_MAX + 1]});
        for (name, claims) in [
            ("no events", json!({"sub_id": opaque})),
            ("none", json!({"sub_id": opaque, "events": {}})),
            ("too many", json!({"sub_id": opaque, "events": many})),
            ("no subject", json!({"events": revoked(json!({}))})),
            (
                "two subjects",
                json!({"sub_id": opaque, "events": revoked(json!({"subject": {"format": "opaque", "id": "s2"}}))}),
            ),
            ("payload", json!({"sub_id": opaque, "events": revoked(json!(1))})),
            ("time", json!({"sub_id": opaque, "events": revoked(json!({"event_timestamp": "now"}))})),
            ("claims", json!({"sub_id": opaque, "events": {caep("token-claims-change"): {}}})),
            (
                "change",
                json!({"sub_id": opaque, "events": {caep("credential-change"): {"credential_type": "password"}}}),
            ),
            ("half a subject", json!({"sub_id": {"format": "iss_sub", "iss": "x"}, "events": revoked(json!({}))})),
            ("nobody", json!({"sub_id": {"format": "complex", "device": opaque}, "events": revoked(json!({}))})),
            ("no format", json!({"sub_id": {"id": "x"}, "events": revoked(json!({}))})),
            ("too many aliases", json!({"sub_id": aliases, "events": revoked(json!({}))})),
        ] {
            assert!(matches!(read(claims), Err(EventError::Malformed(_))), "{name}");
        }
    }
}
