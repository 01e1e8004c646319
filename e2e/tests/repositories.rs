//! Manifests of several repositories in one catalog, as their builds apply them: from their own folders, by relative paths.

use std::path::Path;
use std::process::Output;

use bussola_e2e::places::{Scratch, binary};
use bussola_e2e::server::{Plan, Running, run_in, succeeded};

struct Company {
    scratch: Scratch,
    server: Running,
    binary: std::path::PathBuf,
}

impl Company {
    fn new(name: &str) -> Option<Company> {
        let binary = binary()?;
        let scratch = Scratch::new(name);
        let server = Plan::durable(&binary, &scratch.path().join("data")).start();
        Some(Company { scratch, server, binary })
    }

    fn manifest(&self, path: &str, name: &str) {
        let path = self.scratch.path().join(path);
        std::fs::create_dir_all(path.parent().expect("in a folder")).expect("a folder");
        let text = format!(
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{name: {name}}}\n\
             spec: {{type: service, lifecycle: production, owner: nobody-team}}\n"
        );
        std::fs::write(path, text).expect("a manifest");
    }

    fn apply(&self, folder: &str, arguments: &[&str]) -> Output {
        let arguments = [&["catalog", "apply"], arguments].concat();
        self.run(&self.scratch.path().join(folder), &arguments)
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> Output {
        run_in(folder, &self.binary, &format!("http://{}", self.server.address), arguments)
    }

    fn has(&self, name: &str) -> bool {
        let reference = format!("component:default/{name}");
        self.run(self.scratch.path(), &["catalog", "show", &reference]).status.success()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn one_repository_does_not_take_the_place_of_another_unasked() {
    let Some(company) = Company::new("repositories") else { return };
    company.manifest("one/catalog-info.yaml", "svc-1");
    company.manifest("two/catalog-info.yaml", "svc-2");
    let first = company.apply("one", &["."]);
    succeeded("the first", &first);
    assert!(said(&first).contains("group:default/nobody-team, which no manifest declares"), "{}", said(&first));
    let second = company.apply("two", &["."]);
    assert!(!second.status.success() && said(&second).contains("--source"), "{}", said(&second));
    assert!(company.has("svc-1") && !company.has("svc-2"));
    succeeded("with its name", &company.apply("two", &["--source", "acme/two", "."]));
    assert!(company.has("svc-1") && company.has("svc-2"));
    // Each prunes what is its own.
    std::fs::remove_file(company.scratch.path().join("two/catalog-info.yaml")).expect("it was there");
    succeeded("pruned", &company.apply("two", &["--source", "acme/two", "--prune", "--yes", "."]));
    assert!(company.has("svc-1") && !company.has("svc-2"));
}

#[test]
fn the_last_manifest_of_a_folder_can_be_pruned() {
    let Some(company) = Company::new("pruned") else { return };
    for (path, name) in [("all/c1/catalog-info.yaml", "svc-1"), ("all/c2/catalog-info.yaml", "svc-2")] {
        company.manifest(path, name);
    }
    succeeded("both", &company.apply("all", &["c1", "c2"]));
    std::fs::remove_file(company.scratch.path().join("all/c1/catalog-info.yaml")).expect("it was there");
    succeeded("its folder is empty", &company.apply("all", &["--prune", "--yes", "c1", "c2"]));
    assert!(!company.has("svc-1") && company.has("svc-2"));
    std::fs::remove_dir_all(company.scratch.path().join("all/c2")).expect("it was there");
    succeeded("its folder is gone", &company.apply("all", &["--prune", "--yes", "c2"]));
    assert!(!company.has("svc-2"));
    let slip = company.apply("all", &["--prune", "--yes", "c3"]);
    assert!(!slip.status.success(), "nothing ever was there: {}", said(&slip));
}
