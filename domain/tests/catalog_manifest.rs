//! Manifests that are wrong, and what their authors read; and manifests that are meant to do harm.

use std::time::{Duration, Instant};

use bussola_domain::catalog::limits::{DEPTH_MAX, DOCUMENTS_MAX, FILE_BYTES_MAX, PROBLEMS_MAX};
use bussola_domain::catalog::manifest::{parse, parse_documents};
use bussola_domain::catalog::model::Format;
use bussola_domain::catalog::{Code, Problem};

/// Checks all that is said about a file, as it is shown.
fn check(path: &str, text: &str, expected: &str) {
    check_bytes(path, text.as_bytes(), expected);
}

fn check_bytes(path: &str, bytes: &[u8], expected: &str) {
    let shown = match parse(path, bytes) {
        Ok(_) => "valid".to_owned(),
        Err(problems) => problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"),
    };
    assert_eq!(shown, expected, "\n{shown}\n");
}

/// The codes of the problems, or none.
fn codes(path: &str, text: &str) -> Vec<String> {
    parse(path, text.as_bytes()).err().unwrap_or_default().iter().map(|problem| problem.code.to_string()).collect()
}

#[test]
fn compass_problems_say_where_and_what_to_write() {
    let check = |text, expected| check("compass.yml", text, expected);
    check(
        "nmae: x\n",
        "compass.yml:1:1: error[B0114]: the component has no `name`\nhint: add `name: <the component's name>`\ncompass.yml:1:1: error[B0115]: unknown key `nmae` in compass.yml\nhint: remove it; known keys: `name`, `id`, `slug`, `description`, `configVersion`, `typeId`, `ownerId`, `fields`, `links`, `relationships`, `labels` or `customFields`",
    );
    check(
        "name: x\nfields:\n  tier: null\n  lifecycle: ~\n",
        "compass.yml:3:9: error[B0116]: `fields.tier` must be a number from 1 to 4, not null\nhint: give it a value, or remove the key\ncompass.yml:4:14: error[B0116]: `fields.lifecycle` must be a string, not null\nhint: give it a value, or remove the key",
    );
    check(
        "name: x\nfields: {tier: 5, lifecycle: Retired}\n",
        "compass.yml:2:16: error[B0117]: `fields.tier` must be 1, 2, 3 or 4, not `5`\nhint: write `tier: 1` for what must never fail, up to `tier: 4`\ncompass.yml:2:30: error[B0117]: `fields.lifecycle` must be `Pre-release`, `Active` or `Deprecated`, not `Retired`\nhint: write `Pre-release`, `Active` or `Deprecated`",
    );
    check(
        "name: 2024-01-31\n",
        "compass.yml:1:7: error[B0116]: `name` must be a string, not a date\nhint: put it in quotes: \"2024-01-31\"",
    );
    check(
        "name: x\nlabels: [Red]\n",
        "compass.yml:2:10: error[B0117]: the label `Red` holds capital letters\nhint: write `red`",
    );
    check(
        "name: x\nlinks:\n  - type: REPOSITROY\n    url: https://x\n",
        "compass.yml:3:11: error[B0117]: `REPOSITROY` is not a link type\nhint: did you mean `REPOSITORY`? link types: `DOCUMENT`, `CHAT_CHANNEL`, `REPOSITORY`, `PROJECT`, `DASHBOARD`, `OTHER_LINK` or `ON_CALL`",
    );
    check(
        "name: x\nconfigVersion: 2\n",
        "compass.yml:2:16: error[B0117]: `configVersion` must be 1, not `2`\nhint: write `configVersion: 1`",
    );
    check(
        "",
        "compass.yml:1:1: error[B0112]: the compass.yml is empty\nhint: add at least `name: <the component's name>`",
    );
    check(
        "name: x\n---\nname: y\n",
        "compass.yml:2:1: error[B0108]: a compass.yml holds one component, and this is a second document\nhint: move it to a compass.yml of its own",
    );
    check(
        "- x\n",
        "compass.yml:1:1: error[B0113]: a compass.yml must be a mapping, not a list\nhint: start with `name: <the component's name>`",
    );
}

