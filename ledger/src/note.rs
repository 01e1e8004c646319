//! Signed notes and their keys: C2SP `signed-note` with Ed25519, as far as checkpoints need it.
//!
//! A note is a text, a blank line, and signature lines `— name base64(key id || signature)`. Other parties may add
//! their lines (witnesses do); lines of keys that are not ours are left alone, as the specification demands.
//!
//! INVARIANT: the name of the key is the origin of the checkpoint. The specification recommends it; here a key signs
//! and opens only checkpoints of its own ledger, so a key used for two ledgers cannot confuse them.
//!
//! Keys have the text forms of `golang.org/x/mod/sumdb/note`, which the C2SP tools read:
//! `name+id+base64` for verifying and `PRIVATE+KEY+name+id+base64` for signing. No randomness here: the caller draws
//! the 32 bytes of a new key.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _};
use sha2::{Digest as _, Sha256};

use crate::checkpoint::{Checkpoint, CheckpointError, TreeHead};
use crate::hash::hex_digit;
use crate::limits::{KEY_TEXT_BYTES_MAX, NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, ORIGIN_BYTES_MAX};

/// The byte that C2SP signed-note assigns to Ed25519.
pub(crate) const ED25519: u8 = 0x01;
const PRIVATE_PREFIX: &str = "PRIVATE+KEY+";
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// The name of a ledger and of the key that signs for it, e.g. `bussola.example.com/ledger`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin(String);

/// Why a text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// It names nothing.
    #[error("an origin is not empty")]
    Empty,
    /// LIMIT: [`ORIGIN_BYTES_MAX`].
    #[error("an origin has at most {ORIGIN_BYTES_MAX} bytes, found {0}")]
    TooLong(usize),
    /// Notes separate names from what follows by a space, keys by a plus sign.
    #[error("an origin has no spaces, no control characters and no `+`, found {0:?}")]
    Character(char),
}

/// Why a text is not a key. Never quotes the text, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form.
    #[error("a {kind} key has the form `{form}`")]
    Form {
        /// `signing` or `verifying`.
        kind: &'static str,
        /// The form that it has.
        form: &'static str,
    },
    /// The name in it.
    #[error("name of the key: {0}")]
    Origin(OriginError),
    /// Only Ed25519 is supported: 0x01 for ledgers, 0x04 for their witnesses.
    #[error("key is of type {found:#04x}, expected {expected:#04x}: Ed25519 is 0x01 for a ledger, 0x04 for a witness")]
    Type {
        /// Of the key.
        found: u8,
        /// As it should be here.
        expected: u8,
    },
    /// The id is derived from the rest, so a mistyped key is noticed.
    #[error("key id does not match the name and the key")]
    Id,
    /// The point is not on the curve, or is one under which anyone can sign.
    #[error("key is not a usable Ed25519 public key")]
    Point,
}

/// Why a note proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// LIMIT: [`NOTE_BYTES_MAX`].
    #[error("a signed note has at most {NOTE_BYTES_MAX} bytes, found {0}")]
    TooLong(usize),
    /// Control characters other than the newline.
    #[error("control character at byte {0} of the note")]
    Control(usize),
    /// Nothing separates a text from signatures.
    #[error("note has no signatures")]
    Unsigned,
    /// LIMIT: [`NOTE_SIGNATURES_MAX`].
    #[error("a signed note has at most {NOTE_SIGNATURES_MAX} signatures, found {0}")]
    TooManySignatures(usize),
    /// A line below the blank line is not a signature.
    #[error("signature line {0} of the note is malformed")]
    SignatureLine(usize),
    /// No line of the key.
    #[error("note is not signed by `{0}`")]
    NotSignedBy(Origin),
    /// The key has two lines.
    #[error("note is signed twice by `{0}`")]
    SignedTwice(Origin),
    /// The line of the key does not fit the text.
    #[error("signature of `{0}` does not match the note")]
    Forged(Origin),
    /// The signed text is something else.
    #[error("signed text is not a checkpoint: {0}")]
    Checkpoint(CheckpointError),
    /// The signed text is about another ledger.
    #[error("checkpoint is of `{found}`, expected `{expected}`")]
    OtherOrigin {
        /// Of the key.
        expected: Origin,
        /// Of the checkpoint.
        found: Origin,
    },
}

impl KeyError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            KeyError::Form { .. } | KeyError::Origin(_) => "give the whole key on one line, as it was handed out",
            KeyError::Type { .. } => "a witness's key cannot stand for a ledger, nor a ledger's key for a witness",
            KeyError::Id => "the key was mistyped, or belongs to another name",
            KeyError::Point => "do not trust whoever handed out this key",
        }
    }
}

