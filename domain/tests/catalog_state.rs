//! The catalog's graph: plans, events, questions.

use std::collections::BTreeSet;

use bussola_domain::catalog::manifest::{ParsedManifest, parse};
use bussola_domain::catalog::model::Owner;
use bussola_domain::catalog::{
    ApplyScope, Catalog, CatalogEvent, EntityRef, EntityState, FacetName, FacetValue, Health, ListQuery,
    OwnershipReason, PipelineSeen, Problem, Reached, Sort, Towards, blobs,
};
use bussola_domain::id::{NameId, Timestamp};
use proptest::prelude::*;

fn manifest(path: &str, text: &str) -> ParsedManifest {
    parse(path, text.as_bytes()).unwrap_or_else(|problems| panic!("{}", shown(&problems)))
}

fn shown(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

fn entity(reference: &str) -> EntityRef {
    EntityRef::parse(reference).expect("a ref")
}

/// A catalog, and what happens to it in turn.
#[derive(Default)]
struct Story {
    catalog: Catalog,
    log: Vec<(CatalogEvent, Timestamp)>,
}

impl Story {
    fn of(files: &[(&str, &str)]) -> Story {
        let mut story = Story::default();
        story.apply(ApplyScope::Everything, files).unwrap_or_else(|problems| panic!("{}", shown(&problems)));
        story
    }

    /// Plans and applies; returns one line for each event.
    fn apply(&mut self, scope: ApplyScope, files: &[(&str, &str)]) -> Result<Vec<String>, Vec<Problem>> {
        let manifests: Vec<_> = files.iter().map(|(path, text)| manifest(path, text)).collect();
        let events = self.catalog.plan_apply(&scope, &manifests)?;
        Ok(self.record(events))
    }

    fn see(&mut self, seen: PipelineSeen) -> Vec<String> {
        let events = self.catalog.plan_discover(&seen);
        self.record(events)
    }

    fn record(&mut self, events: Vec<CatalogEvent>) -> Vec<String> {
        let at = Timestamp(self.log.len() as i64 + 1);
        let mut lines = Vec::new();
        for event in events {
            let kind = format!("{event:?}");
            lines.push(format!("{} {}", kind.split(['(', ' ']).next().unwrap_or(""), event.subject()));
            self.catalog.apply(&event, at);
            self.log.push((event, at));
        }
        self.check();
        lines
    }

    /// What must hold after every step, whatever it was.
    fn check(&self) {
        // Replay of the events as they are stored gives the same state.
        let mut replayed = Catalog::new();
        for (event, at) in &self.log {
            let stored = serde_json::to_string(event).expect("an event serialises");
            replayed.apply(&serde_json::from_str(&stored).expect("an event is read back"), *at);
        }
        assert_eq!(replayed, self.catalog);
        // So does a snapshot, and what is derived answers alike.
        let snapshot = serde_json::to_string(&self.catalog).expect("a state serialises");
        let mut restored: Catalog = serde_json::from_str(&snapshot).expect("a state is read back");
        restored.rebuild();
        assert_eq!(restored, self.catalog);
        assert_eq!(answers(&restored), answers(&self.catalog));
        check_health(&self.catalog);
        check_health(&restored);
        assert_eq!(serde_json::to_string(&restored).expect("a state serialises"), snapshot);
    }
}

/// What fails by itself puts at risk what a walk from it reaches, and nothing else.
fn check_health(catalog: &Catalog) {
    for pipeline in catalog.pipelines() {
        let home = catalog.component_of_discovered(&pipeline.root);
        let map = catalog.health_sources(|root| (root == pipeline.root).then_some(false)).derive();
        let mut reached: Vec<EntityRef> =
            catalog.dependents(&home, None).into_iter().map(|reached| reached.reference).collect();
        reached.sort();
        assert_eq!(map.failing(), std::slice::from_ref(&home));
        let all = catalog.list(ListQuery::default()).items.into_iter();
        let at_risk: Vec<EntityRef> =
            all.filter(|reference| catalog.health_in(&map, reference) == (Health::AtRisk, Some(&home))).collect();
        reached.retain(|reference| catalog.get(reference).is_some());
        assert_eq!(at_risk, reached);
    }
}

/// Every answer about everything, as text.
fn answers(catalog: &Catalog) -> String {
    let by_title = catalog.list(ListQuery { sort: Sort::Title, facets: true, ..ListQuery::default() });
    let mut out = format!("{:?}\n{:?}\n{by_title:?}\n", catalog.cycles(), catalog.dangling());
    for reference in &catalog.list(ListQuery::default()).items {
        let view = catalog.get(reference).expect("what is listed is there");
        out += &format!(
            "{reference} {:?} {:?} {:?}\n{:?}\n{:?}\n{:?}\n{:?}\n",
            view.state(),
            view.entity_type(),
            view.title(),
            catalog.owner(reference),
            catalog.relations(reference),
            catalog.dependencies(reference, None),
            catalog.dependents(reference, None),
        );
    }
    out
}

fn component(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\nspec:\n  type: service\n  lifecycle: production\n  owner: team\n{spec}"
    )
}

