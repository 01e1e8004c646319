//! The rules of ARCHITECTURE.md, read from the manifests and the sources. Exceptions may only shrink.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// Sources of a folder without their comments, each with its path.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                found.push((path, code.join("\n")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// The crates that a crate depends on, development dependencies left out.
fn dependencies(folder: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]" || (line.starts_with("[target.") && line.ends_with(".dependencies]"));
        } else if let Some((name, _)) = line.split_once('=').filter(|_| inside) {
            names.insert(name.trim().trim_end_matches(".workspace").to_string());
        }
    }
    names
}

#[test]
fn crates_depend_downwards_only() {
    let allowed: [(&str, &[&str]); 12] = [
        ("ledger", &[]),
        ("evidence", &["bussola-ledger"]),
        ("domain", &[]),
        ("policy", &["bussola-domain"]),
        ("store", &["bussola-ledger", "bussola-domain"]),
        ("identity", &[]),
        ("worker", &["bussola-identity"]),
        ("ui", &[]),
        (
            "server",
            &["bussola-ledger", "bussola-domain", "bussola-policy", "bussola-store", "bussola-identity", "bussola-ui"],
        ),
        (
            "cli",
            &[
                "bussola-ledger",
                "bussola-domain",
                "bussola-policy",
                "bussola-store",
                "bussola-identity",
                "bussola-worker",
                "bussola-server",
                "bussola-evidence",
            ],
        ),
        ("e2e", &[]),
        // The benchmark drives servers with the same clients as the end-to-end tests.
        ("bench", &["bussola-e2e"]),
    ];
    for (folder, allowed) in allowed {
        let own: BTreeSet<String> =
            dependencies(folder).into_iter().filter(|name| name.starts_with("bussola")).collect();
        let extra: Vec<&String> = own.iter().filter(|name| !allowed.contains(&name.as_str())).collect();
        assert!(extra.is_empty(), "{folder} must not depend on {extra:?}");
    }
}

/// Forbidden words in a folder's code, with the reason that a reader of the failure needs.
fn check_absent(folder: &str, words: &[&str], why: &str) {
    for (path, code) in sources(folder) {
        for word in words {
            assert!(!code.contains(word), "{} uses `{word}`: {why}", path.display());
        }
    }
}

#[test]
fn the_domain_is_pure() {
    let impure =
        ["SystemTime", "Instant", "std::fs", "std::net", "std::thread", "std::env", "std::io", "async fn", "rand::"];
    check_absent("domain/src", &impure, "time, randomness and I/O are inputs");
    let shapes = ["serde_json", "rusqlite", "axum", "tokio"];
    check_absent("domain/src", &shapes, "only the edges know JSON, only the store SQL, only the server the network");
    for library in ["tokio", "rusqlite", "serde_json", "axum"] {
        assert!(!dependencies("domain").contains(library), "domain must not depend on {library}");
    }
}

#[test]
fn only_the_decision_point_knows_cedar() {
    check_absent("policy/src", &["SystemTime", "Instant", "std::net", "async fn"], "decisions are pure");
    for folder in ["ledger", "domain", "store", "server", "cli"] {
        assert!(!dependencies(folder).contains("cedar-policy"), "{folder} must not depend on cedar-policy");
    }
    for library in ["tokio", "rusqlite", "axum"] {
        assert!(!dependencies("policy").contains(library), "policy must not depend on {library}");
    }
}

#[test]
fn scheduler_and_catalog_do_not_know_each_other() {
    check_absent("domain/src/scheduler", &["crate::catalog"], "what joins them is one level up");
    check_absent(
        "domain/src/catalog",
        &["crate::scheduler", "crate::runs", "crate::model"],
        "what joins them is one level up",
    );
}

#[test]
fn the_ledger_stands_alone() {
    let words = ["rusqlite", "tokio", "async fn", "std::fs", "std::net", "SystemTime", "serde_json"];
    check_absent("ledger/src", &words, "a third party audits this crate by itself");
}

#[test]
fn evidence_is_verified_from_bytes_alone() {
    let words = ["rusqlite", "tokio", "async fn", "std::fs", "std::net", "SystemTime"];
    check_absent("evidence/src", &words, "a third party audits this crate with `ledger/` alone");
}

#[test]
fn only_the_store_knows_sql_and_only_the_server_the_network() {
    for folder in ["ledger", "evidence", "domain", "policy", "identity", "worker", "server", "cli"] {
        assert!(!dependencies(folder).contains("rusqlite"), "{folder} must not depend on rusqlite");
    }
    for folder in ["ledger", "evidence", "domain", "store"] {
        for library in ["axum", "hyper"] {
            assert!(!dependencies(folder).contains(library), "{folder} must not depend on {library}");
        }
    }
}

#[test]
fn identity_knows_tokens_and_nothing_of_ours() {
    assert!(!dependencies("identity").contains("axum"), "it calls others, and nobody calls it");
    check_absent("identity/src", &["SystemTime"], "time is an argument, so that tests need no clock");
}

#[test]
fn a_runner_is_told_the_time_and_asks_by_nobodys_protocol() {
    check_absent("worker/src", &["SystemTime"], "time is an argument or Tokio's, so that tests need no clock");
    for library in ["axum", "hyper"] {
        assert!(
            !dependencies("worker").contains(library),
            "the worker calls out through identity, and nobody calls it"
        );
    }
}

#[test]
fn the_web_app_is_plain_bytes() {
    assert!(dependencies("ui").is_empty(), "whoever serves the app needs no library to find its files");
    check_absent("ui/embed", &["axum", "hyper", "tokio"], "the server knows HTTP");
}

#[test]
fn every_crate_forbids_unsafe_code() {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace's manifest");
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    for folder in
        ["ledger", "evidence", "domain", "policy", "store", "identity", "worker", "server", "ui", "cli", "e2e", "bench"]
    {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{folder} must take the workspace's lints");
    }
}
