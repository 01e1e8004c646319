//! The data directory: what lies where, whose it is, and the key.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bussola_ledger::{Origin, SigningKey, VerifyingKey};

use crate::error::StoreError;

/// Paths below one data directory.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub path: PathBuf,
}

/// Held while a server has the directory; the operating system lets go of it when the process ends, however it ends.
///
/// It is on the directory itself: a file in it could be removed, and made anew by the next server. The file beside says who has
/// it, and is locked too, for file systems that lock files only.
pub(crate) struct Lock {
    _directory: Option<File>,
    _file: File,
}

impl Directory {
    pub(crate) fn new(path: &Path) -> Directory {
        Directory { path: path.to_owned() }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("ledger.db")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("ledger.db-wal")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.path.join("ledger.key")
    }

    pub(crate) fn public_key(&self) -> PathBuf {
        self.path.join("ledger.vkey")
    }

    /// The newest checkpoint that enough witnesses cosigned.
    pub(crate) fn cosigned(&self) -> PathBuf {
        self.path.join("checkpoint.cosigned")
    }

    /// Makes the directory, for its owner alone, if it is not there.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        let created = DirBuilder::new().recursive(true).mode(0o700).create(&self.path);
        created.map_err(|error| StoreError::file("create", &self.path, error))
    }

    /// Makes this process the only one that writes here.
    pub(crate) fn lock(&self) -> Result<Lock, StoreError> {
        let directory = File::open(&self.path).map_err(|error| StoreError::file("open", &self.path, error))?;
        let directory = match directory.try_lock() {
            Ok(()) => Some(directory),
            Err(TryLockError::WouldBlock) => return Err(self.locked()),
            // A network's file system may refuse for want of a descriptor that writes, which directories have not.
            Err(TryLockError::Error(_)) => None,
        };
        let path = self.holder();
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = opened.map_err(|error| StoreError::file("open", &path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(self.locked()),
            Err(TryLockError::Error(error)) => return Err(StoreError::file("lock", &path, error)),
        }
        let holder = format!("process {}\n", std::process::id());
        let written = file.set_len(0).and_then(|()| file.write_all(holder.as_bytes()));
        written.map_err(|error| StoreError::file("write", &path, error))?;
        Ok(Lock { _directory: directory, _file: file })
    }

    fn holder(&self) -> PathBuf {
        self.path.join("lock")
    }

    fn locked(&self) -> StoreError {
        let holder = std::fs::read_to_string(self.holder()).unwrap_or_default();
        let holder = match holder.trim() {
            "" => "another process".to_owned(),
            holder => holder.to_owned(),
        };
        StoreError::Locked { path: self.path.clone(), holder }
    }

    /// Makes the names of new files last.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        let flushed = File::open(&self.path).and_then(|directory| directory.sync_all());
        flushed.map_err(|error| StoreError::file("flush", &self.path, error))
    }

    /// The key that signs, if there is one.
    pub(crate) fn read_key(&self) -> Result<Option<SigningKey>, StoreError> {
        let path = self.key();
        let Some(text) = read_optional(&path)? else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|source| StoreError::Key { path, source })
    }

    /// The key that verifies, if there is one.
    pub(crate) fn read_public_key(&self) -> Result<Option<VerifyingKey>, StoreError> {
        let path = self.public_key();
        let Some(text) = read_optional(&path)? else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|source| StoreError::Key { path, source })
    }

    /// Writes the secret key.
    pub(crate) fn write_key(&self, key: &SigningKey) -> Result<(), StoreError> {
        write_new(&self.key(), &format!("{}\n", key.to_secret_text()), 0o600)
    }

    /// Writes the public key, where it is not yet. Last of all: where it is, a ledger was.
    pub(crate) fn write_public_key(&self, key: &SigningKey) -> Result<(), StoreError> {
        if self.has_public_key() {
            return Ok(());
        }
        write_new(&self.public_key(), &format!("{}\n", key.verifying_key()), 0o644)
    }

    /// Whether a ledger was made here.
    pub(crate) fn has_public_key(&self) -> bool {
        self.public_key().exists()
    }
}

/// A new key of the operating system's randomness.
pub(crate) fn draw_key(origin: Origin) -> Result<SigningKey, StoreError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| StoreError::Randomness(error.to_string()))?;
    Ok(SigningKey::from_seed(origin, seed))
}

pub(crate) fn read_optional(path: &Path) -> Result<Option<String>, StoreError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::file("read", path, error)),
    }
}

/// Writes aside and renames, so that there is never half a file.
pub(crate) fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), StoreError> {
    let aside = path.with_extension("tmp");
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&aside, path)
    };
    write().map_err(|error| StoreError::file("write", path, error))
}