#[test]
fn backstage_problems_say_where_and_what_to_write() {
    let check = |text: &str, expected| check("catalog-info.yaml", text, expected);
    check(
        "apiVersion: backstage.io/v1alpha1\nkind: Componnet\nmetadata:\n  name: a b\n",
        "catalog-info.yaml:2:7: error[B0119]: the kind `Componnet` is not known\nhint: did you mean `Component`?\ncatalog-info.yaml:4:9: error[B0117]: `a b` is not a name\nhint: use 1 to 63 letters and digits, separated by `-`, `_` or `.`; free text belongs in `metadata.title`",
    );
    check(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: a\n  annotations:\nspec:\n  type: service\n  lifecycle: production\n  owner: 5\n  dependsOn: [db]\n",
        "catalog-info.yaml:5:14: error[B0116]: `metadata.annotations` must be a mapping, not null\nhint: give it a value, or remove the key\ncatalog-info.yaml:9:10: error[B0116]: `spec.owner` must be a string, not a number\nhint: put it in quotes: \"5\"\ncatalog-info.yaml:10:15: error[B0120]: `spec.dependsOn`: `db` does not say which kind it is\nhint: write the kind, as in `component:db`",
    );
    check(
        "apiVersion: backstage.io/v1alpha1\nkind: AiResource\nmetadata: {name: a}\nspec: {type: skill}\n",
        "catalog-info.yaml:2:7: error[B0119]: the kind `AiResource` is not known\nhint: AiResource is opt-in in Backstage and not read here; describe it as a Resource",
    );
    check(
        "apiVersion: scaffolder.backstage.io/v1beta2\nkind: Template\nmetadata: {name: a}\nspec: {}\n",
        "catalog-info.yaml:1:13: error[B0119]: the apiVersion `scaffolder.backstage.io/v1beta2` is not known for a Template\nhint: write `scaffolder.backstage.io/v1beta3`",
    );
    check(
        "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata: {name: a}\nspec: {owner: t}\nstatus: {}\n",
        "catalog-info.yaml:5:1: error[B0115]: `status` is made by the catalog and cannot be written in a file\nhint: remove it",
    );
    check(
        "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata:\n  name: a\n  description: |\n    b\n\t\nspec: {owner: t}\n",
        "catalog-info.yaml:7:1: error[B0104]: a tab stands where YAML wants spaces\nhint: indent with spaces",
    );
    // Each document has its own verdict; the file as a whole declares nothing.
    let good = "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata: {name: a}\nspec: {owner: t}\n";
    let text = format!("{good}---\nkind: [\n---\n---\n{good}");
    let verdicts = parse_documents("x", text.as_bytes(), Some(Format::Backstage)).expect("a file");
    let valid: Vec<bool> = verdicts.iter().map(|verdict| verdict.result.is_ok()).collect();
    assert_eq!(valid, [true, false, true, true]);
    check(
        &text,
        "catalog-info.yaml:6:7: error[B0103]: not well-formed YAML: unclosed bracket '['\nhint: close every `[` and `{` that was opened, in order",
    );
}

#[test]
fn bussola_problems_say_where_and_what_to_write() {
    let check = |text, expected| check("bussola.yaml", text, expected);
    check(
        "bussola: 1\nclaims:\n- component: etl\n  families: ['Billing*', Load]\n---\nbussola: 1\naliases: {x: group:y}\n",
        "valid",
    );
    check(
        "bussola: 2\n",
        "bussola.yaml:1:10: error[B0117]: version `2` of bussola.yaml is not known\nhint: write `bussola: 1`, or update Bussola",
    );
    check(
        "claim: []\n",
        "bussola.yaml:1:1: error[B0114]: the document has no `bussola`\nhint: start with `bussola: 1`, the version of the format\nbussola.yaml:1:1: error[B0115]: unknown key `claim` in bussola.yaml\nhint: did you mean `claims`? known keys: `bussola`, `claims` or `aliases`",
    );
    check(
        "bussola: 1\nclaims:\n- families: ['a b']\n",
        "bussola.yaml:3:3: error[B0114]: a claim has no `component`\nhint: add `component: component:default/<name>`\nbussola.yaml:3:14: error[B0122]: the glob holds white space or a control character: `a b`\nhint: write a family such as `BillingDaily`, or a glob such as `Billing*`",
    );
    check(
        "bussola: 1\nclaims:\n- component: 'a:'\n  families: []\n",
        "bussola.yaml:3:14: error[B0120]: a claim's `component`: `a:` is not of the form [<kind>:][<namespace>/]<name>\nhint: write `<kind>:<namespace>/<name>`, as in `component:default/billing-etl`\nbussola.yaml:4:13: error[B0117]: `families` is empty\nhint: name at least one family or glob",
    );
}