fn kind(kind: &str, name: &str, spec: &str) -> String {
    format!("apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n{spec}")
}

fn reached(list: &[Reached]) -> Vec<String> {
    list.iter().map(|r| format!("{} {} {} {}", r.distance, r.reference, r.via.as_str(), r.from)).collect()
}

#[test]
fn a_plan_says_only_what_changes() {
    let two = format!("{}---\n{}", component("a", ""), component("b", ""));
    let mut story = Story::of(&[("x/catalog-info.yaml", &two), ("y/compass.yml", "name: c\nconfigVersion: 1")]);
    assert_eq!(story.catalog.len(), 3);
    let same = story.apply(
        ApplyScope::Everything,
        &[("x/catalog-info.yaml", &two), ("y/compass.yml", "name: c\nconfigVersion: 1")],
    );
    assert_eq!(same.expect("no conflict"), Vec::<String>::new());

    let check = |story: &mut Story, scope, files: &[(&str, &str)], expected: &[&str]| {
        assert_eq!(story.apply(scope, files).expect("no conflict"), expected);
    };
    // Only `b` changes in the file.
    let changed = two.replace("name: b\n", "name: b\n  title: Bee\n");
    check(
        &mut story,
        ApplyScope::Files,
        &[("x/catalog-info.yaml", &changed)],
        &[
            "ManifestRead manifest:x/catalog-info.yaml",
            "EntityDeclared component:default/a",
            "EntityDeclared component:default/b",
        ],
    );
    // A file that is not handed in is gone only when it is in scope.
    check(&mut story, ApplyScope::Files, &[], &[]);
    check(&mut story, ApplyScope::Under(vec!["x2".into(), "z/".into()]), &[], &[]);
    check(
        &mut story,
        ApplyScope::Under(vec!["y/".into()]),
        &[],
        &["EntityRemoved component:default/c", "ManifestForgotten manifest:y/compass.yml"],
    );
    // An entity moves to another file: no removal.
    check(
        &mut story,
        ApplyScope::Under(vec!["x".into()]),
        &[("x/b.catalog-info.yaml", &component("b", ""))],
        &[
            "ManifestRead manifest:x/b.catalog-info.yaml",
            "EntityDeclared component:default/b",
            "EntityRemoved component:default/a",
            "ManifestForgotten manifest:x/catalog-info.yaml",
        ],
    );
    check(
        &mut story,
        ApplyScope::Everything,
        &[],
        &["EntityRemoved component:default/b", "ManifestForgotten manifest:x/b.catalog-info.yaml"],
    );
    assert!(story.catalog.is_empty());
}

#[test]
fn a_plan_in_conflict_changes_nothing() {
    let check = |before: &[(&str, &str)], files: &[(&str, &str)], expected: &str| {
        let mut story = Story::of(before);
        let problems = story.apply(ApplyScope::Files, files).expect_err("a conflict");
        assert_eq!(shown(&problems), expected);
    };
    let a = component("a", "");
    check(
        &[],
        &[("1/catalog-info.yaml", &a), ("2/compass.yml", "name: A")],
        "2/compass.yml:1:7: error[B0131]: component:default/a is declared twice, also at 1/catalog-info.yaml:4\nhint: remove one of the two, or give it another name",
    );
    check(
        &[("1/catalog-info.yaml", &a)],
        &[("2/compass.yml", "configVersion: 1\nname: A")],
        "2/compass.yml:2:7: error[B0131]: component:default/a is declared twice, also at 1/catalog-info.yaml:1\nhint: give one another name; if the file moved, apply its directory with --prune",
    );
    check(
        &[("1/compass.yml", "name: a\nid: ari:cloud:compass:c:component/x/1")],
        &[("2/compass.yml", "name: b\nid: ari:cloud:compass:c:component/x/1")],
        "2/compass.yml:2:5: error[B0133]: `ari:cloud:compass:c:component/x/1` stands for component:default/b here and for component:default/a elsewhere\nhint: one identifier names one entity: correct one of the two",
    );
    check(
        &[("1/bussola.yaml", "bussola: 1\nclaims:\n- component: a\n  families: [Billing*]")],
        &[("2/bussola.yaml", "bussola: 1\nclaims:\n- component: b\n  families: [B, '*Billing']")],
        "2/bussola.yaml:4:17: error[B0132]: `*Billing` gives families to component:default/b that `Billing*` at 1/bussola.yaml:4 gives to component:default/a equally well\nhint: make one of the two globs longer: the most specific wins",
    );
    check(
        &[],
        &[("1/compass.yml", "name: a"), ("1/compass.yml", "name: a")],
        "1/compass.yml:1:1: error[B0134]: the manifest is handed in twice\nhint: name each file once",
    );
}

