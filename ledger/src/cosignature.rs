//! Cosignatures: C2SP `tlog-cosignature` with Ed25519, what a witness adds to a checkpoint.
//!
//! A witness signs the text of a checkpoint together with the time at which it saw it, after it has checked that the ledger
//! only grew since the last one it saw. So whoever trusts a witness need not ask whether others were shown another history.
//!
//! INVARIANT: a [`Cosignature`] had its signature verified; there is no other way to get one.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::Signature;

use crate::checkpoint::Checkpoint;
use crate::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX};
use crate::note::{
    KeyError, KeyId, NoteError, Origin, VerifyingKey, key_text, parse_public_key, parse_signature, split_note,
};

/// The byte that C2SP tlog-cosignature assigns to Ed25519.
const COSIGNATURE: u8 = 0x04;

/// Opens the cosignatures of one witness.
#[derive(Clone, PartialEq, Eq)]
pub struct WitnessKey {
    name: Origin,
    id: KeyId,
    public: ed25519_dalek::VerifyingKey,
}

/// That a witness saw a checkpoint, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cosignature {
    /// Who.
    pub witness: Origin,
    /// When, in seconds since 1970-01-01 UTC, by the witness's clock.
    pub at_s: u64,
    /// The line of the note, without its end.
    pub line: String,
}

/// Why a line proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// The note around it is not one.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It does not match the checkpoint.
    #[error("cosignature of `{0}` does not match the checkpoint")]
    Forged(Origin),
    /// The time is beyond what the specification allows.
    #[error("cosignature of `{0}` has an impossible time")]
    Time(Origin),
}

impl WitnessKey {
    /// The name of the witness.
    pub fn name(&self) -> &Origin {
        &self.name
    }

    /// The cosignature of this witness on a note; none if it has no line there.
    pub fn find(&self, note: &str) -> Result<Option<Cosignature>, CosignatureError> {
        let (text, lines) = split_note(note)?;
        let mut ours = lines.into_iter().filter(|line| line.name == self.name.as_str() && line.id == self.id);
        let Some(line) = ours.next() else { return Ok(None) };
        if ours.next().is_some() {
            return Err(NoteError::SignedTwice(self.name.clone()).into());
        }
        self.check(text, line.text).map(Some)
    }

    /// The cosignature of this witness among the lines that it answered with, on the checkpoint of a note.
    pub fn find_in_answer(&self, note: &str, answer: &str) -> Result<Option<Cosignature>, CosignatureError> {
        if answer.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong(answer.len()).into());
        }
        let (text, _) = split_note(note)?;
        let lines = answer.split_terminator('\n').take(NOTE_SIGNATURES_MAX);
        // Lines of keys that we do not know are ignored, as the specification demands.
        let mut ours = lines.filter(|line| {
            parse_signature(line).is_some_and(|line| line.name == self.name.as_str() && line.id == self.id)
        });
        ours.next().map(|line| self.check(text, line)).transpose()
    }

    fn check(&self, text: &str, line: &str) -> Result<Cosignature, CosignatureError> {
        let forged = || CosignatureError::Forged(self.name.clone());
        let parsed = parse_signature(line).ok_or_else(forged)?;
        let (at, signature) = parsed.signature.split_first_chunk::<8>().ok_or_else(forged)?;
        let at_s = u64::from_be_bytes(*at);
        if i64::try_from(at_s).is_err() {
            return Err(CosignatureError::Time(self.name.clone()));
        }
        let signature = Signature::from_slice(signature).map_err(|_| forged())?;
        let message = format!("cosignature/v1\ntime {at_s}\n{text}");
        self.public.verify_strict(message.as_bytes(), &signature).map_err(|_| forged())?;
        Ok(Cosignature { witness: self.name.clone(), at_s, line: line.to_owned() })
    }
}

impl VerifyingKey {
    /// The checkpoint of a note and the cosignatures of these witnesses. Refuses a note with any other line: for files that
    /// must not hold a byte that nobody vouches for.
    pub fn open_whole(
        &self,
        note: &str,
        witnesses: &[WitnessKey],
    ) -> Result<(Checkpoint, Vec<Cosignature>), CosignatureError> {
        let checkpoint = self.open(note)?;
        let (_, lines) = split_note(note)?;
        let mut found = Vec::new();
        for witness in witnesses {
            found.extend(witness.find(note)?);
        }
        if lines.len() != found.len() + 1 {
            let known = |name: &str| {
                name == self.origin().as_str() || found.iter().any(|cosignature| cosignature.witness.as_str() == name)
            };
            let stranger = lines.iter().position(|line| !known(line.name)).unwrap_or(lines.len() - 1);
            return Err(NoteError::SignatureLine(stranger + 1).into());
        }
        Ok((checkpoint, found))
    }
}

