//! Evidence is taken out of a running server and of a data directory, verifies with the key alone, and not once it was changed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bussola_e2e::luigi::{Client, add_task, end_task};
use bussola_e2e::places::{Scratch, binary};
use bussola_e2e::server::{Plan, Running, run, succeeded};
use serde_json::{Value, json};

/// Tasks that are declared, run, fail and end.
fn live(server: &Running, tasks: usize) {
    let mut client = Client::open(server.address).expect("the server is there");
    for n in 0..tasks {
        let (id, params) = (format!("Evident_{n}"), json!({"n": n.to_string()}));
        let mut ask = |method: &str, arguments| client.ask(method, &arguments).expect("the call is answered");
        ask("add_task", add_task("ada@atlas", &id, "Evident", &params, &[], "PENDING"));
        ask("get_work", json!({"worker": "ada@atlas", "host": "h", "assistant": false, "current_tasks": null}));
        let status = if n % 5 == 0 { "FAILED" } else { "DONE" };
        ask("add_task", end_task("ada@atlas", &id, "Evident", &params, status, "\"because the disk was full\""));
    }
}

fn verify(binary: &Path, bundle: &Path, key: &str) -> Output {
    // No server and no network: an address where nobody listens.
    let bundle = bundle.display().to_string();
    run(binary, "http://127.0.0.1:1", &["evidence", "verify", &bundle, "--key", key, "--output", "json"])
}

fn verified(binary: &Path, bundle: &Path, key: &str) -> Value {
    serde_json::from_str(&succeeded("verify", &verify(binary, bundle, key))).expect("the answer is JSON")
}

const PERIOD: [&str; 4] = ["--from", "2020-01-01", "--to", "2100-01-01T00:00:00Z"];

#[test]
fn what_was_taken_out_verifies_offline_and_the_ledger_says_that_it_was() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("evidence");
    let data = place.join("data");
    let mut server = Plan::durable(&binary, &data).start();
    live(&server, 30);
    let (bundle, key) = (place.join("soc2.tar"), data.join("ledger.vkey").display().to_string());
    let out = bundle.display().to_string();
    let export = |framework: &str, out: &str, more: &[&str]| {
        server.cli(&[&["evidence", "export", "--framework", framework, "--out", out], &PERIOD[..], more].concat())
    };
    let said = succeeded("export", &export("soc2", &out, &["--with-texts", "--with-names"]));
    assert!(said.contains("vouches for it"), "{said}");
    assert!(!export("soc2", &out, &[]).status.success(), "evidence is not written over");

    let found = verified(&binary, &bundle, &key);
    assert_eq!((&found["ok"], &found["complete"], &found["first"]), (&json!(true), &json!(true), &json!(0)), "{found}");
    assert!(found["sealed"].is_u64() && found["names"].as_u64() > Some(0), "{found}");
    let control = |id: &str| {
        let controls = found["controls"].as_array().expect("controls");
        controls.iter().find(|control| control["id"] == id).expect("the control is there")["coverage"].clone()
    };
    assert_eq!((control("PI1.3"), control("CC6.2")), (json!("evidence"), json!("gap")));
    // The key as text does as well, and another ledger's does not.
    let vkey = fs::read_to_string(&key).expect("the key is there");
    verified(&binary, &bundle, vkey.trim());
    let other = Plan::durable(&binary, &place.join("other")).start();
    live(&other, 1);
    let refused = verify(&binary, &bundle, &place.join("other/ledger.vkey").display().to_string());
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("key/ledger.vkey"));
    drop(other);

    // Any tar program unpacks it.
    let unpacked = place.join("unpacked");
    fs::create_dir_all(&unpacked).expect("the scratch folder can be written");
    let tar = Command::new("tar").arg("-xf").arg(&bundle).arg("-C").arg(&unpacked).output().expect("tar runs");
    succeeded("tar", &tar);
    let read = |name: &str| fs::read_to_string(unpacked.join(name)).expect("the file is there");
    assert!(read("report.html").contains("<h3>CC8.1"));
    assert!(read("people.jsonl").contains("ada@atlas"), "names were asked for");
    let texts = fs::read_dir(unpacked.join("texts")).expect("texts were asked for");
    assert!(
        texts.flatten().any(|text| fs::read_to_string(text.path()).is_ok_and(|text| text.contains("disk was full")))
    );

    // Twenty bytes all over it, each of which is noticed and its file named.
    let bytes = fs::read(&bundle).expect("the bundle is there");
    let changed = place.join("changed.tar");
    for step in 0..20 {
        let mut bytes = bytes.clone();
        let at = (step * 7_919 + 13 * step * step + 600) * 31 % bytes.len();
        bytes[at] ^= 1;
        fs::write(&changed, bytes).expect("the scratch folder can be written");
        let refused = verify(&binary, &changed, &key);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains("the bundle does not verify: `"), "byte {at}: {said}");
    }

    // By default nobody is named, and no text is taken along.
    let bare = place.join("iso.tar");
    succeeded("export", &export("iso27001", &bare.display().to_string(), &[]));
    verified(&binary, &bare, &key);
    assert!(!String::from_utf8_lossy(&fs::read(&bare).expect("the bundle is there")).contains("ada@atlas"));
    let entries = succeeded("entries", &server.cli(&["ledger", "export"]));
    assert_eq!(entries.matches("\"kind\":\"evidence.exported\"").count(), 2, "both exports are entries");
    server.stop();

    // Of a directory nobody vouches for the manifest; the entries are proven all the same.
    let still = place.join("sox.tar");
    let (out, data) = (still.display().to_string(), data.display().to_string());
    let arguments =
        [&["evidence", "export", "--framework", "sox", "--out", &out, "--data", &data], &PERIOD[..]].concat();
    let said = succeeded("export", &run(&binary, "", &arguments));
    assert!(said.contains("no entry vouches for it"), "{said}");
    let found = verified(&binary, &still, &key);
    assert_eq!((&found["complete"], &found["sealed"]), (&json!(true), &Value::Null));
    succeeded("ledger verify", &run(&binary, "", &["ledger", "verify", "--deep", "--data", &data]));
}

const MANIFEST: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: evident
spec:
  type: pipeline
  lifecycle: production
  owner: group:default/audit
";

#[test]
fn of_one_component_there_is_only_what_concerns_it() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("component");
    let data = place.join("data");
    let catalog = place.join("catalog");
    fs::create_dir_all(&catalog).expect("the scratch folder can be written");
    fs::write(catalog.join("catalog-info.yaml"), MANIFEST).expect("it can be written");
    let server = Plan::durable(&binary, &data).start();
    succeeded("apply", &server.cli(&["catalog", "apply", &catalog.display().to_string()]));
    live(&server, 5);
    let bundle = place.join("component.tar");
    let arguments = ["evidence", "export", "--framework", "soc2", "--component", "evident", "--out"];
    let out = bundle.display().to_string();
    succeeded("export", &server.cli(&[&arguments, &[out.as_str()][..], &PERIOD[..]].concat()));
    let found = verified(&binary, &bundle, &data.join("ledger.vkey").display().to_string());
    assert_eq!(
        (&found["component"], &found["complete"]),
        (&json!("component:default/evident"), &json!(false)),
        "{found}"
    );
    let entries = found["entries"].as_u64().expect("a number");
    assert!((2..20).contains(&entries), "its declaration and manifest, not the runs of others: {found}");
}
