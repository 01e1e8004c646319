//! The search: from paths and globs to files, within limits.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use bussola_domain::catalog::glob::FamilyGlob;

use super::{DEPTH_MAX, ENTRIES_MAX, FILES_MAX, Found, NAMES, Refused, Search, Stamp, TOTAL_BYTES_MAX};

/// Directories that hold other people's manifests, or none.
const SKIPPED: [&str; 2] = ["node_modules", "target"];

/// Looks for manifests.
pub fn find(paths: &[PathBuf]) -> Search {
    let mut walk = Walk::default();
    for path in paths {
        if let Err(refused) = walk.given(path) {
            walk.search.refused.push(refused);
        }
    }
    walk.search.files = walk.files.into_values().collect();
    walk.search
}

#[derive(Default)]
struct Walk {
    search: Search,
    /// By name, so that the order is the same each time.
    files: BTreeMap<PathBuf, Found>,
    /// The same files without links and dots: a file that is found by two names is one manifest.
    real: HashSet<PathBuf>,
    seen: usize,
    bytes: u64,
}

/// A tree that was given: its files are within.
struct Tree {
    given: PathBuf,
    real: PathBuf,
}

/// One part of a glob.
enum Part {
    /// `**`
    Any,
    Name(String),
    Glob(FamilyGlob),
}

