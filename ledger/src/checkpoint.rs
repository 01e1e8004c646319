//! Checkpoints: what the ledger commits to at one moment, as C2SP `tlog-checkpoint` writes it.
//!
//! Three lines: the origin, which names the ledger; the size; the root in base64. Extension lines are refused: we write
//! none, the specification advises against them, and without them one head has one text.

use std::fmt;

use crate::hash::{Hash, HashError};
use crate::limits::INTEGER_MAX;
use crate::note::{Origin, OriginError};

/// The whole ledger at one moment, in 40 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeHead {
    /// Entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

/// A head of a named ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Which ledger.
    pub origin: Origin,
    /// Entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

/// Why a text is not a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Too few lines, or the last one has no end.
    #[error("a checkpoint has three lines: origin, size, root")]
    Lines,
    /// More than three lines.
    #[error("extension lines in a checkpoint are not supported")]
    Extension,
    /// The first line.
    #[error("origin of the checkpoint: {0}")]
    Origin(OriginError),
    /// The second line.
    #[error("size of the checkpoint is not a decimal number up to 2^53 - 1 without leading zeros")]
    Size,
    /// The third line.
    #[error("root of the checkpoint: {0}")]
    Root(HashError),
}

impl Checkpoint {
    /// Size and root.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root }
    }

    /// Reads what `Display` writes, and only that. Says nothing about who signed it: see
    /// [`VerifyingKey::open`](crate::VerifyingKey::open).
    pub(crate) fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Lines);
        };
        if lines.next().is_some() {
            return Err(CheckpointError::Extension);
        }
        Ok(Checkpoint {
            origin: Origin::new(origin).map_err(CheckpointError::Origin)?,
            size: parse_decimal(size).ok_or(CheckpointError::Size)?,
            root: Hash::from_base64(root).map_err(CheckpointError::Root)?,
        })
    }
}

/// The body of the note: three lines, each ended.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }
}

/// A number up to [`INTEGER_MAX`] in its only spelling: digits, no sign, no leading zeros.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if !digits || leading_zero {
        return None;
    }
    text.parse().ok().filter(|number| *number <= INTEGER_MAX)
}
