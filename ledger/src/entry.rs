//! What one line of the ledger says, and its only byte form: the **leaf**.
//!
//! A leaf is one RFC 8785 JSON object with exactly these members, so that an auditor can read it with any text tool:
//!
//! ```json
//! {"at":1764039600000000,"authority":"policy:ops","kind":"run.started","payload":{},"principal":"user:7","run":3,"seq":0,"subject":"component:default/etl","version":1}
//! ```
//!
//! INVARIANT: `decode` accepts exactly the byte strings that `encode` yields. The members are fixed and in order, so
//! decoding is a straight walk, and nothing is allocated until someone wants an owned [`Entry`].
//!
//! The sequence number is inside the leaf, so an entry cannot be moved without changing its hash.

use std::borrow::Cow;

use crate::canonical::{self, CanonicalError, Scanner, push_integer, push_string};
use crate::limits::{INTEGER_MAX, KIND_BYTES_MAX, LEAF_BYTES_MAX, PAYLOAD_BYTES_MAX, REFERENCE_BYTES_MAX};

/// A JSON object in canonical form: the part of an entry whose meaning belongs to its kind and version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payload(Box<[u8]>);

/// An entry as it is appended: everything but its place in the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryBody {
    /// When, in microseconds since 1970-01-01 UTC.
    pub at_us: i64,
    /// Who acted: an opaque id, never a name or an address.
    pub principal: String,
    /// By what right. Empty when the kind has none.
    pub authority: String,
    /// What happened.
    pub kind: String,
    /// The version of the payload's shape for this kind.
    pub version: u16,
    /// What it happened to. Empty when the kind has none.
    pub subject: String,
    /// In which run, if in one.
    pub run: Option<u64>,
    /// The details.
    pub payload: Payload,
}

/// An entry in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place: the first entry is 0.
    pub seq: u64,
    /// What it says.
    pub body: EntryBody,
}

/// An entry as it stands in a leaf, borrowed from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryRef<'a> {
    /// Its place: the first entry is 0.
    pub seq: u64,
    /// When, in microseconds since 1970-01-01 UTC.
    pub at_us: i64,
    /// Who acted.
    pub principal: Cow<'a, str>,
    /// By what right.
    pub authority: Cow<'a, str>,
    /// What happened.
    pub kind: Cow<'a, str>,
    /// The version of the payload's shape for this kind.
    pub version: u16,
    /// What it happened to.
    pub subject: Cow<'a, str>,
    /// In which run, if in one.
    pub run: Option<u64>,
    /// The details: a canonical JSON object.
    pub payload: &'a [u8],
}

/// The kind in a leaf, without decoding it: for whoever looks for a kind in many. Of bytes that are not a leaf it says nothing.
pub fn leaf_kind(leaf: &[u8]) -> Option<&[u8]> {
    const MEMBER: &[u8] = b",\"kind\":\"";
    // Before it stand a number and a string, and no string contains a bare quote.
    let at = leaf.windows(MEMBER.len()).position(|window| window == MEMBER)? + MEMBER.len();
    let length = leaf[at..].iter().position(|&byte| byte == b'"')?;
    Some(&leaf[at..at + length])
}

/// Why an entry has no leaf, or why bytes are not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A field that must say something is empty.
    #[error("`{field}` is empty")]
    Empty {
        /// The member of the leaf.
        field: &'static str,
    },
    /// LIMIT: see [`crate::limits`].
    #[error("`{field}` has {bytes} bytes, at most {bytes_max} are allowed")]
    TooLong {
        /// The member of the leaf, or `leaf` for all of it.
        field: &'static str,
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        bytes_max: usize,
    },
    /// LIMIT: see [`INTEGER_MAX`].
    #[error("`{field}` is {value}, beyond the integers that every JSON reader keeps exact (2^53 - 1)")]
    IntegerTooLarge {
        /// The member of the leaf.
        field: &'static str,
        /// Its value.
        value: i128,
    },
    /// The payload that a caller supplied is not canonical JSON.
    #[error("payload is not a canonical json object: {0}")]
    Payload(CanonicalError),
    /// The bytes are not a leaf.
    #[error("leaf is not in canonical form: {0}")]
    Leaf(CanonicalError),
}

impl EntryError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            EntryError::Empty { .. } => "every entry names who acted and what happened",
            EntryError::TooLong { .. } => "store large content aside and put its SHA-256 into the entry",
            EntryError::IntegerTooLarge { .. } => "write larger numbers as text in the payload",
            EntryError::Payload(_) => {
                "serialise by RFC 8785: sorted keys, no white space, numbers as ECMAScript writes them"
            }
            EntryError::Leaf(_) => "the bytes were changed after they were written, or another program wrote them",
        }
    }
}

impl Payload {
    /// Takes the bytes if they are one canonical JSON object within the limit.
    ///
    /// `serde_json::to_vec` writes canonical bytes for a struct whose fields are declared in sorted order and hold no
    /// floats (it writes `1.0` where RFC 8785 has `1`: see [`canonical::ecmascript_number`]).
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Result<Payload, EntryError> {
        let bytes = bytes.into();
        check_length("payload", bytes.len(), PAYLOAD_BYTES_MAX)?;
        canonical::check_object(&bytes).map_err(EntryError::Payload)?;
        Ok(Payload(bytes))
    }

    /// `{}`.
    pub fn empty() -> Payload {
        Payload(Box::from(*b"{}"))
    }

    /// The JSON text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("a payload was checked to be utf-8")
    }

    /// The JSON text, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_vec()
    }
}

impl EntryBody {
    /// This body in its place.
    pub fn at(self, seq: u64) -> Entry {
        Entry { seq, body: self }
    }