#[test]
fn what_is_moved_between_files_in_one_plan_is_no_conflict() {
    let mut story = Story::of(&[("1/compass.yml", "name: a"), ("2/compass.yml", "name: b")]);
    story.apply(ApplyScope::Files, &[("1/compass.yml", "name: b"), ("2/compass.yml", "name: a")]).expect("no conflict");
    assert_eq!(story.catalog.declared(&entity("component:default/a")).expect("a").entity.origin.path, "2/compass.yml");
}

#[test]
fn fields_know_where_and_since_when() {
    let mut story = Story::of(&[("compass.yml", "name: A\ndescription: one\nfields:\n  tier: 1")]);
    story
        .apply(ApplyScope::Files, &[("compass.yml", "name: A\n\ndescription: two\nfields:\n  tier: 1\nlabels: [x]")])
        .expect("no conflict");
    let declared = story.catalog.declared(&entity("component:default/a")).expect("a");
    let check = |field: &str, line: u32, at: i64| {
        assert_eq!((declared.entity.fields[field].line, declared.since(field)), (line, Timestamp(at)), "{field}");
    };
    assert_eq!(declared.at, Timestamp(1));
    check("name", 1, 1);
    check("description", 3, 3);
    check("fields.tier", 5, 1);
    check("labels", 6, 3);
}

#[test]
fn owners_and_why() {
    let story = Story::of(&[
        ("compass.yml", "name: A\nownerId: ari:cloud:identity::team/t1"),
        ("b/compass.yml", "name: B"),
        ("bussola.yaml", "bussola: 1\naliases:\n  ari:cloud:identity::team/t1: group:default/payments"),
        (
            "c/catalog-info.yaml",
            &kind("Component", "c", "  type: service\n  lifecycle: x\n  owner: User:Jane\n  subcomponentOf: b\n"),
        ),
    ]);
    let check = |reference: &str, owner: Option<&str>, reasons: &[&str]| {
        let ownership = story.catalog.owner(&entity(reference));
        assert_eq!(ownership.owner, owner.map(|owner| Owner::Entity(entity(owner))), "{reference}");
        let shown: Vec<String> = ownership
            .chain
            .iter()
            .map(|step| match &step.reason {
                OwnershipReason::Declared { path, span, written } => {
                    format!("{} {path}:{} {written}", step.entity, span.line)
                }
                other => format!("{} {other:?}", step.entity),
            })
            .collect();
        assert_eq!(shown, reasons, "{reference}");
    };
    check(
        "component:default/a",
        Some("group:default/payments"),
        &["component:default/a compass.yml:2 ari:cloud:identity::team/t1"],
    );
    check("component:default/b", None, &["component:default/b Unowned"]);
    check("component:default/c", Some("user:default/jane"), &["component:default/c c/catalog-info.yaml:8 User:Jane"]);
    check("component:default/none", None, &["component:default/none Unowned"]);
}

#[test]
fn an_owner_is_looked_for_in_the_whole() {
    let story = Story::of(&[
        ("compass.yml", "name: part"),
        ("s.catalog-info.yaml", &kind("Component", "whole", "  type: service\n  lifecycle: x\n  owner: team\n")),
    ]);
    // Nothing in a compass.yml says that it is a part; a Backstage file always has an owner. A dataset has neither.
    assert_eq!(story.catalog.owner(&entity("component:default/part")).owner, None);
    let mut story = story;
    story.see(PipelineSeen {
        datasets: BTreeSet::from(["s3://bucket/table".into()]),
        owner: Some(Owner::Named(NameId(7))),
        root: "Load".into(),
        ..PipelineSeen::default()
    });
    let ownership = story.catalog.owner(&entity("resource:default/s3-bucket-table"));
    assert_eq!(ownership.owner, Some(Owner::Named(NameId(7))));
    assert_eq!(ownership.chain[0].reason, OwnershipReason::ProducedBy);
    assert_eq!(ownership.chain[1].reason, OwnershipReason::Luigi { root: "Load".into() });
}