/// A note with one more line. The same witness's older line, if there is one, goes.
pub fn with_cosignature(note: &str, cosignature: &Cosignature) -> String {
    let prefix = format!("\u{2014} {} ", cosignature.witness);
    let blank = note.rfind("\n\n").map_or(note.len(), |blank| blank + 2);
    let (text, lines) = note.split_at(blank);
    let mut joined = text.to_owned();
    for line in lines.split_inclusive('\n').filter(|line| !line.starts_with(&prefix)) {
        joined.push_str(line);
    }
    joined.push_str(&cosignature.line);
    joined.push('\n');
    joined
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&key_text(&self.name, self.id, COSIGNATURE, self.public.as_bytes()))
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({self})")
    }
}

impl FromStr for WitnessKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<WitnessKey, KeyError> {
        let form = KeyError::Form { kind: "witness's", form: "name+id+base64" };
        let (name, id, public) = parse_public_key(text, COSIGNATURE, form)?;
        Ok(WitnessKey { name, id, public })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use ed25519_dalek::Signer as _;

    use super::*;
    use crate::checkpoint::TreeHead;
    use crate::hash::Hash;
    use crate::note::{SigningKey, key_id};

    struct Witness {
        secret: ed25519_dalek::SigningKey,
        key: WitnessKey,
    }

    fn witness(name: &str, seed: u8) -> Witness {
        let name = Origin::new(name).unwrap();
        let secret = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
        let public = secret.verifying_key();
        Witness { key: WitnessKey { id: key_id(&name, COSIGNATURE, &public), name, public }, secret }
    }

    impl Witness {
        fn cosign(&self, note: &str, at_s: u64) -> String {
            use base64::Engine as _;
            let (text, _) = split_note(note).unwrap();
            let signature = self.secret.sign(format!("cosignature/v1\ntime {at_s}\n{text}").as_bytes());
            let bytes = [&self.key.id[..], &at_s.to_be_bytes(), &signature.to_bytes()].concat();
            format!("\u{2014} {} {}", self.key.name, base64::engine::general_purpose::STANDARD.encode(bytes))
        }
    }

    fn note() -> (SigningKey, String) {
        let key = SigningKey::from_seed(Origin::new("log.example.com").unwrap(), [7; 32]);
        let note = key.sign(TreeHead { size: 3, root: Hash([9; 32]) });
        (key, note)
    }

    #[test]
    fn a_cosignature_is_found_checked_and_added() {
        let ((key, note), witness) = (note(), witness("witness.example.com/w1", 1));
        let other = self::witness("witness.example.com/w2", 2);
        let answer = format!("{}\n{}\n", other.cosign(&note, 5), witness.cosign(&note, 1_700_000_000));
        let found = witness.key.find_in_answer(&note, &answer).unwrap().unwrap();
        assert_eq!((found.at_s, found.witness.as_str()), (1_700_000_000, "witness.example.com/w1"));
        let joined = with_cosignature(&note, &found);
        assert_eq!(witness.key.find(&joined).unwrap().unwrap(), found);
        assert_eq!(key.verifying_key().open(&joined).unwrap().size, 3);
        // Cosigned again: the older line goes.
        let later = witness.key.find_in_answer(&note, &witness.cosign(&note, 1_700_000_009)).unwrap().unwrap();
        let again = with_cosignature(&joined, &later);
        assert_eq!((again.lines().count(), witness.key.find(&again).unwrap().unwrap().at_s), (6, 1_700_000_009));
        let (_, all) = key.verifying_key().open_whole(&again, std::slice::from_ref(&witness.key)).unwrap();
        assert_eq!(all, [later]);
        assert!(key.verifying_key().open_whole(&again, &[]).is_err(), "a line that nobody vouches for");
        assert_eq!(other.key.find(&again).unwrap(), None);
    }

    #[test]
    fn what_was_changed_is_refused() {
        let ((_, note), witness) = (note(), witness("w", 1));
        let line = witness.cosign(&note, 42);
        let other_note = note.replace("\n3\n", "\n4\n");
        assert!(matches!(witness.key.find_in_answer(&other_note, &line), Err(CosignatureError::Forged(_))));
        // Any byte behind the key id: the time, or the signature.
        for at in 12..line.len() {
            let mut bytes = line.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(!matches!(witness.key.find_in_answer(&note, &changed), Ok(Some(_))), "byte {at}");
        }
        let never = witness.cosign(&note, u64::MAX);
        assert!(matches!(witness.key.find_in_answer(&note, &never), Err(CosignatureError::Time(_))));
    }

    #[test]
    fn keys_of_witnesses_are_told_from_keys_of_ledgers() {
        let (ledger, witness) = (note().0.verifying_key(), witness("w.example.com", 3).key);
        assert_eq!(witness.to_string().parse::<WitnessKey>().unwrap(), witness);
        let refused = |error| assert_eq!(error, KeyError::Type { found: 1, expected: 4 });
        refused(ledger.to_string().parse::<WitnessKey>().unwrap_err());
        assert!(witness.to_string().parse::<VerifyingKey>().is_err());
    }
}