impl Walk {
    fn given(&mut self, path: &Path) -> Result<(), Refused> {
        let before = self.files.len();
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let tree = tree(path)?;
                self.directory(path, &tree, 0)?;
            }
            Ok(metadata) if metadata.is_file() => {
                // Named by itself, a file is what was asked for, whatever its name, and a link is followed.
                self.file(path, &metadata)?;
                return Ok(());
            }
            Ok(_) => return Err(Refused::Special { path: path.to_owned() }),
            Err(source) => {
                let Some((base, parts)) = glob(path)? else {
                    return Err(Refused::Unreadable { path: path.to_owned(), source });
                };
                let tree = tree(&base)?;
                self.glob(&base, &parts, &tree, 0)?;
            }
        }
        // A directory that only repeats what was found already is not empty.
        let holds_known = || self.files.keys().any(|file| file.starts_with(path));
        if self.files.len() == before && !holds_known() && self.search.refused.is_empty() {
            return Err(Refused::Nothing { path: path.to_owned() });
        }
        Ok(())
    }

    /// Entries in order of name.
    fn entries(&mut self, directory: &Path) -> Result<Vec<(String, PathBuf, Metadata)>, Refused> {
        let unreadable = |source| Refused::Unreadable { path: directory.to_owned(), source };
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            self.seen += 1;
            if self.seen > ENTRIES_MAX {
                let what = "files and directories";
                return Err(Refused::TooMany { path: directory.to_owned(), what, max: ENTRIES_MAX as u64 });
            }
            // A name that is not text is no manifest's name, and a directory so named is somebody's accident.
            let Ok(name) = entry.file_name().into_string() else { continue };
            // Gone since the directory was read.
            let Ok(metadata) = fs::symlink_metadata(entry.path()) else { continue };
            // `.` in front of every path helps nobody.
            let path = if directory == Path::new(".") { PathBuf::from(&name) } else { directory.join(&name) };
            entries.push((name, path, metadata));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    fn directory(&mut self, directory: &Path, tree: &Tree, depth: usize) -> Result<(), Refused> {
        // A stack of its own: depth is bounded, and so is what one level holds.
        let mut open = vec![(directory.to_owned(), depth)];
        while let Some((directory, depth)) = open.pop() {
            if depth > DEPTH_MAX {
                let note = format!("`{}` is {DEPTH_MAX} directories deep and was not searched", directory.display());
                self.search.notes.push(note);
                continue;
            }
            let entries = match self.entries(&directory) {
                Ok(entries) => entries,
                Err(refused @ Refused::TooMany { .. }) => return Err(refused),
                Err(refused) => {
                    self.search.refused.push(refused);
                    continue;
                }
            };
            let mut inner = Vec::new();
            for (name, path, metadata) in entries {
                if metadata.is_dir() {
                    if !is_skipped(&name) {
                        inner.push((path, depth + 1));
                    }
                } else if NAMES.contains(&name.as_str()) {
                    self.candidate(&path, &metadata, tree)?;
                } else if metadata.is_symlink() && !is_skipped(&name) {
                    self.note_link(&path, tree);
                }
            }
            open.extend(inner.into_iter().rev());
        }
        Ok(())
    }

    /// A link to a directory elsewhere may be meant to be read: it is not, and that is said.
    fn note_link(&mut self, link: &Path, tree: &Tree) {
        let Ok(target) = fs::canonicalize(link) else { return };
        if target.is_dir() && !target.starts_with(&tree.real) {
            let note = format!("`{}` leads out of `{}` and was not followed", link.display(), tree.given.display());
            self.search.notes.push(note);
        }
    }

    /// A file of a tree, or a link in it.
    fn candidate(&mut self, path: &Path, metadata: &Metadata, tree: &Tree) -> Result<(), Refused> {
        if !metadata.is_symlink() {
            if !metadata.is_file() {
                self.search.refused.push(Refused::Special { path: path.to_owned() });
                return Ok(());
            }
            return self.file(path, metadata);
        }
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            Err(source) => {
                self.search.refused.push(Refused::Unreadable { path: path.to_owned(), source });
                return Ok(());
            }
        };
        if !target.starts_with(&tree.real) {
            let refused = Refused::Outside { link: path.to_owned(), target, tree: tree.given.clone() };
            self.search.refused.push(refused);
            return Ok(());
        }
        // The target is found under its own name when it has a manifest's.
        let has_own_name = target.file_name().and_then(|name| name.to_str()).is_some_and(|name| NAMES.contains(&name));
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() && !has_own_name => self.file(path, &metadata),
            _ => Ok(()),
        }
    }

    fn file(&mut self, path: &Path, metadata: &Metadata) -> Result<(), Refused> {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !self.real.insert(real) {
            return Ok(());
        }
        if self.files.len() == FILES_MAX {
            return Err(Refused::TooMany { path: path.to_owned(), what: "manifests", max: FILES_MAX as u64 });
        }
        self.bytes += metadata.len().min(bussola_domain::catalog::limits::FILE_BYTES_MAX as u64);
        if self.bytes > TOTAL_BYTES_MAX {
            return Err(Refused::TooMany { path: path.to_owned(), what: "bytes of manifests", max: TOTAL_BYTES_MAX });
        }
        self.files.insert(path.to_owned(), Found { path: path.to_owned(), stamp: Stamp::of(metadata) });
        Ok(())
    }

    fn glob(&mut self, directory: &Path, parts: &[Part], tree: &Tree, depth: usize) -> Result<(), Refused> {
        let Some((first, rest)) = parts.split_first() else { return Ok(()) };
        if depth > DEPTH_MAX {
            return Ok(());
        }
        if let Part::Name(name) = first {
            let path = directory.join(name);
            return match fs::symlink_metadata(&path) {
                Ok(metadata) => self.matched(&path, &metadata, rest, tree, depth),
                Err(_) => Ok(()),
            };
        }
        if let Part::Any = first {
            if rest.is_empty() {
                return self.directory(directory, tree, depth);
            }
            self.glob(directory, rest, tree, depth)?;
        }
        for (name, path, metadata) in self.entries(directory)? {
            match first {
                Part::Any if metadata.is_dir() && !is_skipped(&name) => self.glob(&path, parts, tree, depth + 1)?,
                // A glob does not mean what is hidden, as in a shell.
                Part::Glob(glob) if !name.starts_with('.') && glob.matches(&name) => {
                    self.matched(&path, &metadata, rest, tree, depth)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// An entry that fits one part of a glob. What a whole glob names is read, whatever its name, a directory as one that
    /// was given.
    fn matched(
        &mut self,
        path: &Path,
        metadata: &Metadata,
        rest: &[Part],
        tree: &Tree,
        depth: usize,
    ) -> Result<(), Refused> {
        match (metadata.is_dir(), rest.is_empty()) {
            (true, true) => self.directory(path, tree, depth + 1),
            (true, false) => self.glob(path, rest, tree, depth + 1),
            (false, true) => self.candidate(path, metadata, tree),
            (false, false) => Ok(()),
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp { size: metadata.len(), modified: metadata.modified().ok(), inode: metadata.ino() }
    }
}

fn is_skipped(name: &str) -> bool {
    name.starts_with('.') || SKIPPED.contains(&name)
}

fn tree(path: &Path) -> Result<Tree, Refused> {
    let real = fs::canonicalize(path).map_err(|source| Refused::Unreadable { path: path.to_owned(), source })?;
    Ok(Tree { given: path.to_owned(), real })
}

/// The directory before the first part with a wildcard, and the parts from there on; none: there is no wildcard.
fn glob(path: &Path) -> Result<Option<(PathBuf, Vec<Part>)>, Refused> {
    let text = path.to_str().ok_or_else(|| Refused::Name { path: path.to_owned() })?;
    if !text.contains(['*', '?']) {
        return Ok(None);
    }
    let mut base = PathBuf::new();
    let mut parts: Vec<Part> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => {
                let name = name.to_str().unwrap_or_default();
                let is_glob = name.contains(['*', '?']);
                match name {
                    "**" => parts.push(Part::Any),
                    _ if is_glob => {
                        let bad = |reason: &dyn std::fmt::Display| Refused::BadGlob {
                            path: path.to_owned(),
                            reason: reason.to_string(),
                        };
                        parts.push(Part::Glob(FamilyGlob::parse(name).map_err(|error| bad(&error))?));
                    }
                    _ if parts.is_empty() => base.push(name),
                    _ => parts.push(Part::Name(name.to_owned())),
                }
            }
            // `..` behind a wildcard could lead out of the tree.
            Component::ParentDir if !parts.is_empty() => {
                let reason = "`..` stands behind a wildcard".to_owned();
                return Err(Refused::BadGlob { path: path.to_owned(), reason });
            }
            other => base.push(other),
        }
    }
    if base.as_os_str().is_empty() {
        base.push(".");
    }
    Ok(Some((base, parts)))
}
