//! Proofs as text files that other people's tools read.
//!
//! - An inclusion proof is a C2SP `tlog-proof`: index, hashes and the signed checkpoint in one file that verifies offline.
//! - A consistency proof has the form in which C2SP `tlog-witness` asks for one: the older size, hashes, the newer
//!   signed checkpoint. So the same file can be sent to a witness.
//! - Bare hashes, one in base64 on each line, for tools that take checkpoint and proof apart.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::checkpoint::{Checkpoint, parse_decimal};
use crate::hash::{Hash, HashError, leaf_hash};
use crate::limits::{PROOF_HASHES_MAX, PROOF_TEXT_BYTES_MAX};
use crate::note::{NoteError, VerifyingKey};
use crate::proof::{ProofError, verify_consistency, verify_inclusion};

const INCLUSION_HEADER: &str = "c2sp.org/tlog-proof@v1";

/// An inclusion proof with the checkpoint that it leads to. Conventionally a file `<seq>.tlog-proof`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InclusionProofText {
    /// The entry.
    pub seq: u64,
    /// From the leaf's sibling up.
    pub hashes: Vec<Hash>,
    /// The signed note of the checkpoint, unopened.
    pub note: String,
}

/// A consistency proof with the checkpoint that it leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsistencyProofText {
    /// The size of the older tree.
    pub old_size: u64,
    /// As RFC 6962 orders them.
    pub hashes: Vec<Hash>,
    /// The signed note of the newer checkpoint, unopened.
    pub note: String,
}

/// Why a text proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofTextError {
    /// LIMIT: [`PROOF_TEXT_BYTES_MAX`].
    #[error("a proof has at most {PROOF_TEXT_BYTES_MAX} bytes, found {0}")]
    TooLong(usize),
    /// A line is not what it should be.
    #[error("line {line} of the proof: expected {expected}")]
    Line {
        /// From 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// A line is not a hash.
    #[error("line {line} of the proof: {reason}")]
    Hash {
        /// From 1.
        line: usize,
        /// Why.
        reason: HashError,
    },
    /// LIMIT: [`PROOF_HASHES_MAX`].
    #[error("a proof has at most {PROOF_HASHES_MAX} hashes")]
    TooManyHashes,
    /// The checkpoint in it cannot be opened.
    #[error("checkpoint of the proof: {0}")]
    Note(NoteError),
    /// It was opened, and the proof does not lead to it.
    #[error("{0}")]
    Proof(ProofError),
    /// The older checkpoint has another size than the proof starts from.
    #[error("proof starts from {proof} entries, the older checkpoint has {checkpoint}")]
    OldSize {
        /// The size in the proof.
        proof: u64,
        /// The size in the checkpoint.
        checkpoint: u64,
    },
}

impl ProofTextError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ProofTextError::Note(reason) => reason.hint(),
            ProofTextError::Proof(reason) => reason.hint(),
            ProofTextError::OldSize { .. } => "give the checkpoint that the proof was made for, or make another proof",
            ProofTextError::TooLong(_)
            | ProofTextError::Line { .. }
            | ProofTextError::Hash { .. }
            | ProofTextError::TooManyHashes => "give the file that `bussola ledger prove` wrote, unchanged",
        }
    }
}

impl InclusionProofText {
    /// Succeeds if this key signed a ledger whose entry `seq` is this leaf, and returns the checkpoint that says so.
    pub fn verify(&self, leaf: &[u8], key: &VerifyingKey) -> Result<Checkpoint, ProofTextError> {
        let checkpoint = key.open(&self.note).map_err(ProofTextError::Note)?;
        verify_inclusion(leaf_hash(leaf), self.seq, checkpoint.head(), &self.hashes).map_err(ProofTextError::Proof)?;
        Ok(checkpoint)
    }
}

impl ConsistencyProofText {
    /// Succeeds if this key signed a ledger that begins with the older one, and returns the newer checkpoint.
    pub fn verify(&self, old: &Checkpoint, key: &VerifyingKey) -> Result<Checkpoint, ProofTextError> {
        let new = key.open(&self.note).map_err(ProofTextError::Note)?;
        if self.old_size != old.size {
            return Err(ProofTextError::OldSize { proof: self.old_size, checkpoint: old.size });
        }
        verify_consistency(old.head(), new.head(), &self.hashes).map_err(ProofTextError::Proof)?;
        Ok(new)
    }
}