impl NoteError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            NoteError::TooLong(_) | NoteError::Control(_) | NoteError::Unsigned | NoteError::SignatureLine(_) => {
                "give the file that `bussola ledger checkpoint` wrote, unchanged"
            }
            NoteError::TooManySignatures(_) => "remove signatures of witnesses that nobody asks for",
            NoteError::NotSignedBy(_) | NoteError::OtherOrigin { .. } => "check that the key belongs to this ledger",
            NoteError::SignedTwice(_) => "ask where the note comes from: the ledger signs once",
            NoteError::Forged(_) => "the checkpoint was changed after it was signed: keep it as evidence",
            NoteError::Checkpoint(_) => "the key signed something that this version does not write",
        }
    }
}

impl Origin {
    /// Takes the text if it can stand in notes and keys.
    pub fn new(text: impl Into<String>) -> Result<Origin, OriginError> {
        let text = text.into();
        if text.is_empty() {
            return Err(OriginError::Empty);
        }
        if text.len() > ORIGIN_BYTES_MAX {
            return Err(OriginError::TooLong(text.len()));
        }
        match text.chars().find(|c| c.is_whitespace() || c.is_control() || *c == '+') {
            Some(character) => Err(OriginError::Character(character)),
            None => Ok(Origin(text)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Signs the checkpoints of one ledger. Its `Debug` shows no secret.
#[derive(Clone)]
pub struct SigningKey {
    origin: Origin,
    id: KeyId,
    secret: ed25519_dalek::SigningKey,
}

/// Opens the checkpoints of one ledger.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    origin: Origin,
    id: KeyId,
    public: ed25519_dalek::VerifyingKey,
}

/// Tells the keys of one name apart; not a commitment (four bytes are easily matched).
pub(crate) type KeyId = [u8; 4];

pub(crate) fn key_id(origin: &Origin, key_type: u8, public: &ed25519_dalek::VerifyingKey) -> KeyId {
    let mut hasher = Sha256::new();
    hasher.update(origin.as_str());
    hasher.update([b'\n', key_type]);
    hasher.update(public.as_bytes());
    let hash = hasher.finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

impl SigningKey {
    /// The key of a ledger from 32 secret random bytes.
    pub fn from_seed(origin: Origin, seed: [u8; 32]) -> SigningKey {
        let secret = ed25519_dalek::SigningKey::from_bytes(&seed);
        let id = key_id(&origin, ED25519, &secret.verifying_key());
        SigningKey { origin, id, secret }
    }

    /// The ledger it signs for.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey { origin: self.origin.clone(), id: self.id, public: self.secret.verifying_key() }
    }

    /// The text form, **secret**: for a file that only the server can read.
    pub fn to_secret_text(&self) -> String {
        format!("{PRIVATE_PREFIX}{}", key_text(&self.origin, self.id, ED25519, self.secret.as_bytes()))
    }

    /// The signed note of the checkpoint of this head. Same key and head, same note: Ed25519 signatures are deterministic.
    pub fn sign(&self, head: TreeHead) -> String {
        let checkpoint = Checkpoint { origin: self.origin.clone(), size: head.size, root: head.root };
        let text = checkpoint.to_string();
        let mut signature = self.id.to_vec();
        signature.extend_from_slice(&self.secret.sign(text.as_bytes()).to_bytes());
        format!("{text}\n{SIGNATURE_PREFIX}{} {}\n", self.origin, STANDARD.encode(signature))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}+redacted)", self.origin)
    }
}

impl FromStr for SigningKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<SigningKey, KeyError> {
        let form = KeyError::Form { kind: "signing", form: "PRIVATE+KEY+name+id+base64" };
        let (origin, id, seed) =
            parse_key(text.strip_prefix(PRIVATE_PREFIX).ok_or_else(|| form.clone())?, ED25519, form)?;
        let key = SigningKey::from_seed(origin, seed);
        if key.id != id { Err(KeyError::Id) } else { Ok(key) }
    }
}