    /// Appends the leaf of this body at `seq` to `out`. On an error `out` is as it was.
    ///
    /// For writers that keep one buffer for a whole group of entries.
    pub fn encode_into(&self, seq: u64, out: &mut Vec<u8>) -> Result<(), EntryError> {
        let run = self.run.map(|run| integer("run", run)).transpose()?;
        let seq = integer("seq", seq)?;
        if self.at_us.unsigned_abs() > INTEGER_MAX {
            return Err(EntryError::IntegerTooLarge { field: "at", value: self.at_us.into() });
        }
        check_strings(&self.principal, &self.authority, &self.kind, &self.subject)?;

        let strings = self.principal.len() + self.authority.len() + self.kind.len() + self.subject.len();
        // The frame and its integers have at most 168 bytes; escapes are rare and may grow the buffer once more.
        out.reserve(self.payload.0.len() + strings + 176);
        out.extend_from_slice(b"{\"at\":");
        push_integer(self.at_us, out);
        out.extend_from_slice(b",\"authority\":");
        push_string(&self.authority, out);
        out.extend_from_slice(b",\"kind\":");
        push_string(&self.kind, out);
        out.extend_from_slice(b",\"payload\":");
        out.extend_from_slice(&self.payload.0);
        out.extend_from_slice(b",\"principal\":");
        push_string(&self.principal, out);
        out.extend_from_slice(b",\"run\":");
        match run {
            Some(run) => push_integer(run, out),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"seq\":");
        push_integer(seq, out);
        out.extend_from_slice(b",\"subject\":");
        push_string(&self.subject, out);
        out.extend_from_slice(b",\"version\":");
        push_integer(self.version.into(), out);
        out.push(b'}');
        Ok(())
    }
}

impl Entry {
    /// The leaf of this entry.
    pub fn encode(&self) -> Result<Vec<u8>, EntryError> {
        let mut leaf = Vec::new();
        self.body.encode_into(self.seq, &mut leaf)?;
        Ok(leaf)
    }

    /// The entry of a leaf.
    pub fn decode(leaf: &[u8]) -> Result<Entry, EntryError> {
        Ok(EntryRef::decode(leaf)?.to_entry())
    }
}

impl<'a> EntryRef<'a> {
    /// The entry of a leaf, borrowed from it.
    pub fn decode(leaf: &'a [u8]) -> Result<EntryRef<'a>, EntryError> {
        check_length("leaf", leaf.len(), LEAF_BYTES_MAX)?;
        let entry = walk(leaf).map_err(EntryError::Leaf)?;
        check_length("payload", entry.payload.len(), PAYLOAD_BYTES_MAX)?;
        check_strings(&entry.principal, &entry.authority, &entry.kind, &entry.subject)?;
        Ok(entry)
    }

    /// The entry, owned.
    pub fn to_entry(&self) -> Entry {
        let body = EntryBody {
            at_us: self.at_us,
            principal: self.principal.clone().into_owned(),
            authority: self.authority.clone().into_owned(),
            kind: self.kind.clone().into_owned(),
            version: self.version,
            subject: self.subject.clone().into_owned(),
            run: self.run,
            payload: Payload(self.payload.into()),
        };
        Entry { seq: self.seq, body }
    }
}

fn walk(leaf: &[u8]) -> Result<EntryRef<'_>, CanonicalError> {
    let mut scanner = Scanner::new(leaf)?;
    scanner.literal("{\"at\":")?;
    let at_us = scanner.integer()?;
    scanner.literal(",\"authority\":")?;
    let authority = scanner.string()?.unescaped();
    scanner.literal(",\"kind\":")?;
    let kind = scanner.string()?.unescaped();
    scanner.literal(",\"payload\":")?;
    let payload = scanner.object_bytes()?;
    scanner.literal(",\"principal\":")?;
    let principal = scanner.string()?.unescaped();
    scanner.literal(",\"run\":")?;
    let run = if scanner.literal("null").is_ok() { None } else { Some(scanner.natural(INTEGER_MAX)?) };
    scanner.literal(",\"seq\":")?;
    let seq = scanner.natural(INTEGER_MAX)?;
    scanner.literal(",\"subject\":")?;
    let subject = scanner.string()?.unescaped();
    scanner.literal(",\"version\":")?;
    let version = scanner.natural(u16::MAX.into())? as u16;
    scanner.literal("}")?;
    scanner.end()?;
    Ok(EntryRef { seq, at_us, principal, authority, kind, version, subject, run, payload })
}

fn integer(field: &'static str, value: u64) -> Result<i64, EntryError> {
    if value > INTEGER_MAX {
        return Err(EntryError::IntegerTooLarge { field, value: value.into() });
    }
    Ok(value as i64)
}

fn check_strings(principal: &str, authority: &str, kind: &str, subject: &str) -> Result<(), EntryError> {
    check_length("principal", principal.len(), REFERENCE_BYTES_MAX)?;
    check_length("authority", authority.len(), REFERENCE_BYTES_MAX)?;
    check_length("kind", kind.len(), KIND_BYTES_MAX)?;
    check_length("subject", subject.len(), REFERENCE_BYTES_MAX)?;
    for (field, text) in [("principal", principal), ("kind", kind)] {
        if text.is_empty() {
            return Err(EntryError::Empty { field });
        }
    }
    Ok(())
}

fn check_length(field: &'static str, bytes: usize, bytes_max: usize) -> Result<(), EntryError> {
    if bytes > bytes_max {
        return Err(EntryError::TooLong { field, bytes, bytes_max });
    }
    Ok(())
}
