//! Finds and reads policy files: for a server that loads them, and for `bussola policy check`.
//!
//! Below a directory every `*.cedar` is one, but for what is in hidden directories; a file that is named itself is one whatever its
//! name. In the set a file is called by its path below the directory that was given, so that the same policies are the same
//! set wherever they lie.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bussola_policy::PolicySetText;
use bussola_policy::limits::FILES_MAX;

use crate::manifests::{self, Refused};

/// LIMIT: directories below a given one.
const DEPTH_MAX: usize = 8;

/// LIMIT: files and directories that a search looks at.
const ENTRIES_MAX: usize = 10_000;

/// Policy files that were read.
#[derive(Debug, Default)]
pub struct PolicyFiles {
    /// Their texts, to be compiled.
    pub set: PolicySetText,
    /// Where each is, by its name in the set.
    pub paths: BTreeMap<String, PathBuf>,
}

/// Reads policy files.
///
/// # Errors
/// When one cannot be read, or a path holds none: a set that lacks some of its policies is another set.
pub fn load(paths: &[PathBuf]) -> Result<PolicyFiles, Refused> {
    let mut files = PolicyFiles::default();
    for path in paths {
        let metadata = fs::metadata(path).map_err(|source| Refused::Unreadable { path: path.clone(), source })?;
        if !metadata.is_dir() {
            files.add(path, path.file_name().map_or(path.as_path(), Path::new))?;
            continue;
        }
        let found = search(path)?;
        if found.is_empty() {
            return Err(Refused::NoPolicies { path: path.clone() });
        }
        for file in &found {
            files.add(file, file.strip_prefix(path).unwrap_or(file))?;
        }
    }
    Ok(files)
}

impl PolicyFiles {
    fn add(&mut self, path: &Path, called: &Path) -> Result<(), Refused> {
        let mut name = manifests::name(called)?;
        if self.paths.contains_key(&name) {
            // Two directories may hold files of one name.
            name = manifests::name(path)?;
        }
        let text = String::from_utf8(manifests::read(path)?).map_err(|error| Refused::Unreadable {
            path: path.to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, error),
        })?;
        self.set.files.insert(name.clone(), text);
        self.paths.insert(name, path.to_owned());
        if self.paths.len() > FILES_MAX {
            return Err(Refused::TooMany { path: path.to_owned(), what: "policy files", max: FILES_MAX as u64 });
        }
        Ok(())
    }
}

/// Policy files below a directory, in order.
fn search(root: &Path) -> Result<Vec<PathBuf>, Refused> {
    let (mut found, mut looked) = (Vec::new(), 0);
    let mut directories = vec![(root.to_owned(), 0)];
    while let Some((directory, depth)) = directories.pop() {
        let unreadable = |source| Refused::Unreadable { path: directory.clone(), source };
        for entry in fs::read_dir(&directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            looked += 1;
            if looked > ENTRIES_MAX {
                return Err(Refused::TooMany { path: root.to_owned(), what: "entries", max: ENTRIES_MAX as u64 });
            }
            let path = entry.path();
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if is_hidden {
                continue;
            }
            // A link to a file is followed: that is how Kubernetes mounts them. One to a directory may lead around in circles.
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_symlink() && path.is_dir() {
                let target = fs::read_link(&path).unwrap_or_default();
                return Err(Refused::Outside { link: path, target, tree: root.to_owned() });
            }
            if kind.is_dir() {
                if depth >= DEPTH_MAX {
                    let (what, max) = ("levels of directories", DEPTH_MAX as u64);
                    return Err(Refused::TooMany { path: root.to_owned(), what, max });
                }
                directories.push((path, depth + 1));
            } else if path.extension().is_some_and(|extension| extension == "cedar") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_by_their_path_below_the_directory() {
        let place = tempfile::tempdir().expect("a directory");
        let write = |name: &str| {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, format!("// {name}")).expect("a file");
        };
        for name in ["a/x.cedar", "a/team/y.cedar", "a/notes.md", "a/.hidden/z.cedar", "b/x.cedar", "c/notes.md"] {
            write(name);
        }
        let load = |names: &[&str]| load(&names.iter().map(|name| place.path().join(name)).collect::<Vec<_>>());
        let files = load(&["a"]).expect("policies");
        assert_eq!(files.set.files.keys().collect::<Vec<_>>(), ["team/y.cedar", "x.cedar"]);
        assert_eq!(files.set.files["x.cedar"], "// a/x.cedar");
        assert_eq!(load(&["a", "b", "a/notes.md"]).expect("policies").set.files.len(), 4);
        assert!(matches!(load(&["c"]), Err(Refused::NoPolicies { .. })));
        assert!(matches!(load(&["nowhere"]), Err(Refused::Unreadable { .. })));
    }
}
