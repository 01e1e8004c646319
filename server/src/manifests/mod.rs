//! Finding and reading manifest files: what `bussola catalog apply PATH…` and `[catalog] paths` mean on a disk.
//!
//! A path is a file, a directory or a glob (`services/*/compass.yml`, `**`). A file is read whatever its name. A directory
//! is searched for the usual names; hidden directories, `node_modules` and `target` are not entered. Files come in
//! the order of their paths, each once.
//!
//! INVARIANT: nothing outside the given trees is read: a symbolic link to a directory is never followed, one to a file
//! only when its target is in the same tree.
//! INVARIANT: time and memory are bounded by the limits below, whatever lies on the disk.
//!
//! It reads bytes; what they say is [`bussola_domain::catalog::manifest`]'s matter.

mod find;
mod watch;

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bussola_domain::catalog::limits::FILE_BYTES_MAX;
use bussola_domain::catalog::manifest::{ParsedManifest, parse};
use bussola_domain::catalog::{Code, Problem};

pub use find::find;
pub use watch::{Report, watch};

/// The names that a directory is searched for.
pub const NAMES: [&str; 6] =
    ["compass.yml", "compass.yaml", "catalog-info.yaml", "catalog-info.yml", "bussola.yaml", "bussola.yml"];

/// LIMIT: manifests of one search. Backstage installations with more are rare, and each is a file to poll.
pub const FILES_MAX: usize = 20_000;

/// LIMIT: directory entries that one search looks at: a large monorepo has about a million files.
pub const ENTRIES_MAX: usize = 2_000_000;

/// LIMIT: directories below a given one. Deeper trees are generated ones.
pub const DEPTH_MAX: usize = 64;

/// LIMIT: bytes of all manifests of one search: they are in memory together until the catalog has taken them.
pub const TOTAL_BYTES_MAX: u64 = 256 << 20;

/// A manifest file that was found, and what tells whether it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file, as the caller named it or the directory that it is in.
    pub path: PathBuf,
    /// Its size, times and number: when one of them changes, so may have the content.
    pub stamp: Stamp,
}

/// What tells whether a file changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Search {
    /// Manifests in the order of their paths.
    pub files: Vec<Found>,
    /// What could not be looked at, although it was asked for.
    pub refused: Vec<Refused>,
    /// What was left out on purpose, and somebody may wonder about.
    pub notes: Vec<String>,
}

/// Why a path or a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("cannot read `{}`: {source}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A symbolic link leads out of the tree that was given.
    #[error("cannot read `{}`: it is a link to `{}`, which is outside `{}`", .link.display(), .target.display(), .tree.display())]
    Outside {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
        /// The tree.
        tree: PathBuf,
    },
    /// Neither file nor directory.
    #[error("cannot read `{}`: it is neither a file nor a directory", .path.display())]
    Special {
        /// Which.
        path: PathBuf,
    },
    /// A directory or glob without a manifest.
    #[error("cannot find a manifest in `{}`: there is none", .path.display())]
    Nothing {
        /// Which.
        path: PathBuf,
    },
    /// More than a search may find or look at.
    #[error("cannot search `{}`: it has more than {max} {what}", .path.display())]
    TooMany {
        /// Where.
        path: PathBuf,
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: u64,
    },
    /// A glob that is not one.
    #[error("cannot search `{}`: {reason}", .path.display())]
    BadGlob {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A directory without a policy.
    #[error("cannot find a policy in `{}`: there is none", .path.display())]
    NoPolicies {
        /// Which.
        path: PathBuf,
    },
    /// A name that is not text cannot stand in the catalog.
    #[error("cannot read `{}`: its name is not UTF-8", .path.display())]
    Name {
        /// Which.
        path: PathBuf,
    },
}

impl Refused {
    /// Every code, with one line for the table of codes.
    pub const CODES: [(&'static str, &'static str); 8] = [
        ("B0151", "a file or directory cannot be read"),
        ("B0152", "a symbolic link leads out of the tree"),
        ("B0153", "a path is neither a file nor a directory"),
        ("B0154", "a directory holds no manifest"),
        ("B0155", "a search finds more than the limit"),
        ("B0156", "a glob cannot be used"),
        ("B0157", "a file name is not UTF-8"),
        ("B0158", "a directory holds no policy"),
    ];