#[test]
fn a_blast_radius_goes_along_what_depends() {
    let api = kind("API", "pay", "  type: openapi\n  lifecycle: x\n  owner: team\n  definition: x\n  system: shop\n");
    let story = Story::of(&[
        ("1.catalog-info.yaml", &kind("Resource", "db", "  type: database\n  owner: team\n  system: shop\n")),
        (
            "2.catalog-info.yaml",
            &component(
                "core",
                "  dependsOn: [resource:db]\n  providesApis: [pay]\n  subcomponentOf: big\n  system: shop\n",
            ),
        ),
        ("3.catalog-info.yaml", &component("web", "  consumesApis: [pay]\n")),
        ("4.catalog-info.yaml", &component("big", "")),
        ("5.catalog-info.yaml", &api),
        ("6.catalog-info.yaml", &component("bystander", "  system: shop\n")),
        ("7/compass.yml", "name: Phone\nrelationships:\n  DEPENDS_ON: [web, nothing]"),
        ("8.catalog-info.yaml", &component("tool", "  dependencyOf: [component:phone]\n")),
    ]);
    assert_eq!(
        reached(&story.catalog.dependents(&entity("resource:default/db"), None)),
        [
            "1 component:default/core dependsOn resource:default/db",
            "2 api:default/pay apiProvidedBy component:default/core",
            "2 component:default/big hasPart component:default/core",
            "3 component:default/web consumesApi api:default/pay",
            "4 component:default/phone dependsOn component:default/web",
        ]
    );
    assert_eq!(story.catalog.dependents(&entity("resource:default/db"), Some(2)).len(), 3);
    assert_eq!(story.catalog.dependents(&entity("resource:default/db"), Some(0)).len(), 0);
    assert_eq!(
        reached(&story.catalog.dependencies(&entity("component:default/phone"), None)),
        [
            "1 component:default/nothing dependencyOf component:default/phone",
            "1 component:default/tool dependencyOf component:default/phone",
            "1 component:default/web dependencyOf component:default/phone",
            "2 api:default/pay apiConsumedBy component:default/web",
            "3 component:default/core providesApi api:default/pay",
            "4 resource:default/db dependencyOf component:default/core",
        ]
    );
    let missing: Vec<String> = story
        .catalog
        .dependencies(&entity("component:default/phone"), Some(1))
        .into_iter()
        .filter(|r| !r.exists)
        .map(|r| r.reference.to_string())
        .collect();
    assert_eq!(missing, ["component:default/nothing"]);
    assert_eq!(story.catalog.dependents(&entity("system:default/shop"), None), []);
    assert_eq!(story.catalog.dependents(&entity("group:default/team"), None), []);
}

#[test]
fn circles_are_found_and_end_walks() {
    let depends = |name: &str, on: &str| format!("name: {name}\nrelationships:\n  DEPENDS_ON: [{on}]");
    let own_api = component("own", "  providesApis: [mine]\n  consumesApis: [mine]\n");
    let story = Story::of(&[
        ("a/compass.yml", &depends("a", "b")),
        ("b/compass.yml", &depends("b", "c")),
        ("c/compass.yml", &depends("c", "a, d")),
        ("d/compass.yml", &depends("d", "")),
        ("self/compass.yml", &depends("self", "self")),
        ("catalog-info.yaml", &own_api),
    ]);
    let cycles: Vec<Vec<String>> =
        story.catalog.cycles().iter().map(|cycle| cycle.iter().map(|r| r.name().to_owned()).collect()).collect();
    assert_eq!(cycles, [vec!["a", "b", "c"], vec!["self"]]);
    assert_eq!(story.catalog.dependents(&entity("component:default/d"), None).len(), 3);
}

#[test]
fn a_long_chain_costs_no_stack() {
    const LENGTH: usize = 50_000;
    let mut catalog = Catalog::new();
    let template = manifest("catalog-info.yaml", &component("a", "  dependsOn: [component:b]\n"));
    let base = template.entities().next().expect("an entity").clone();
    for at in 0..LENGTH {
        let mut entity = base.clone();
        entity.reference = EntityRef::component(&format!("c{at}")).expect("a ref");
        entity.relations[1].target = EntityRef::component(&format!("c{}", at + 1)).expect("a ref");
        entity.relations[1].written = None;
        let event = bussola_domain::catalog::event::EntityDeclared { entity };
        catalog.apply(&CatalogEvent::EntityDeclared(Box::new(event)), Timestamp(0));
    }
    assert_eq!(catalog.dependencies(&entity("component:default/c0"), None).len(), LENGTH);
    assert!(catalog.cycles().is_empty());
}

#[test]
fn what_is_not_there_is_reported_and_kept() {
    let mut story = Story::of(&[
        (
            "a/compass.yml",
            "name: a\nrelationships:\n  DEPENDS_ON:\n  - bad slug\n  - ari:cloud:compass:c:component/w/u",
        ),
        ("bussola.yaml", "bussola: 1\nclaims:\n- component: component:default/etl\n  families: [Etl]"),
    ]);
    let lines = |story: &Story| -> Vec<String> {
        story
            .catalog
            .dangling()
            .iter()
            .map(|d| format!("{}:{} {} {} -> {}", d.path, d.span.line, d.entity, d.field, d.written))
            .collect()
    };
    assert_eq!(
        lines(&story),
        [
            "a/compass.yml:4 component:default/a relationships.DEPENDS_ON -> bad slug",
            "a/compass.yml:5 component:default/a relationships.DEPENDS_ON -> ari:cloud:compass:c:component/w/u",
            "bussola.yaml:4 component:default/etl claims -> component:default/etl",
        ]
    );
    // The other side comes later, and the identifier means it.
    story
        .apply(ApplyScope::Files, &[("w/compass.yml", "name: W\nid: ari:cloud:compass:c:component/w/u")])
        .expect("no conflict");
    assert_eq!(lines(&story).len(), 2);
    assert_eq!(
        reached(&story.catalog.dependents(&entity("component:default/w"), None)),
        ["1 component:default/a dependsOn component:default/w"]
    );
    // And goes again.
    story.apply(ApplyScope::Under(vec!["w".into()]), &[]).expect("no conflict");
    assert_eq!(lines(&story).len(), 3);
    assert_eq!(story.catalog.dependents(&entity("component:default/w"), None), []);
}

