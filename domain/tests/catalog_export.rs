//! Nothing is lost in a format of its own, and what is lost on the way to another is said.

use std::fs;
use std::path::PathBuf;

use bussola_domain::catalog::manifest::{
    Content, Document, Exported, NoNames, export, parse, parse_as, parse_documents,
};
use bussola_domain::catalog::model::Format;
use bussola_domain::catalog::{ApplyScope, Catalog, EntityRef, PipelineSeen};
use bussola_domain::id::Timestamp;

fn document(text: &str, format: Format) -> Document {
    let mut documents =
        parse_as(format.file_name(), text.as_bytes(), format).expect("a valid manifest").into_documents();
    documents.pop().expect("a document")
}

/// In its own format, a document comes back deeply equal; in the other, it comes back valid.
fn check_document(document: &Document, from: Format) {
    let own = export(document, from, from, &NoNames);
    assert_eq!(own.lost, []);
    let text = own.text.expect("its own format has a place for it");
    let back = self::document(&text, from);
    assert_eq!(back.tree, document.tree, "{text}");
    let other = if from == Format::Compass { Format::Backstage } else { Format::Compass };
    let exported = export(document, from, other, &NoNames);
    match exported.text {
        Some(text) => {
            let result = parse_as("exported", text.as_bytes(), other);
            assert!(result.is_ok(), "{:?}\n{text}", result.err());
        }
        None => assert!(!exported.lost.is_empty()),
    }
}

#[test]
fn every_real_document_comes_back() {
    let root = std::env::var_os("BUSSOLA_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    for (folder, format) in [("compass", Format::Compass), ("backstage", Format::Backstage)] {
        let Ok(entries) = fs::read_dir(root.join("corpus").join(folder)) else {
            eprintln!("skipped: {} is not there (set BUSSOLA_SHARED)", root.join("corpus").join(folder).display());
            continue;
        };
        let mut count = 0;
        for entry in entries {
            let path = entry.expect("an entry").path();
            if !path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
                continue;
            }
            let verdicts =
                parse_documents("x", &fs::read(&path).expect("the file can be read"), Some(format)).expect("a file");
            for document in verdicts.into_iter().filter_map(|verdict| verdict.result.ok()) {
                if matches!(document.content, Content::Entity(_)) {
                    check_document(&document, format);
                    count += 1;
                }
            }
        }
        println!("{folder}: {count} of {count} valid documents come back");
        assert!(count > 0);
    }
}

#[test]
fn nulls_empties_orders_and_spellings_come_back() {
    check_document(
        &document(
            "slug: null\nname: ' yes '\nownerId: null\ncustomFields: null\nlabels: []\nfields: {tier: '1', isMonorepoProject: 2024-01-01}\nlinks:\n- {url: '', type: null, name: null}\nrelationships: {DEPENDS_ON: []}\ndescription: \"a\\n b\\n\\n\"\nconfigVersion: '0x1'\n",
            Format::Compass,
        ),
        Format::Compass,
    );
    check_document(
        &document(
            "kind: Template\napiVersion: scaffolder.backstage.io/v1beta3\nmetadata:\n  name: t\n  extra: {deep: [null, {}, [], [[1.0, 0x1F, 1e3, .inf]], '~']}\n  links: [{url: 'https://x', other: 1}]\nspec:\n  type: x\n  steps: [{action: a, input: {\"1\": 007, a: '007'}}]\n",
            Format::Backstage,
        ),
        Format::Backstage,
    );
}

fn lost(exported: &Exported) -> Vec<String> {
    exported.lost.iter().map(|loss| format!("{}: {}", loss.field, loss.why)).collect()
}

#[test]
fn compass_to_backstage() {
    let document = document(
        "name: Payments API\nid: ari:cloud:compass:c:component/w/1\ndescription: Takes money\nconfigVersion: 1\ntypeId: service\nownerId: ari:cloud:identity::team/t1\nfields: {tier: 1, lifecycle: active}\nlinks:\n- {name: Repo, type: repository, url: 'https://example.com/r'}\n- {type: PROJECT, url: not a url}\nrelationships:\n  DEPENDS_ON: [ledger]\nlabels: [red, a_b]\ncustomFields:\n- {name: Cost Center, type: text, value: '12'}\n",
        Format::Compass,
    );
    let exported = export(&document, Format::Compass, Format::Backstage, &NoNames);
    assert_eq!(
        exported.text.as_deref().expect("a component has a place"),
        r#"apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: payments-api
  title: Payments API
  description: Takes money
  annotations:
    compass.atlassian.com/id: ari:cloud:compass:c:component/w/1
    compass.atlassian.com/tier: "1"
    compass.atlassian.com/custom-field.cost-center: "12"
  tags:
    - red
  links:
    - url: https://example.com/r
      title: Repo
      type: REPOSITORY
spec:
  type: service
  lifecycle: production
  owner: group:default/t1
  dependsOn:
    - component:default/ledger
"#
    );
    assert_eq!(
        lost(&exported),
        [
            "customFields.Cost Center: its type and exact name; the value is kept as the annotation `compass.atlassian.com/custom-field.cost-center`",
            "labels: `a_b` is not a tag in Backstage: small letters, digits, `:`, `+`, `#` and single `-`",
            "links: `not a url` is not a URL",
        ]
    );
    let bare = export(&self::document("name: A", Format::Compass), Format::Compass, Format::Backstage, &NoNames);
    assert_eq!(
        lost(&bare),
        [
            "spec.type: Backstage asks for it and `typeId` is not there: `other` is written",
            "spec.lifecycle: Backstage asks for it and `fields.lifecycle` is not there: `unknown` is written",
            "spec.owner: Backstage asks for it and `ownerId` is not there: `unknown` is written",
        ]
    );
}