impl VerifyingKey {
    /// The ledger it stands for.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The checkpoint in a note that this key signed. The only way to get a checkpoint out of a note.
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        let (text, signatures) = split_note(note)?;
        let mut ours = signatures.into_iter().filter(|line| line.name == self.origin.as_str() && line.id == self.id);
        let Some(line) = ours.next() else { return Err(NoteError::NotSignedBy(self.origin.clone())) };
        if ours.next().is_some() {
            return Err(NoteError::SignedTwice(self.origin.clone()));
        }
        let forged = || NoteError::Forged(self.origin.clone());
        let signature = Signature::from_slice(&line.signature).map_err(|_| forged())?;
        // Strict: refuses what RFC 8032 leaves open, so that all verifiers agree.
        self.public.verify_strict(text.as_bytes(), &signature).map_err(|_| forged())?;
        let checkpoint = Checkpoint::parse(text).map_err(NoteError::Checkpoint)?;
        if checkpoint.origin != self.origin {
            return Err(NoteError::OtherOrigin { expected: self.origin.clone(), found: checkpoint.origin });
        }
        Ok(checkpoint)
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&key_text(&self.origin, self.id, ED25519, self.public.as_bytes()))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

impl FromStr for VerifyingKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<VerifyingKey, KeyError> {
        let form = KeyError::Form { kind: "verifying", form: "name+id+base64" };
        let (origin, id, public) = parse_public_key(text, ED25519, form)?;
        Ok(VerifyingKey { origin, id, public })
    }
}

/// A verifying key of one type.
pub(crate) fn parse_public_key(
    text: &str,
    key_type: u8,
    form: KeyError,
) -> Result<(Origin, KeyId, ed25519_dalek::VerifyingKey), KeyError> {
    let (origin, id, bytes) = parse_key(text, key_type, form)?;
    let public = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Point)?;
    // The point is on the curve; it must also be written in the one canonical way, and not be of small order.
    if public.is_weak() || public.to_edwards().compress().to_bytes() != bytes {
        return Err(KeyError::Point);
    }
    if key_id(&origin, key_type, &public) != id { Err(KeyError::Id) } else { Ok((origin, id, public)) }
}

pub(crate) fn key_text(origin: &Origin, id: KeyId, key_type: u8, key: &[u8; 32]) -> String {
    let mut typed = vec![key_type];
    typed.extend_from_slice(key);
    let [a, b, c, d] = id;
    format!("{origin}+{a:02x}{b:02x}{c:02x}{d:02x}+{}", STANDARD.encode(typed))
}

fn parse_key(text: &str, key_type: u8, form: KeyError) -> Result<(Origin, KeyId, [u8; 32]), KeyError> {
    if text.len() > KEY_TEXT_BYTES_MAX {
        return Err(form);
    }
    // The base64 may contain `+` itself, so only the first two separate.
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else { return Err(form) };
    let origin = Origin::new(name).map_err(KeyError::Origin)?;
    let id = parse_key_id(id).ok_or_else(|| form.clone())?;
    let key = STANDARD.decode(key).map_err(|_| form.clone())?;
    let (found, key) = key.split_first().ok_or_else(|| form.clone())?;
    if *found != key_type {
        return Err(KeyError::Type { found: *found, expected: key_type });
    }
    Ok((origin, id, key.try_into().map_err(|_| form)?))
}

fn parse_key_id(text: &str) -> Option<KeyId> {
    let digits = <[u8; 8]>::try_from(text.as_bytes()).ok()?;
    let mut id = [0; 4];
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
    }
    Some(id)
}

/// One line below the blank line.
pub(crate) struct SignatureLine<'a> {
    pub name: &'a str,
    pub id: KeyId,
    pub signature: Vec<u8>,
    /// All of it, without its end.
    pub text: &'a str,
}

/// The signed text, and the signature lines below the last blank line.
pub(crate) fn split_note(note: &str) -> Result<(&str, Vec<SignatureLine<'_>>), NoteError> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(NoteError::TooLong(note.len()));
    }
    if let Some(at) = note.bytes().position(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::Control(at));
    }
    let blank = note.rfind("\n\n").ok_or(NoteError::Unsigned)?;
    let (text, below) = (&note[..=blank], &note[blank + 2..]);
    let below = below.strip_suffix('\n').ok_or(NoteError::Unsigned)?;
    let count = below.split('\n').count();
    if count > NOTE_SIGNATURES_MAX {
        return Err(NoteError::TooManySignatures(count));
    }
    let lines = below.split('\n').enumerate();
    let lines = lines.map(|(index, line)| parse_signature(line).ok_or(NoteError::SignatureLine(index + 1)));
    Ok((text, lines.collect::<Result<_, _>>()?))
}

pub(crate) fn parse_signature(line: &str) -> Option<SignatureLine<'_>> {
    let (name, encoded) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
        return None;
    }
    let decoded = STANDARD.decode(encoded).ok()?;
    let (id, signature) = decoded.split_first_chunk()?;
    if signature.is_empty() {
        return None;
    }
    Some(SignatureLine { name, id: *id, signature: signature.to_vec(), text: line })
}
