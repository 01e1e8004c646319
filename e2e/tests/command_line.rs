//! What a person sees who types something wrong: an exit status, one line that says what, one that says what to do; and
//! what a program sees who asks for JSON.

use std::path::Path;
use std::process::Output;

use bussola_e2e::places::{Scratch, binary};
use bussola_e2e::server::{Plan, run, succeeded};

/// Nobody listens here: port 1 is reserved.
const NOWHERE: &str = "http://127.0.0.1:1";

fn refused(what: &str, output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code();
    assert!(code.is_some_and(|code| code != 0), "{what}: ended with {}\n{said}", output.status);
    assert!(!said.contains("panicked"), "{what}: {said}");
    assert!(output.stdout.is_empty(), "{what}: stdout is for data: {}", String::from_utf8_lossy(&output.stdout));
    said
}

/// `error[B0412]: cannot … \`input\`: why` on one line, then `hint: …`.
fn in_house_form(what: &str, said: &str) {
    let error =
        said.lines().find(|line| line.starts_with("error")).unwrap_or_else(|| panic!("{what}: no error line: {said}"));
    let message = error.split_once(": ").map_or("", |(_, message)| message);
    assert!(error.starts_with("error[B"), "{what}: no code: {error}");
    assert!(message.chars().next().is_some_and(|c| !c.is_uppercase()), "{what}: not lower-case: {error}");
    assert!(!message.ends_with('.'), "{what}: ends with a period: {error}");
    assert!(said.lines().any(|line| line.starts_with("hint: ")), "{what}: no hint: {said}");
}

#[test]
fn usage_errors() {
    let Some(binary) = binary() else { return };
    let check = |arguments: &[&str]| {
        let output = run(&binary, NOWHERE, arguments);
        refused(&arguments.join(" "), &output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: usage errors end with 2");
    };
    check(&["nonsense"]);
    check(&["serve", "--no-such-flag"]);
    check(&["serve", "--listen", "nonsense"]);
    check(&["explain"]);
    check(&["catalog", "apply"]);
    check(&["runs", "--output", "xml"]);
    check(&["ledger", "prove", "minus-one"]);
}

#[test]
fn help_and_version_go_to_stdout() {
    let Some(binary) = binary() else { return };
    assert!(succeeded("--version", &run(&binary, NOWHERE, &["--version"])).starts_with("bussola 0."));
    let help = succeeded("--help", &run(&binary, NOWHERE, &["--help"]));
    for command in ["serve", "catalog", "owner", "blast", "explain", "runs", "status", "ledger"] {
        assert!(help.contains(command), "--help does not name {command}: {help}");
    }
    assert!(!help.contains("--test-clock"));
    let help = succeeded("serve --help", &run(&binary, NOWHERE, &["serve", "--help"]));
    assert!(!help.contains("--test-clock"), "the test clock is hidden");
}

#[test]
fn no_server() {
    let Some(binary) = binary() else { return };
    for arguments in [&["status"][..], &["runs"], &["explain", "x"], &["catalog", "list"], &["ledger", "verify"]] {
        let said = refused(&arguments.join(" "), &run(&binary, NOWHERE, arguments));
        in_house_form(&arguments.join(" "), &said);
        assert!(said.contains("127.0.0.1:1"), "does not say which server: {said}");
    }
}

#[test]
fn what_is_not_there() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("not-there");
    let server = Plan::durable(&binary, &place.join("data")).start();
    for arguments in [
        &["explain", "no_such_task"][..],
        &["owner", "component:default/no-such"],
        &["blast", "component:default/no-such"],
        &["catalog", "show", "component:default/no-such"],
    ] {
        let said = refused(&arguments.join(" "), &server.cli(arguments));
        in_house_form(&arguments.join(" "), &said);
        assert!(said.contains("no-such") || said.contains("no_such"), "does not say what: {said}");
    }
    let nowhere = place.join("nowhere").display().to_string();
    for arguments in [
        &["ledger", "verify", "--data", &nowhere][..],
        &["catalog", "apply", &nowhere],
        &["catalog", "check", &nowhere],
    ] {
        in_house_form(&arguments.join(" "), &refused(&arguments.join(" "), &server.cli(arguments)));
    }
    assert!(!Path::new(&nowhere).exists(), "asking made a data directory");
}

#[test]
fn a_port_in_use() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("port");
    let server = Plan::durable(&binary, &place.join("data")).start();
    let data = place.join("other").display().to_string();
    let address = server.address.to_string();
    let said = refused("serve", &run(&binary, NOWHERE, &["serve", "--listen", &address, "--data", &data]));
    in_house_form("serve", &said);
    assert!(said.contains(&address), "{said}");
}

#[test]
fn a_data_directory_in_use() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("twice");
    let data = place.join("data");
    let _server = Plan::durable(&binary, &data).start();
    let data = data.display().to_string();
    let said = refused("serve", &run(&binary, NOWHERE, &["serve", "--listen", "127.0.0.1:0", "--data", &data]));
    in_house_form("serve", &said);
}

#[test]
fn bad_manifests_are_told_by_file_line_and_column_and_change_nothing() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("manifests");
    let server = Plan::durable(&binary, &place.join("data")).start();
    let before = succeeded("catalog list", &server.cli(&["catalog", "list", "--output", "json"]));
    let check = |folder: &str, file: &str, text: &[u8], expected: &str| {
        let folder = place.join(folder);
        std::fs::create_dir_all(&folder).expect("the scratch folder can be written");
        let path = folder.join(file);
        std::fs::write(&path, text).expect("the scratch folder can be written");
        let path = path.display().to_string();
        for command in ["check", "apply"] {
            let output = server.cli(&["catalog", command, &path]);
            let said =
                format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert_eq!(output.status.code(), Some(1), "catalog {command} {path}: {said}");
            assert!(
                said.contains(&format!("{file}:{expected}")),
                "catalog {command}: no `{file}:{expected}` in: {said}"
            );
        }
    };
    check("a", "compass.yml", b"name: a\nconfigVersion: 1\nsurprise: true\n", "3:1");
    check("b", "compass.yml", b"name: a\nname: b\n", "2:1");
    check(
        "c",
        "catalog-info.yaml",
        b"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {}\nspec: {}\n",
        "3:",
    );
    check("d", "compass.yml", b"name: [\n", "");
    check("e", "compass.yml", b"name: \xff\xfe\n", "1:");
    check("f", "bussola.yaml", b"bussola: 1\nclaim: []\n", "2:1");
    let after = succeeded("catalog list", &server.cli(&["catalog", "list", "--output", "json"]));
    assert_eq!(before, after, "a refused manifest changed the catalog");
}

#[test]
fn json_is_json() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("json");
    let server = Plan::durable(&binary, &place.join("data")).start();
    for arguments in [&["status"][..], &["runs"], &["catalog", "list"], &["ledger", "verify"]] {
        let text = succeeded(&arguments.join(" "), &server.cli(&[arguments, &["--output", "json"]].concat()));
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{arguments:?}: {text}");
    }
}
