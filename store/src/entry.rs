//! Facts as entries of the ledger, and back.
//!
//! A payload is the event's JSON in canonical form (RFC 8785). Events declare their members in alphabetical order, so what
//! serde writes is canonical but for rare numbers and keys; those are written anew. A payload that is larger than
//! the ledger allows is stored aside by its SHA-256, and the entry holds `{"@blob":"<hash>"}`: no event has a
//! member of that name.

use bussola_domain::event::{Event, Fact};
use bussola_domain::id::{BlobHash, RunId, Timestamp};
use bussola_ledger::canonical::ecmascript_number;
use bussola_ledger::limits::PAYLOAD_BYTES_MAX;
use bussola_ledger::{EntryBody, EntryError, EntryRef, Payload};

use crate::error::StoreError;
use crate::limits::SUBJECT_BYTES_MAX;

/// Most payloads fit without growing.
const PAYLOAD_BYTES_USUAL: usize = 512;

const ASIDE: &str = "{\"@blob\":\"";

/// A body to be filled by [`encode`], again and again: its texts keep their memory.
pub(crate) fn blank() -> EntryBody {
    EntryBody {
        at_us: 0,
        principal: String::new(),
        authority: String::new(),
        kind: String::new(),
        version: 0,
        subject: String::new(),
        run: None,
        payload: Payload::empty(),
    }
}

/// Fills a body from a fact. What comes back is the payload, if that must be stored aside.
pub(crate) fn encode(
    fact: &Fact,
    principal: &str,
    authority: &str,
    body: &mut EntryBody,
) -> Result<Option<(BlobHash, String)>, StoreError> {
    let (kind, version) = fact.event.kind();
    for (field, text) in [(&mut body.principal, principal), (&mut body.authority, authority), (&mut body.kind, kind)] {
        field.clear();
        field.push_str(text);
    }
    let (payload, aside) = payload(&fact.event, kind)?;
    body.at_us = fact.at.0;
    body.version = version;
    body.subject = subject(&fact.event);
    body.run = fact.run.map(|run| run.0);
    body.payload = payload;
    Ok(aside)
}

/// A subject helps to find an entry; the payload has the whole of it. Luigi sets no limit to a task id.
fn subject(event: &Event) -> String {
    shortened(event.subject())
}

/// A subject as entries hold it.
pub(crate) fn shortened(mut subject: String) -> String {
    if subject.len() > SUBJECT_BYTES_MAX {
        let hash = BlobHash::of(subject.as_bytes()).to_string();
        let mut end = SUBJECT_BYTES_MAX - hash.len() - 1;
        while !subject.is_char_boundary(end) {
            end -= 1;
        }
        subject.truncate(end);
        subject.push('#');
        subject.push_str(&hash);
    }
    subject
}

fn payload(event: &Event, kind: &'static str) -> Result<(Payload, Option<(BlobHash, String)>), StoreError> {
    let refused = |source| StoreError::Encode { kind, source };
    let mut text = Vec::with_capacity(PAYLOAD_BYTES_USUAL);
    serde_json::to_writer(&mut text, event).map_err(|error| bug(kind, &error))?;
    if text.len() > PAYLOAD_BYTES_MAX {
        let hash = BlobHash::of(&text);
        let text = String::from_utf8_lossy(&text).into_owned();
        let payload = Payload::new(format!("{ASIDE}{hash}\"}}").into_bytes()).map_err(refused)?;
        return Ok((payload, Some((hash, text))));
    }
    match Payload::new(text) {
        Ok(payload) => Ok((payload, None)),
        Err(EntryError::Payload(_)) => {
            let value = serde_json::to_value(event).map_err(|error| bug(kind, &error))?;
            let mut canonical = String::new();
            write_canonical(&value, &mut canonical);
            Ok((Payload::new(canonical.into_bytes()).map_err(refused)?, None))
        }
        Err(error) => Err(refused(error)),
    }
}

/// Events are plain data; serde has no reason to refuse one.
fn bug(kind: &'static str, error: &serde_json::Error) -> StoreError {
    StoreError::Panicked { message: format!("event `{kind}` cannot be written as JSON: {error}").into() }
}

/// RFC 8785: keys by UTF-16 code unit, numbers as ECMAScript writes them.
fn write_canonical(value: &serde_json::Value, out: &mut String) {
    match value {
        serde_json::Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (place, (key, member)) in members.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_canonical(&serde_json::Value::String(key.clone()), out);
                out.push(':');
                write_canonical(member, out);
            }
            out.push('}');
        }
        serde_json::Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        serde_json::Value::Number(number) => out.push_str(&ecmascript_number(number.as_f64().unwrap_or(0.0))),
        // Strings, true, false and null have one form, which serde_json writes.
        other => out.push_str(&other.to_string()),
    }
}

/// The hash of a payload that is stored aside.
pub(crate) fn aside(payload: &[u8]) -> Option<BlobHash> {
    let hash = payload.strip_prefix(ASIDE.as_bytes())?.strip_suffix(b"\"}")?;
    std::str::from_utf8(hash).ok()?.parse().ok()
}

/// The fact of an entry. None: a kind or version that this release does not know.
///
/// `blob` gives payloads that are stored aside.
pub(crate) fn decode(
    entry: &EntryRef<'_>,
    mut blob: impl FnMut(BlobHash) -> Result<Option<String>, StoreError>,
) -> Result<Option<Fact>, StoreError> {
    let unreadable = |reason: String| StoreError::Unreadable { seq: entry.seq, reason };
    let stored;
    let payload = match aside(entry.payload) {
        None => entry.payload,
        Some(hash) => {
            stored = blob(hash)?.ok_or_else(|| unreadable(format!("its payload {hash} is not stored")))?;
            stored.as_bytes()
        }
    };
    let event = Event::deserialize(&entry.kind, entry.version, &mut serde_json::Deserializer::from_slice(payload))
        .map_err(|error| unreadable(error.to_string()))?;
    let Some(mut event) = event else { return Ok(None) };
    if let Some(hash) = event.aside()
        && let Some(text) = blob(hash)?
    {
        event.take_back(&text);
    }
    Ok(Some(Fact { at: Timestamp(entry.at_us), event, run: entry.run.map(RunId) }))
}