#[test]
fn pipelines_register_themselves() {
    let mut story = Story::default();
    let seen = PipelineSeen {
        datasets: BTreeSet::from(["s3://lake/invoices".into()]),
        dependencies: BTreeSet::from(["LoadUsers".into()]),
        families: BTreeSet::from(["BillingDaily".into(), "Extract".into()]),
        owner: Some(Owner::Named(NameId(1))),
        root: "BillingDaily".into(),
    };
    assert_eq!(
        story.see(seen.clone()),
        ["PipelineDiscovered pipeline:BillingDaily", "PipelineExtended pipeline:BillingDaily"]
    );
    assert_eq!(story.see(seen.clone()), Vec::<String>::new(), "what is known is no event");
    let billing = entity("component:default/billing-daily");
    let view = story.catalog.get(&billing).expect("it is there");
    assert_eq!((view.state(), view.entity_type()), (EntityState::Discovered, Some("pipeline")));
    assert_eq!(view.pipelines[0].families.len(), 2);
    assert_eq!(story.catalog.owner(&billing).owner, Some(Owner::Named(NameId(1))));
    let dataset = entity("resource:default/s3-lake-invoices");
    assert_eq!(story.catalog.get(&dataset).expect("it is there").entity_type(), Some("dataset"));
    assert_eq!(
        reached(&story.catalog.dependents(&billing, None)),
        ["1 resource:default/s3-lake-invoices dependsOn component:default/billing-daily"]
    );
    assert!(story.catalog.get(&entity("component:default/load-users")).is_none(), "spoken of, not seen");

    // More is seen later; only what is new is an event.
    let more =
        PipelineSeen { families: BTreeSet::from(["Report".into()]), owner: None, datasets: BTreeSet::new(), ..seen };
    assert_eq!(story.see(more), ["PipelineExtended pipeline:BillingDaily"]);
    assert_eq!(story.catalog.pipeline("BillingDaily").expect("it is there").families.len(), 3);

    // A declared component of that name takes it over and keeps what was discovered.
    story
        .apply(
            ApplyScope::Files,
            &[("compass.yml", "name: Billing Daily\ntypeId: DATA_PIPELINE\nownerId: ari:cloud:identity::team/t")],
        )
        .expect("no conflict");
    let view = story.catalog.get(&billing).expect("it is there");
    assert_eq!(
        (view.state(), view.entity_type(), view.pipelines.len()),
        (EntityState::Declared, Some("data-pipeline"), 1)
    );
    assert_eq!(
        story.catalog.owner(&billing).owner,
        Some(Owner::Entity(entity("group:default/t"))),
        "a manifest's owner goes first"
    );

    // A claim moves it to another component, with its datasets.
    story
        .apply(
            ApplyScope::Files,
            &[(
                "bussola.yaml",
                "bussola: 1\nclaims:\n- component: component:default/billing-etl\n  families: ['Billing*']",
            )],
        )
        .expect("no conflict");
    assert_eq!(story.catalog.component_for_family("BillingDaily"), Some(entity("component:default/billing-etl")));
    assert_eq!(story.catalog.component_for_family("Other"), None);
    let etl = entity("component:default/billing-etl");
    assert_eq!(story.catalog.get(&etl).expect("it is there").pipelines.len(), 1);
    assert_eq!(story.catalog.get(&billing).expect("it is there").pipelines.len(), 0);
    assert_eq!(
        reached(&story.catalog.dependents(&etl, None)),
        ["1 resource:default/s3-lake-invoices dependsOn component:default/billing-etl"]
    );

    // Without the claim it goes back.
    story.apply(ApplyScope::Everything, &[]).expect("no conflict");
    assert_eq!(story.catalog.get(&billing).expect("it is there").state(), EntityState::Discovered);
    assert!(story.catalog.get(&etl).is_none());
}