#[test]
fn yaml_problems_say_where_and_what_to_write() {
    let check = |text, expected| check("compass.yml", text, expected);
    check(
        "name: a\nname: b\n",
        "compass.yml:2:1: error[B0105]: the key `name` is given twice in one mapping (first on line 1)\nhint: remove one of the two",
    );
    check(
        "name: a\nfields:\n\ttier: 1\n",
        "compass.yml:3:2: error[B0104]: a tab stands where YAML wants spaces\nhint: indent with spaces",
    );
    check(
        "name: a\nfields:\n  \ttier: 1\n",
        "compass.yml:3:4: error[B0104]: a tab stands where YAML wants spaces\nhint: indent with spaces",
    );
    check(
        "name: *x\n",
        "compass.yml:1:7: error[B0109]: the alias names an anchor that is not defined before it\nhint: define it with `&name` above, or quote the value if it is text that starts with `*`",
    );
    check(
        "name: &a [*a]\n",
        "compass.yml:1:11: error[B0109]: the alias names the node that contains it\nhint: write the value out instead of the alias",
    );
    check(
        "name: !thing x\n",
        "compass.yml:1:14: error[B0110]: the YAML tag `!thing` cannot be used here\nhint: remove the tag; quote the value if it must be text",
    );
    check("name: \"x\n", "compass.yml:1:7: error[B0103]: not well-formed YAML: unclosed quote\nhint: close the quote");
    check(
        "name: a: b\n",
        "compass.yml:1:8: error[B0103]: not well-formed YAML: mapping values are not allowed in this context\nhint: quote the text if it holds `: `, or check the indentation of this line",
    );
    check(
        "name: @x\n",
        "compass.yml:1:7: error[B0103]: not well-formed YAML: unexpected character: `@'\nhint: quote the value: plain text cannot start with this character",
    );
    check(
        "name: {{ x }}\n",
        "compass.yml:1:7: error[B0116]: `name` must be a string, not a mapping\nhint: put the placeholder in quotes: \"${{ … }}\"",
    );
    check(
        "name: a\0\n",
        "compass.yml:1:8: error[B0103]: a NUL character is not allowed\nhint: remove the character, or write it as `\\0` in double quotes",
    );
    check(
        "name: é\nlabels: [A]\n",
        "compass.yml:2:10: error[B0117]: the label `A` holds capital letters\nhint: write `a`",
    );
}

#[test]
fn files_that_cannot_be_read_at_all() {
    check_bytes(
        "compass.yml",
        b"name: a\nx: \xff\n",
        "compass.yml:2:4: error[B0102]: the byte 0xff is not UTF-8 here\nhint: save the file as UTF-8",
    );
    check_bytes(
        "compass.yml",
        b"\xff\xfen\0",
        "compass.yml:1:1: error[B0102]: the byte 0xff is not UTF-8 here\nhint: the file looks like UTF-16; save it as UTF-8",
    );
    check(
        "notes.yaml",
        "a: b\n",
        "notes.yaml:1:1: error[B0111]: `notes.yaml` is not a manifest: neither its content nor its name says which format it has\nhint: name it compass.yml, catalog-info.yaml or bussola.yaml, or start it with `configVersion: 1`, `apiVersion:` or `bussola: 1`",
    );
    let text = format!("name: a # {}", "x".repeat(FILE_BYTES_MAX - 10));
    assert_eq!(text.len(), FILE_BYTES_MAX);
    assert_eq!(codes("compass.yml", &text), Vec::<String>::new());
    check(
        "compass.yml",
        &(text + "x"),
        "compass.yml:1:1: error[B0101]: the manifest has 1048577 bytes, 1048576 are allowed\nhint: split it, or keep large definitions in files of their own and refer to them with `$text`",
    );
}

/// Runs something that must not take long, whatever the input.
fn in_time<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let out = run();
    // Far above what it takes: only a difference in kind should fail on a busy machine.
    assert!(start.elapsed() < Duration::from_secs(10), "{what} took {:?}", start.elapsed());
    out
}