    /// Its stable code.
    pub fn code(&self) -> &'static str {
        let place = match self {
            Refused::Unreadable { .. } => 0,
            Refused::Outside { .. } => 1,
            Refused::Special { .. } => 2,
            Refused::Nothing { .. } => 3,
            Refused::TooMany { .. } => 4,
            Refused::BadGlob { .. } => 5,
            Refused::Name { .. } => 6,
            Refused::NoPolicies { .. } => 7,
        };
        Refused::CODES[place].0
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Refused::Unreadable { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "check the path: it is relative to the directory you are in".into(),
                io::ErrorKind::PermissionDenied => "give the user that runs bussola the right to read it".into(),
                _ => "check the file and the disk".into(),
            },
            Refused::Outside { .. } => "name the target itself, or a directory that holds both".into(),
            Refused::Special { .. } => "give a file, a directory or a glob".into(),
            Refused::Nothing { .. } => format!("manifests are found by name: {}", NAMES.join(", ")),
            Refused::TooMany { .. } => "give smaller directories, or a glob".into(),
            Refused::BadGlob { .. } => "`*` and `?` stand for characters of one name, `**` for any directories".into(),
            Refused::Name { .. } => "rename it".into(),
            Refused::NoPolicies { .. } => "policies are files whose names end with `.cedar`".into(),
        }
    }

    /// Where.
    pub fn path(&self) -> &Path {
        match self {
            Refused::Outside { link, .. } => link,
            Refused::Unreadable { path, .. }
            | Refused::Special { path }
            | Refused::Nothing { path }
            | Refused::NoPolicies { path }
            | Refused::TooMany { path, .. }
            | Refused::BadGlob { path, .. }
            | Refused::Name { path } => path,
        }
    }
}

/// A manifest as it was read: parsed, or what is wrong with it.
#[derive(Debug)]
pub enum Outcome {
    /// It is valid.
    Valid(Box<ParsedManifest>),
    /// It is not.
    Problems(Vec<Problem>),
    /// It could not be read at all.
    Refused(Refused),
}

/// The name of a file in the catalog: as it was found, with `/` between directories and without `./` in front.
pub fn name(path: &Path) -> Result<String, Refused> {
    let text = path.to_str().ok_or_else(|| Refused::Name { path: path.to_owned() })?;
    let text = text.trim_start_matches("./");
    Ok(if text.is_empty() { ".".into() } else { text.to_owned() })
}

/// The text of a file as bytes, if it is not too large: one byte more than the limit is enough to know.
pub fn read(path: &Path) -> Result<Vec<u8>, Refused> {
    let unreadable = |source| Refused::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    // Opened first and asked then, so that what is asked about is what is read.
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(Refused::Special { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Reads and parses one file. One that is too large by its size is not opened.
pub fn load(found: &Found) -> Outcome {
    let name = match name(&found.path) {
        Ok(name) => name,
        Err(refused) => return Outcome::Refused(refused),
    };
    if found.stamp.size > FILE_BYTES_MAX as u64 {
        return Outcome::Problems(vec![too_large(name, found.stamp.size)]);
    }
    match read(&found.path) {
        Ok(bytes) => match parse(&name, &bytes) {
            Ok(manifest) => Outcome::Valid(Box::new(manifest)),
            Err(problems) => Outcome::Problems(problems),
        },
        Err(refused) => Outcome::Refused(refused),
    }
}

fn too_large(path: String, size: u64) -> Problem {
    Problem {
        code: Code::FileTooLarge,
        column: 1,
        hint: "split it, or keep large definitions in files of their own and refer to them with `$text`".into(),
        line: 1,
        message: format!("the manifest has {size} bytes, {FILE_BYTES_MAX} are allowed"),
        path,
    }
}

/// Everything that was read from some paths.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Valid manifests.
    pub manifests: Vec<ParsedManifest>,
    /// What is wrong with the others, in order of file and place.
    pub problems: Vec<Problem>,
    /// What could not be read.
    pub refused: Vec<Refused>,
    /// See [`Search::notes`].
    pub notes: Vec<String>,
}

impl Loaded {
    /// Whether everything that was asked for was read and is valid.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && self.refused.is_empty()
    }
}

/// Finds, reads and parses.
pub fn load_all(paths: &[PathBuf]) -> Loaded {
    let search = find(paths);
    let mut loaded = Loaded { refused: search.refused, notes: search.notes, ..Loaded::default() };
    for found in &search.files {
        match load(found) {
            Outcome::Valid(manifest) => loaded.manifests.push(*manifest),
            Outcome::Problems(problems) => loaded.problems.extend(problems),
            Outcome::Refused(refused) => loaded.refused.push(refused),
        }
    }
    loaded
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}