#[test]
fn lists_filter_and_page() {
    let mut story = Story::of(&[
        ("1/compass.yml", "name: Alpha\ntypeId: SERVICE\nlabels: [red]\ndescription: Sends mail"),
        ("2/compass.yml", "name: Beta\ntypeId: LIBRARY\nownerId: ari:cloud:identity::team/t"),
        ("3.catalog-info.yaml", &component("gamma", "")),
        ("4.catalog-info.yaml", &kind("Group", "team", "  type: team\n  children: []\n")),
    ]);
    story.see(PipelineSeen { root: "Delta".into(), ..PipelineSeen::default() });
    let check = |query: ListQuery, expected: &[&str], total: usize| {
        let page = story.catalog.list(query.clone());
        let names: Vec<&str> = page.items.iter().map(EntityRef::name).collect();
        assert_eq!((names.as_slice(), page.total), (expected, total), "{query:?}");
    };
    let any = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    let text = |text: &str| Some(text.to_owned());
    let all = ListQuery::default;
    check(all(), &["alpha", "beta", "delta", "gamma", "team"], 5);
    check(ListQuery { limit: Some(2), offset: 1, ..all() }, &["beta", "delta"], 5);
    check(ListQuery { offset: 9, ..all() }, &[], 5);
    check(ListQuery { kinds: any(&["Group"]), ..all() }, &["team"], 1);
    check(ListQuery { kinds: any(&["nothing"]), ..all() }, &[], 0);
    check(ListQuery { types: any(&["Service"]), ..all() }, &["alpha", "gamma"], 2);
    check(ListQuery { types: any(&["pipeline", "library"]), ..all() }, &["beta", "delta"], 2);
    check(ListQuery { types: any(&[""]), kinds: any(&["component"]), ..all() }, &[], 0);
    check(ListQuery { lifecycles: any(&["production"]), ..all() }, &["gamma"], 1);
    check(ListQuery { lifecycles: any(&["", "Production"]), ..all() }, &["alpha", "beta", "delta", "gamma", "team"], 5);
    check(ListQuery { tiers: vec![Some(1)], ..all() }, &[], 0);
    check(ListQuery { text: text("MAIL"), ..all() }, &["alpha"], 1);
    check(ListQuery { text: text(" sends  alph "), ..all() }, &["alpha"], 1);
    check(ListQuery { text: text("red"), ..all() }, &["alpha"], 1);
    check(ListQuery { text: text("sends nothing"), ..all() }, &[], 0);
    // The kind is in every ref, so no word finds a thing by it; a whole ref finds its entity.
    check(ListQuery { text: text("one"), ..all() }, &[], 0);
    check(ListQuery { text: text("Component:default/alpha"), ..all() }, &["alpha"], 1);
    check(ListQuery { tags: any(&["red"]), ..all() }, &["alpha"], 1);
    check(ListQuery { tags: any(&[""]), ..all() }, &["beta", "delta", "gamma", "team"], 4);
    check(ListQuery { owners: Some(vec![Owner::Entity(entity("group:default/team"))]), ..all() }, &["gamma"], 1);
    check(ListQuery { owners: Some(Vec::new()), ..all() }, &[], 0);
    check(ListQuery { only_unowned: true, ..all() }, &["alpha", "delta"], 2);
    check(ListQuery { state: Some(EntityState::Discovered), ..all() }, &["delta"], 1);
    let sorted = |sort| ListQuery { sort, kinds: any(&["component"]), ..all() };
    check(ListQuery { descending: true, ..sorted(Sort::Ref) }, &["gamma", "delta", "beta", "alpha"], 4);
    check(sorted(Sort::Type), &["beta", "delta", "alpha", "gamma"], 4);
    // What has no tier comes last both ways, and what is equal in order of ref.
    check(ListQuery { descending: true, ..sorted(Sort::Tier) }, &["alpha", "beta", "delta", "gamma"], 4);
    check(ListQuery { limit: Some(1), offset: 1, ..sorted(Sort::Type) }, &["delta"], 4);
}