#[test]
fn hostile_files_cost_little() {
    let hundred_megabytes = vec![b'a'; 100_000_000];
    let problems = in_time("100 MB", || parse("compass.yml", &hundred_megabytes)).expect_err("too large");
    assert_eq!(problems[0].code.to_string(), "B0101");

    let check = |what: &str, text: &str, expected: &[&str]| {
        for path in ["compass.yml", "catalog-info.yaml"] {
            assert_eq!(in_time(what, || codes(path, text)), expected, "{what} as {path}");
        }
    };
    // Billions of laughs: nine levels of nine.
    let mut bomb = String::from("a0: &a0 [lol]\n");
    for level in 1..=9 {
        let refs = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb += &format!("a{level}: &a{level} [{refs}]\n");
    }
    check("a bomb", &bomb, &["B0107"]);
    check("nested lists", &"[".repeat(500_000), &["B0106"]);
    check(
        "nested mappings",
        &(0..5_000).map(|level| format!("{}a:\n", " ".repeat(level % 90 * 2))).collect::<String>(),
        &["B0105"; PROBLEMS_MAX],
    );
    let deep: String = (0..=DEPTH_MAX).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    check("a level too deep", &deep, &["B0106"]);
    check(
        "nested anchors",
        &format!("{}x{}\nb: *a0", (0..90).map(|level| format!("&a{level} [")).collect::<String>(), "]".repeat(90)),
        &["B0103"],
    );
    check("a long line of keys", &format!("{{{}}}", "a,".repeat(400_000)), &["B0105"; PROBLEMS_MAX]);
    check("many quotes", &"\"\n".repeat(500_000), &["B0103"]);
    let nested: String = (0..90).map(|level| format!("&a{level} [")).collect();
    let uses: String = (0..90).map(|level| format!(",*a{level}")).collect();
    let wide = format!("[{nested}{}{}{uses}]", "x,".repeat(400_000), "]".repeat(90));
    check("nested anchors around much", &wide, &["B0107"]);
    let many: String = (0..51_000).map(|at| format!("&{at} x,*{at},")).collect();
    check("many anchors", &format!("[{many}]"), &["B0107"]);
    // Merge keys that grow.
    let mut merges = String::from("m0: &m0 {a: 1}\n");
    for level in 1..2_000 {
        merges += &format!("m{level}: &m{level}\n  <<: *m{}\n  k{level}: 1\n", level - 1);
    }
    assert_eq!(in_time("merges", || codes("compass.yml", &merges)), ["B0107"]);
    // Documents without end.
    let documents = "---\n".repeat(DOCUMENTS_MAX);
    assert_eq!(codes("catalog-info.yaml", &documents), Vec::<String>::new());
    assert_eq!(in_time("documents", || codes("catalog-info.yaml", &"---\n".repeat(260_000))), ["B0108"]);
}

#[test]
fn anchors_and_merge_keys_work_where_the_reference_has_them() {
    let compass = "x: &l\n  type: REPOSITORY\nname: a\n";
    assert_eq!(codes("compass.yml", compass), ["B0115"], "an anchor needs a place, and unknown keys are refused");
    let compass =
        "name: a\nlinks:\n- &l {type: REPOSITORY, url: 'https://x'}\n- {<<: *l, name: n, url: 'https://y'}\n- *l\n";
    assert_eq!(codes("compass.yml", compass), Vec::<String>::new());
    // Backstage leaves merge keys off: `<<` is a key like any other, and the keys that it would bring are missing.
    let backstage = "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata: {name: a}\nspec:\n  <<: {owner: t}\n";
    assert_eq!(codes("catalog-info.yaml", backstage), ["B0114"]);
    let alias = |uses: usize| {
        let uses = vec!["*t"; uses].join(", ");
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata: {{name: a, x: [{uses}]}}\nspec: {{owner: t}}\n"
        )
        .replace("name: a", "name: &t a")
    };
    assert_eq!(codes("catalog-info.yaml", &alias(99)), Vec::<String>::new());
    assert_eq!(codes("catalog-info.yaml", &alias(100)), ["B0107"]);
}

#[test]
fn every_code_has_its_line_in_the_documentation() {
    let documentation = include_str!("../../docs/errors/catalog.md");
    let documented: Vec<&str> = documentation.lines().filter(|line| line.starts_with("| B")).collect();
    let expected: Vec<String> = Code::ALL.iter().map(|code| format!("| {code} | {} |", code.summary())).collect();
    assert_eq!(documented.len(), expected.len());
    for (line, expected) in documented.iter().zip(&expected) {
        assert!(line.starts_with(expected.as_str()), "{line}\n{expected}");
    }
}
