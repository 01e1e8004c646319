//! Searching and reading, on real directories.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use bussola_domain::catalog::limits::FILE_BYTES_MAX;
use tempfile::TempDir;

use super::{DEPTH_MAX, Loaded, Refused, find, load_all, name};

/// A tree of files; what ends with `/` is a directory.
fn tree(files: &[&str]) -> TempDir {
    let tree = tempfile::tempdir().expect("a directory");
    for file in files {
        let path = tree.path().join(file);
        if file.ends_with('/') {
            fs::create_dir_all(path).expect("a directory");
        } else {
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, format!("name: {}\n", file.replace(['/', '.'], "-"))).expect("a file");
        }
    }
    tree
}

fn found(tree: &TempDir, paths: &[&str]) -> (Vec<String>, Vec<&'static str>) {
    let paths: Vec<PathBuf> = paths.iter().map(|path| tree.path().join(path)).collect();
    let search = find(&paths);
    let names = search
        .files
        .iter()
        .map(|file| file.path.strip_prefix(tree.path()).expect("below the tree").display().to_string());
    (names.collect(), search.refused.iter().map(Refused::code).collect())
}

#[test]
fn what_a_path_stands_for() {
    let tree = tree(&[
        "a/compass.yml",
        "a/deep/catalog-info.yaml",
        "a/other.yml",
        "b/compass.yaml",
        "b/bussola.yaml",
        "b/.hidden/compass.yml",
        "b/node_modules/x/compass.yml",
        "b/target/compass.yml",
        "empty/",
    ]);
    let check = |paths: &[&str], names: &[&str], codes: &[&str]| {
        let (found, refused) = found(&tree, paths);
        assert_eq!(
            (found, refused),
            (names.iter().map(|name| (*name).to_owned()).collect(), codes.to_vec()),
            "{paths:?}"
        );
    };
    check(&["a"], &["a/compass.yml", "a/deep/catalog-info.yaml"], &[]);
    check(&["b", "a/compass.yml"], &["a/compass.yml", "b/bussola.yaml", "b/compass.yaml"], &[]);
    check(&["a", "a", "a/compass.yml", "a/../a/compass.yml"], &["a/compass.yml", "a/deep/catalog-info.yaml"], &[]);
    check(&["a/other.yml"], &["a/other.yml"], &[]);
    check(&["*/compass.yml"], &["a/compass.yml"], &[]);
    check(&["*/compass.y*ml"], &["a/compass.yml", "b/compass.yaml"], &[]);
    check(&["**/catalog-info.yaml"], &["a/deep/catalog-info.yaml"], &[]);
    check(&["?/"], &["a/compass.yml", "a/deep/catalog-info.yaml", "b/bussola.yaml", "b/compass.yaml"], &[]);
    check(&["a/**"], &["a/compass.yml", "a/deep/catalog-info.yaml"], &[]);
    check(&["b/.hidden"], &["b/.hidden/compass.yml"], &[]);
    check(&["empty"], &[], &["B0154"]);
    check(&["x*/compass.yml"], &[], &["B0154"]);
    check(&["nowhere"], &[], &["B0151"]);
    check(&["*/../compass.yml"], &[], &["B0156"]);
}

#[test]
fn links_are_not_followed_out_of_the_tree() {
    let tree = tree(&["in/compass.yml", "in/real.yml", "in/sub/", "out/compass.yml", "out/secret"]);
    let at = |path: &str| tree.path().join(path);
    symlink(at("out/secret"), at("in/sub/catalog-info.yaml")).expect("a link");
    symlink(at("out"), at("in/elsewhere")).expect("a link");
    symlink(at("in"), at("in/sub/loop")).expect("a link");
    symlink(at("in/real.yml"), at("in/sub/bussola.yaml")).expect("a link");
    let search = find(&[at("in")]);
    let names: Vec<_> = search.files.iter().map(|file| file.path.clone()).collect();
    assert_eq!(names, vec![at("in/compass.yml"), at("in/sub/bussola.yaml")]);
    let [refused @ Refused::Outside { .. }] = &search.refused[..] else { panic!("{:?}", search.refused) };
    assert!(refused.to_string().contains("sub/catalog-info.yaml") && refused.to_string().contains("out/secret"));
    assert!(search.notes.iter().any(|note| note.contains("elsewhere")), "{:?}", search.notes);
    // A link that is named by itself is what was asked for.
    assert_eq!(find(&[at("in/elsewhere")]).files.len(), 1);
}

#[test]
fn what_is_no_file_is_refused() {
    let tree = tree(&["a/"]);
    let path = tree.path().join("a/compass.yml");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo can be run");
    assert!(made.success());
    // Opening a pipe would wait for ever.
    assert_eq!(found(&tree, &["a"]).1, ["B0153"]);
    assert_eq!(found(&tree, &["a/compass.yml"]).1, ["B0153"]);
}

#[test]
fn a_directory_that_cannot_be_read_is_named() {
    let tree = tree(&["a/compass.yml", "a/closed/compass.yml"]);
    let closed = tree.path().join("a/closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("permissions can be set");
    // For root everything can be read.
    if fs::read_dir(&closed).is_err() {
        assert_eq!(found(&tree, &["a"]), (vec!["a/compass.yml".to_owned()], vec!["B0151"]));
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("permissions can be set");
}

#[test]
fn a_file_at_the_limit_is_read_and_one_byte_more_is_not() {
    let tree = tree(&["a/", "b/"]);
    let write = |path: &str, bytes: usize| {
        let mut text = String::from("name: a\n#");
        text.push_str(&"x".repeat(bytes - text.len()));
        fs::write(tree.path().join(path), text).expect("a file");
    };
    write("a/compass.yml", FILE_BYTES_MAX);
    write("b/compass.yml", FILE_BYTES_MAX + 1);
    let load = |path: &str| load_all(&[tree.path().join(path)]);
    assert!(load("a").is_good());
    let Loaded { problems, .. } = load("b");
    assert_eq!(problems[0].code.to_string(), "B0101");
}

#[test]
fn a_deep_tree_ends_the_search_with_a_note() {
    let tree = tempfile::tempdir().expect("a directory");
    let mut path = tree.path().to_owned();
    for _ in 0..DEPTH_MAX + 2 {
        path.push("d");
    }
    fs::create_dir_all(&path).expect("directories");
    fs::write(path.join("compass.yml"), "name: deep\n").expect("a file");
    fs::write(tree.path().join("compass.yml"), "name: shallow\n").expect("a file");
    let search = find(&[tree.path().to_owned()]);
    assert_eq!((search.files.len(), search.notes.len()), (1, 1));
}

#[test]
fn names_are_as_people_wrote_them() {
    let check = |path: &str, expected: &str| assert_eq!(name(Path::new(path)).ok().as_deref(), Some(expected));
    check("./a/compass.yml", "a/compass.yml");
    check("a/compass.yml", "a/compass.yml");
    check("/etc/compass.yml", "/etc/compass.yml");
    check(".", ".");
}