impl fmt::Display for InclusionProofText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{INCLUSION_HEADER}\nindex {}\n{}\n{}", self.seq, format_hashes(&self.hashes), self.note)
    }
}

impl fmt::Display for ConsistencyProofText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "old {}\n{}\n{}", self.old_size, format_hashes(&self.hashes), self.note)
    }
}

impl FromStr for InclusionProofText {
    type Err = ProofTextError;

    /// Accepts and drops the `extra` line that other logs may write: nothing vouches for it.
    fn from_str(text: &str) -> Result<InclusionProofText, ProofTextError> {
        let mut lines = Lines::new(text)?;
        if lines.next() != Some(INCLUSION_HEADER) {
            return Err(lines.expected("`c2sp.org/tlog-proof@v1`"));
        }
        let mut line = lines.next();
        if line.is_some_and(|line| line.starts_with("extra ")) {
            line = lines.next();
        }
        let seq = line.and_then(|line| parse_decimal(line.strip_prefix("index ")?));
        let seq = seq.ok_or_else(|| lines.expected("`index` and the number of the entry"))?;
        Ok(InclusionProofText { seq, hashes: lines.hashes()?, note: lines.rest() })
    }
}

impl FromStr for ConsistencyProofText {
    type Err = ProofTextError;

    fn from_str(text: &str) -> Result<ConsistencyProofText, ProofTextError> {
        let mut lines = Lines::new(text)?;
        let old_size = lines.next().and_then(|line| parse_decimal(line.strip_prefix("old ")?));
        let old_size = old_size.ok_or_else(|| lines.expected("`old` and the size of the older ledger"))?;
        Ok(ConsistencyProofText { old_size, hashes: lines.hashes()?, note: lines.rest() })
    }
}

/// One hash in base64 on each line.
pub fn format_hashes(hashes: &[Hash]) -> String {
    let mut text = String::with_capacity(45 * hashes.len());
    for hash in hashes {
        writeln!(text, "{}", hash.to_base64()).expect("a string takes any text");
    }
    text
}

/// Reads what [`format_hashes`] writes.
pub fn parse_hashes(text: &str) -> Result<Vec<Hash>, ProofTextError> {
    let mut lines = Lines::new(text)?;
    let hashes = lines.hashes_until_end()?;
    Ok(hashes)
}

/// The lines of a text, counted. Every line must be ended.
struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Result<Lines<'a>, ProofTextError> {
        if text.len() > PROOF_TEXT_BYTES_MAX {
            return Err(ProofTextError::TooLong(text.len()));
        }
        Ok(Lines { rest: text, line: 0 })
    }

    fn next(&mut self) -> Option<&'a str> {
        self.line += 1;
        let (line, rest) = self.rest.split_once('\n')?;
        self.rest = rest;
        Some(line)
    }

    fn expected(&self, expected: &'static str) -> ProofTextError {
        ProofTextError::Line { line: self.line, expected }
    }

    /// Hashes up to a blank line, which is consumed.
    fn hashes(&mut self) -> Result<Vec<Hash>, ProofTextError> {
        let mut hashes = Vec::new();
        loop {
            match self.next() {
                Some("") => return Ok(hashes),
                Some(line) => self.push(line, &mut hashes)?,
                None => return Err(self.expected("a hash or a blank line")),
            }
        }
    }

    fn hashes_until_end(&mut self) -> Result<Vec<Hash>, ProofTextError> {
        let mut hashes = Vec::new();
        while !self.rest.is_empty() {
            let line = self.next().ok_or_else(|| self.expected("a hash and the end of the line"))?;
            self.push(line, &mut hashes)?;
        }
        Ok(hashes)
    }

    fn push(&self, line: &str, hashes: &mut Vec<Hash>) -> Result<(), ProofTextError> {
        if hashes.len() == PROOF_HASHES_MAX {
            return Err(ProofTextError::TooManyHashes);
        }
        hashes.push(Hash::from_base64(line).map_err(|reason| ProofTextError::Hash { line: self.line, reason })?);
        Ok(())
    }

    fn rest(self) -> String {
        self.rest.to_owned()
    }
}