#[test]
fn a_facet_is_counted_with_the_other_filters_applied() {
    let story = Story::of(&[
        ("1/compass.yml", "name: Alpha\ntypeId: SERVICE\nlabels: [red, blue]"),
        ("2/compass.yml", "name: Beta\ntypeId: LIBRARY\nlabels: [red]"),
        ("3/compass.yml", "name: Gamma\ntypeId: SERVICE\nfields: {tier: 1}"),
    ]);
    let query =
        ListQuery { types: vec!["service".into()], tags: vec!["red".into()], facets: true, ..ListQuery::default() };
    let page = story.catalog.list(query);
    let facet = |name: FacetName| {
        let facet = page.facets.iter().find(|facet| facet.name == name).expect("every facet is counted");
        let values = facet.values.iter().map(|(value, count)| match value {
            FacetValue::Word(word) => format!("{word} {count}"),
            other => format!("{other:?} {count}"),
        });
        values.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(page.items.len(), 1);
    assert_eq!(facet(FacetName::Type), "library 1, service 1");
    assert_eq!(facet(FacetName::Tag), "blue 1, red 1");
    assert_eq!(facet(FacetName::Kind), "component 1");
    assert_eq!(facet(FacetName::Tier), "None 1");
    assert_eq!(facet(FacetName::Owner), "None 1");
    assert_eq!(facet(FacetName::State), "declared 1");
}

#[test]
fn what_a_pipeline_makes_follows_its_owner() {
    let seen = |owner: u32| PipelineSeen {
        datasets: BTreeSet::from(["table".into()]),
        owner: Some(Owner::Named(NameId(owner))),
        root: "Load".into(),
        ..PipelineSeen::default()
    };
    let owned = |story: &Story, owner: u32| {
        let owners = Some(vec![Owner::Named(NameId(owner))]);
        let page = story.catalog.list(ListQuery { owners, ..ListQuery::default() });
        page.items.iter().map(|one| one.name().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let mut story = Story::default();
    story.see(seen(7));
    assert_eq!((owned(&story, 7), owned(&story, 8)), ("load table".into(), String::new()));
    story.see(seen(8));
    assert_eq!((owned(&story, 7), owned(&story, 8)), (String::new(), "load table".into()));
}

#[test]
fn health_spreads_to_what_depends_on_it() {
    let needs = |name: &str, other: &str| component(name, &format!("  dependsOn: ['component:{other}']\n"));
    let mut story = Story::of(&[
        ("1.catalog-info.yaml", &needs("report", "extract")),
        ("2.catalog-info.yaml", &needs("board", "report")),
        ("3.catalog-info.yaml", &component("other", "")),
    ]);
    for root in ["Extract", "Report", "Fine"] {
        story.see(PipelineSeen { root: root.into(), ..PipelineSeen::default() });
    }
    let map = story.catalog.health_sources(|root| Some(root != "Extract")).derive();
    let health = |name: &str| {
        let (health, cause) = story.catalog.health_in(&map, &entity(&format!("component:default/{name}")));
        (health, cause.map(EntityRef::name))
    };
    assert_eq!(health("extract"), (Health::Failing, None));
    assert_eq!(health("report"), (Health::AtRisk, Some("extract")));
    assert_eq!(health("board"), (Health::AtRisk, Some("extract")));
    assert_eq!(health("fine"), (Health::Healthy, None));
    assert_eq!(health("other"), (Health::Unknown, None));
    assert_eq!(health("nowhere"), (Health::Unknown, None));
}

#[test]
fn people_stay_out_of_events() {
    let user = "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: jd\n  title: Jane Doe\n  description: Jane's account\n  annotations: {example.com/mail: jane@example.com}\n  links: [{url: 'https://jane.example.com'}]\nspec:\n  profile: {displayName: Jane Doe, email: jane@example.com}\n  memberOf: [team]\n";
    let manifests = [manifest("catalog-info.yaml", user)];
    let events = Catalog::new().plan_apply(&ApplyScope::Everything, &manifests).expect("no conflict");
    let stored = serde_json::to_string(&events).expect("events serialise");
    assert!(!stored.to_lowercase().contains("jane"), "{stored}");
    assert!(stored.contains("group:default/team"));
    assert!(blobs(&manifests)[0].text.contains("jane@example.com"));
}

#[test]
fn events_are_small_and_stable() {
    let manifests =
        [manifest("compass.yml", "name: A\nconfigVersion: 1\nfields: {tier: 2}\nrelationships: {DEPENDS_ON: [b]}")];
    let events = Catalog::new().plan_apply(&ApplyScope::Everything, &manifests).expect("no conflict");
    let lines: Vec<String> =
        events.iter().map(|event| serde_json::to_string(event).expect("an event serialises")).collect();
    let hash = manifests[0].blob().hash;
    assert_eq!(
        lines,
        [
            format!(r#"{{"manifestRead":{{"blob":"{hash}","format":"compass","path":"compass.yml"}}}}"#),
            format!(
                concat!(
                    r#"{{"entityDeclared":{{"fields":{{"fields.tier":{{"column":16,"line":3}},"name":{{"column":7,"line":1}},"#,
                    r#""relationships.DEPENDS_ON":{{"column":29,"line":4}}}},"origin":{{"blob":"{hash}","document":0,"format":"compass","#,
                    r#""line":1,"path":"compass.yml"}},"reference":"component:default/a","relations":[{{"field":"relationships.DEPENDS_ON","#,
                    r#""relation":"dependsOn","span":{{"column":30,"line":4}},"target":"component:default/b","written":"b"}}],"tier":2,"title":"A"}}}}"#
                ),
                hash = hash
            ),
        ]
    );
}

/// One thing that may happen.
#[derive(Clone, Debug)]
enum Step {
    Files(Vec<(u8, String)>),
    Everything(Vec<(u8, String)>),
    Seen(PipelineSeen),
}

fn step() -> impl Strategy<Value = Step> {
    const NAMES: &[&str] = &["a", "b", "load", "bill-daily"];
    let name = || prop::sample::select(NAMES);
    let target = || {
        prop::sample::select(vec![
            "a",
            "b",
            "load",
            "bill-daily",
            "ari:cloud:compass::component/x/1",
            "ari:cloud:identity::team/t",
        ])
    };
    let compass = (name(), target(), target(), prop::bool::ANY).prop_map(|(name, on, owner, id)| {
        let id = if id { "id: ari:cloud:compass::component/x/1\n" } else { "" };
        format!("configVersion: 1\nname: {name}\n{id}ownerId: '{owner}'\nrelationships: {{DEPENDS_ON: ['{on}']}}\n")
    });
    let backstage = (name(), name(), name()).prop_map(|(name, part, api)| {
        component(name, &format!("  subcomponentOf: {part}\n  providesApis: [{api}]\n  consumesApis: [{name}]\n  dependencyOf: [component:{part}]\n"))
    });
    let claims = (name(), prop::sample::select(vec!["Bill*", "*", "Load"]), target(), name()).prop_map(|(component, glob, alias, of)| {
        format!("bussola: 1\nclaims: [{{component: {component}, families: ['{glob}']}}]\naliases: {{'{alias}': 'component:{of}'}}\n")
    });
    let file = (0..4_u8, prop_oneof![2 => compass, 1 => backstage, 1 => claims]);
    let files = prop::collection::vec(file, 0..3);
    let family = || prop::sample::select(vec!["Load", "BillDaily", "A"]).prop_map(str::to_owned);
    let seen = (
        family(),
        prop::collection::btree_set(family(), 0..3),
        prop::collection::btree_set(name().prop_map(str::to_owned), 0..2),
        0..3_u32,
    )
        .prop_map(|(root, families, datasets, owner)| PipelineSeen {
            dependencies: families.clone(),
            datasets,
            families,
            owner: (owner > 0).then_some(Owner::Named(NameId(owner))),
            root,
        });
    prop_oneof![3 => files.clone().prop_map(Step::Files), 1 => files.prop_map(Step::Everything), 2 => seen.prop_map(Step::Seen)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order, replay, snapshots and what is derived agree (see [`Story::check`]), and a plan
    /// that was applied has nothing left to do.
    #[test]
    fn any_story_can_be_told_again(steps in prop::collection::vec(step(), 1..12)) {
        let mut story = Story::default();
        for step in steps {
            let (scope, files) = match step {
                Step::Seen(seen) => {
                    story.see(seen.clone());
                    prop_assert_eq!(story.catalog.plan_discover(&seen), []);
                    continue;
                }
                Step::Files(files) => (ApplyScope::Files, files),
                Step::Everything(files) => (ApplyScope::Everything, files),
            };
            let named: Vec<(String, String)> = files.into_iter().map(|(at, text)| (format!("{at}.yaml"), text)).collect();
            let files: Vec<(&str, &str)> = named.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
            let before = story.catalog.clone();
            match story.apply(scope.clone(), &files) {
                Ok(_) => prop_assert_eq!(story.apply(scope, &files).expect("it was no conflict"), Vec::<String>::new()),
                Err(problems) => {
                    prop_assert!(!problems.is_empty());
                    prop_assert_eq!(&story.catalog, &before);
                }
            }
        }
    }
}

#[test]
fn what_is_around_an_entity() {
    let component = |name: &str, needs: &str| {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{name: {name}}}\n\
             spec: {{type: service, lifecycle: production, owner: a, dependsOn: [{needs}]}}\n---\n"
        )
    };
    // a needs b and nowhere, b needs c, c needs a again; d and e need a; d needs b, too.
    let text = [("a", "b, nowhere"), ("b", "c"), ("c", "a"), ("d", "a, b"), ("e", "a")]
        .map(|(name, needs)| {
            component(name, &needs.split(", ").map(|need| format!("component:{need}")).collect::<Vec<_>>().join(", "))
        })
        .concat();
    let story = Story::of(&[("catalog-info.yaml", &text)]);
    let check = |name: &str, towards: Towards, depth: Option<u32>, most: usize, expected: Option<&str>| {
        let found = story.catalog.neighbourhood(&entity(&format!("component:{name}")), towards, depth, most);
        let told = found.map(|found| {
            let member = |at: u32| found.members[at as usize].reference.name();
            let members = found.members.iter().map(|member| {
                format!("{}{}{}", member.reference.name(), member.distance, if member.exists { "" } else { "?" })
            });
            let edges = found.edges.iter().map(|&(from, to, _)| format!("{}>{}", member(from), member(to)));
            let told: Vec<String> = members.chain(["|".to_owned()]).chain(edges).collect();
            format!("{} of {}", told.join(" "), found.total)
        });
        assert_eq!(told.as_deref(), expected);
    };
    check("a", Towards::Up, Some(1), 9, Some("a0 b-1 nowhere-1? | b>a nowhere>a of 3"));
    check("a", Towards::Down, Some(1), 9, Some("a0 c1 d1 e1 | a>c a>d a>e of 4"));
    // In a circle all is both; d needs b as well, which is seen because both are there.
    check("a", Towards::Both, Some(1), 9, Some("a0 b-1 nowhere-1? c1 d1 e1 | a>c a>d a>e b>a b>d nowhere>a c>b of 6"));
    check("a", Towards::Both, None, 3, Some("a0 b-1 nowhere-1? | b>a nowhere>a of 6"));
    check("e", Towards::Down, None, 9, Some("e0 | of 1"));
    check("nowhere", Towards::Both, None, 9, None);
}
