//! A directory that only this user can look into, for the secrets and the token of one run; gone when the run is over.
//!
//! It lies in memory where the system has such a place, and its parent is shared by all runners of this user. Whoever lives
//! holds a lock on a file in its directory. So the next start knows what a crash left behind, whatever process has its
//! number by then, and removes it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use bussola_identity::Secret;

/// In the parent: taken while a directory is made or removed by others.
const PARENT_LOCK: &str = "lock";

/// In each directory: held while its run lives.
const RUN_LOCK: &str = ".lock";

/// Why there is no private directory, or no file in it.
#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    /// The operating system refuses.
    #[error("private directory: cannot {action} `{}`", path.display())]
    File {
        /// `make`, `lock`, `write`...
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else's, or others can look into it.
    #[error("private directory: `{}` is not this user's alone", .0.display())]
    Exposed(PathBuf),
}

impl PrivateError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            PrivateError::File { .. } => "check that this user may write there, and that the file system has room",
            PrivateError::Exposed(_) => "remove it, or `chmod 700` it if it is yours; somebody may have put it there",
        }
    }
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> PrivateError + 'a {
    move |source| PrivateError::File { action, path: path.to_path_buf(), source }
}

/// Where private directories lie unless somebody says otherwise: in memory if possible, so that no disk ever has a secret.
pub fn usual_parent() -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    if let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir()) {
        return runtime.join("bussola");
    }
    let shared = Path::new("/dev/shm");
    let place = if shared.is_dir() { shared.to_path_buf() } else { std::env::temp_dir() };
    place.join(format!("bussola-{user}"))
}

/// The directory of one run. Removed when dropped.
#[derive(Debug)]
pub struct PrivateDirectory {
    path: PathBuf,
    /// INVARIANT: locked as long as the directory is in use.
    _lock: File,
}

impl PrivateDirectory {
    /// Removes what crashed runners left in the parent, and makes a directory.
    pub fn make(parent: &Path) -> Result<PrivateDirectory, PrivateError> {
        match DirBuilder::new().mode(0o700).create(parent) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.map_err(failed("make", parent))?,
        }
        check_ours(parent)?;
        // Nobody takes a directory for abandoned between its making and its lock.
        let parent_lock = open_lock(&parent.join(PARENT_LOCK))?;
        parent_lock.lock().map_err(failed("lock", parent))?;
        remove_abandoned(parent);
        let path = make_numbered(parent)?;
        let lock_path = path.join(RUN_LOCK);
        let lock = open_lock(&lock_path)?;
        lock.try_lock().map_err(io::Error::from).map_err(failed("lock", &lock_path))?;
        Ok(PrivateDirectory { path, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that this user alone can read, or replaces one at once: who reads gets the old text or the new one, whole.
    pub fn write(&self, name: &str, text: &Secret) -> Result<PathBuf, PrivateError> {
        let path = self.path.join(name);
        let unfinished = self.path.join(format!(".{name}.new"));
        let failed = |source| PrivateError::File { action: "write", path: path.clone(), source };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).map_err(failed)?;
        let written = file.write_all(text.expose().as_bytes()).and_then(|()| fs::rename(&unfinished, &path));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written.map_err(failed)?;
        Ok(path)
    }
}

impl Drop for PrivateDirectory {
    fn drop(&mut self) {
        // What cannot be removed now goes with the next start.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Names need not be hard to guess where nobody else can look.
fn make_numbered(parent: &Path) -> Result<PathBuf, PrivateError> {
    for number in 0_u64.. {
        let path = parent.join(format!("run-{}-{number}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map_err(failed("make", &path)).map(|()| path.clone()),
        }
    }
    unreachable!("no file system holds so many directories")
}

fn open_lock(path: &Path) -> Result<File, PrivateError> {
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    opened.map_err(failed("open", path))
}

/// In a directory such as `/tmp` somebody else may have been first.
fn check_ours(path: &Path) -> Result<(), PrivateError> {
    let found = fs::symlink_metadata(path).map_err(failed("look at", path))?;
    let is_private = found.permissions().mode() & 0o077 == 0;
    let is_ours = found.is_dir() && found.uid() == rustix::process::getuid().as_raw();
    if is_ours && is_private { Ok(()) } else { Err(PrivateError::Exposed(path.to_path_buf())) }
}

fn remove_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        if !path.is_dir() {
            continue;
        }
        // Without a lock file its maker crashed before anything was in it.
        let lives = match File::open(path.join(RUN_LOCK)).map(|lock| lock.try_lock()) {
            Ok(Err(TryLockError::WouldBlock)) => true,
            Ok(Err(TryLockError::Error(_))) => true,
            Ok(Ok(())) | Err(_) => false,
        };
        if !lives {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_private_and_go_with_the_run() {
        let base = tempfile::tempdir().expect("a directory");
        let parent = base.path().join("bussola");
        let one = PrivateDirectory::make(&parent).expect("a private directory");
        let other = PrivateDirectory::make(&parent).expect("another one");
        let file = one.write("PASSWORD", &Secret::new("hunter2")).expect("a file");
        one.write("PASSWORD", &Secret::new("hunter3")).expect("the same file");
        assert_eq!(fs::read_to_string(&file).expect("a text"), "hunter3");
        let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(one.path()), mode(&parent)), (0o600, 0o700, 0o700));

        // As after a crash: the lock is gone and nothing else.
        let abandoned = parent.join("run-of-the-dead");
        fs::create_dir(&abandoned).expect("a directory");
        fs::write(abandoned.join(RUN_LOCK), "").expect("a file");
        fs::write(abandoned.join("PASSWORD"), "hunter2").expect("a file");
        let third = PrivateDirectory::make(&parent).expect("a third one");
        assert!(!abandoned.exists() && file.exists() && other.path().exists());

        let paths = [one.path().to_path_buf(), other.path().to_path_buf(), third.path().to_path_buf()];
        drop((one, other, third));
        assert!(paths.iter().all(|path| !path.exists()));
    }

    #[test]
    fn a_parent_that_others_can_look_into_is_refused() {
        let base = tempfile::tempdir().expect("a directory");
        let parent = base.path().join("bussola");
        fs::create_dir(&parent).expect("a directory");
        fs::set_permissions(&parent, fs::Permissions::from_mode(0o755)).expect("a mode");
        assert!(matches!(PrivateDirectory::make(&parent), Err(PrivateError::Exposed(_))));
        let link = base.path().join("link");
        std::os::unix::fs::symlink(&parent, &link).expect("a link");
        assert!(matches!(PrivateDirectory::make(&link), Err(PrivateError::Exposed(_))));
    }
}