#[test]
fn backstage_to_compass() {
    let document = document(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: pay.api\n  namespace: shop\n  title: Pay\n  description: d\n  annotations: {a/b: c, compass.atlassian.com/tier: '2'}\n  tags: [red]\n  links: [{url: 'https://x.slack.com/c', title: Chat, icon: chat}]\nspec:\n  type: data-pipeline\n  lifecycle: production\n  owner: team-a\n  system: s\n  dependsOn: [component:default/ledger, resource:db]\n  providesApis: [pay]\n",
        Format::Backstage,
    );
    let exported = export(&document, Format::Backstage, Format::Compass, &NoNames);
    assert_eq!(
        exported.text.as_deref().expect("a component has a place"),
        "name: Pay\nslug: pay-api\ndescription: d\nconfigVersion: 1\ntypeId: DATA_PIPELINE\nownerId: group:shop/team-a\nfields:\n  tier: 2\n  lifecycle: Active\nlinks:\n  - name: Chat\n    type: CHAT_CHANNEL\n    url: https://x.slack.com/c\nrelationships:\n  DEPENDS_ON:\n    - ledger\nlabels:\n  - red\n"
    );
    assert_eq!(
        lost(&exported),
        [
            "metadata.name: a slug has letters, digits and `-`: `pay-api` is written",
            "spec.owner: Compass wants a team's identifier and none is known for group:shop/team-a: the ref is written",
            "metadata.links: the icon `chat` of https://x.slack.com/c",
            "spec.dependsOn: resource:shop/db has no place in a Compass file",
            "metadata.namespace: a Compass site has one namespace",
            "metadata.annotations.a/b: Compass files have no such pairs",
            "spec.system: Compass files have no place for it",
            "spec.providesApis: Compass files have no place for it",
        ]
    );
    let group = self::document(
        "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: g}\nspec: {type: team, children: []}",
        Format::Backstage,
    );
    let exported = export(&group, Format::Backstage, Format::Compass, &NoNames);
    assert_eq!((exported.text, exported.lost[0].why.as_str()), (None, "Compass files describe components only"));
}

#[test]
fn a_catalog_knows_what_others_are_called() {
    let files = [
        (
            "a/compass.yml",
            "name: A\nownerId: ari:cloud:identity::team/t1\nrelationships: {DEPENDS_ON: ['ari:cloud:compass:c:component/w/b']}",
        ),
        ("b/compass.yml", "name: B\nid: ari:cloud:compass:c:component/w/b"),
        ("bussola.yaml", "bussola: 1\naliases: {'ari:cloud:identity::team/t1': 'group:default/payments'}"),
        (
            "catalog-info.yaml",
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: c}\nspec: {type: service, lifecycle: x, owner: payments, dependsOn: ['component:b']}",
        ),
    ];
    let manifests: Vec<_> = files.iter().map(|(path, text)| parse(path, text.as_bytes()).expect("valid")).collect();
    let mut catalog = Catalog::new();
    for event in catalog.plan_apply(&ApplyScope::Everything, &manifests).expect("no conflict") {
        catalog.apply(&event, Timestamp(0));
    }
    let to =
        |index: usize, from, to| export(&manifests[index].documents()[0], from, to, &catalog).text.expect("a place");
    let backstage = to(0, Format::Compass, Format::Backstage);
    assert!(
        backstage.contains("owner: group:default/payments\n  dependsOn:\n    - component:default/b\n"),
        "{backstage}"
    );
    let compass = to(3, Format::Backstage, Format::Compass);
    assert!(compass.contains("ownerId: ari:cloud:identity::team/t1\n"), "{compass}");
    assert!(compass.contains("- ari:cloud:compass:c:component/w/b\n"), "{compass}");
}

#[test]
fn what_was_discovered_can_be_written_down() {
    let mut catalog = Catalog::new();
    for (root, dependencies, datasets) in
        [("Load", vec![], vec![]), ("Bill", vec!["Load".to_owned()], vec!["s3://x/y".to_owned()])]
    {
        let seen = PipelineSeen {
            root: root.into(),
            dependencies: dependencies.into_iter().collect(),
            datasets: datasets.into_iter().collect(),
            ..PipelineSeen::default()
        };
        for event in catalog.plan_discover(&seen) {
            catalog.apply(&event, Timestamp(0));
        }
    }
    let text = |reference: &str| {
        let document =
            catalog.discovered_document(&EntityRef::parse(reference).expect("a ref")).expect("it was discovered");
        export(&document, Format::Backstage, Format::Backstage, &catalog).text.expect("a place")
    };
    assert_eq!(
        text("component:default/bill"),
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: bill\n  description: Luigi pipeline Bill, discovered by its runs\nspec:\n  type: pipeline\n  lifecycle: production\n  owner: unknown\n  dependsOn:\n    - component:default/load\n"
    );
    assert!(
        text("resource:default/s3-x-y")
            .contains("  type: dataset\n  owner: unknown\n  dependsOn:\n    - component:default/bill\n")
    );
}
