//! Where the binary, the Python environment and the checkout are; and folders that go away.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The checkout that this crate was built from.
#[must_use]
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// The binary under test: `BUSSOLA_BIN`, else the one beside this test in the target directory, debug or release.
/// `None`, said on stderr, when there is none: the caller skips.
///
/// # Panics
/// When `BUSSOLA_BIN` names a file that is not there: asked to test it, we do not pass by skipping.
#[must_use]
pub fn binary() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("BUSSOLA_BIN") {
        let given = PathBuf::from(given);
        assert!(given.is_file(), "BUSSOLA_BIN names no file: {}", given.display());
        return Some(given);
    }
    let mine = std::env::current_exe().ok()?;
    // `…/release/bussola-bench`, `…/debug/deps/crash-0123`: the profile that we were built with goes first.
    let profile = mine.ancestors().find(|p| p.file_name().is_some_and(|n| n == "debug" || n == "release"))?;
    let beside = ["debug", "release"].map(|name| profile.with_file_name(name));
    let found = [profile.to_owned()].into_iter().chain(beside).map(|p| p.join("bussola")).find(|p| p.is_file());
    if found.is_none() {
        skip("no binary `bussola`: build it, or set BUSSOLA_BIN");
    }
    found
}

/// A command of the tests' Python environment (`python`, `luigi`): `BUSSOLA_VENV`, else `target/venv` of the checkout.
/// `None`, said on stderr, when there is none.
///
/// # Panics
/// When `BUSSOLA_VENV` names an environment without it.
#[must_use]
pub fn python_command(name: &str) -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("BUSSOLA_VENV") {
        let path = PathBuf::from(given).join("bin").join(name);
        assert!(path.is_file(), "BUSSOLA_VENV has no `{name}`: {} (run scripts/bootstrap)", path.display());
        return Some(path);
    }
    let path = checkout().join("target/venv/bin").join(name);
    if path.is_file() {
        return Some(path);
    }
    skip(&format!("no Python environment with `{name}`: run scripts/bootstrap, or set BUSSOLA_VENV"));
    None
}

/// A command of the independent judges (`aics-tlog`, `aics-witness`): beside what `BUSSOLA_AICS_TLOG` names, else in
/// `target/judge` of the checkout. `None`, said on stderr, when there is none.
#[must_use]
pub fn judge_command(name: &str) -> Option<PathBuf> {
    let given = std::env::var_os("BUSSOLA_AICS_TLOG").filter(|given| !given.is_empty()).map(PathBuf::from);
    let folder =
        given.as_deref().and_then(Path::parent).map_or_else(|| checkout().join("target/judge/bin"), Path::to_owned);
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    skip(&format!("no `{name}`: run scripts/bootstrap with a Python of at least 3.12, or set BUSSOLA_AICS_TLOG"));
    None
}

/// Says that a test is skipped, past the test runner's capture, so that nobody takes a skip for a pass.
pub fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// A folder of its own, removed when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one.
    ///
    /// # Panics
    /// When the temporary directory cannot be written.
    #[must_use]
    pub fn new(purpose: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("bussola-e2e-{purpose}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("the temporary directory can be written");
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // BUSSOLA_E2E_KEEP=1 leaves the evidence of a failing test where it is.
        if std::env::var_os("BUSSOLA_E2E_KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
