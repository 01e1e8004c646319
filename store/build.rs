//! A fingerprint of the code that folds: a snapshot is only worth something to the code that would fold the same.

use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    let domain = Path::new("../domain/src");
    println!("cargo::rerun-if-changed={}", domain.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    collect(domain, &mut files);
    files.sort();
    // Fixed keys, so the same sources give the same number; it guards against mistakes, not against people.
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(file.to_string_lossy().as_bytes());
        hasher.write(&std::fs::read(&file).unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display())));
    }
    println!("cargo::rustc-env=BUSSOLA_FOLD_FINGERPRINT={:016x}", hasher.finish());
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let entries =
        std::fs::read_dir(directory).unwrap_or_else(|error| panic!("cannot list {}: {error}", directory.display()));
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
