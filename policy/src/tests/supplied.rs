//! The set that ships.

use super::*;
use crate::{LUIGI_ANONYMOUS, ProblemKind, Switches, matrix};

fn shipped(switches: Switches) -> Arc<Compiled> {
    Arc::new(PolicySetText::shipped(switches).compile().unwrap_or_else(|problems| panic!("{problems:#?}")))
}

#[test]
fn who_may_do_what() {
    let table = matrix::table(&shipped(Switches::default()));
    insta::assert_snapshot!(table);
    let page = include_str!("../../../docs/policies.md");
    assert!(page.contains(&table), "docs/policies.md does not hold the table as it is");
}

#[test]
fn anonymous_workers_work_where_the_server_says_so() {
    let without = matrix::table(&shipped(Switches::default()));
    let with = matrix::table(&shipped(Switches { anonymous_workers: true }));
    let changed: Vec<&str> = with.lines().zip(without.lines()).filter(|(a, b)| a != b).map(|(a, _)| a).collect();
    let actions: Vec<&str> = changed.iter().filter_map(|row| row.split('`').nth(1)).collect();
    assert_eq!(actions, ["work", "startRun", "startRun"]);
    let files =
        |switches| PolicySetText::shipped(switches).files.into_keys().filter(|name| name == LUIGI_ANONYMOUS).count();
    assert_eq!((files(Switches::default()), files(Switches { anonymous_workers: true })), (0, 1));
}

/// What the page for authors shows, runs.
#[test]
fn examples_come_true_and_are_those_of_the_page() {
    let policies = include_str!("../../../examples/policies/payments.cedar");
    let expected = include_str!("../../../examples/policies/tests/payments.toml");
    let mut set = PolicySetText::shipped(Switches::default());
    set.files.insert("payments.cedar".to_owned(), policies.to_owned());
    let set = Arc::new(set.compile().unwrap_or_else(|problems| panic!("{problems:#?}")));
    for outcome in crate::cases::Cases::parse("payments.toml", expected).expect("a good file").run(&set) {
        assert!(outcome.passed(), "{} {}: {}", outcome.line, outcome.text, outcome.explanation.says);
    }
    let page = include_str!("../../../docs/policies.md");
    assert!(
        page.contains(policies) && page.contains(expected),
        "docs/policies.md does not hold the examples as they are"
    );
}

/// A word that is new has a place there.
#[test]
fn the_page_names_every_word() {
    let page = include_str!("../../../docs/policies.md");
    for action in bussola_domain::access::Action::ALL {
        assert!(page.contains(&format!("`{}`", action.as_str())), "{action:?}");
    }
    for kind in crate::schema::EntityKind::ALL {
        assert!(page.contains(kind.as_str()), "{kind:?}");
    }
}

#[test]
fn all_files_ship() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("defaults");
    let there = std::fs::read_dir(directory).expect("the defaults").count();
    assert_eq!(PolicySetText::shipped(Switches { anonymous_workers: true }).files.len(), there);
}

#[test]
fn codes_are_documented() {
    let page = include_str!("../../../docs/errors/policies.md");
    for kind in ProblemKind::ALL {
        let row = format!("| {} | {} |", kind.code(), kind.summary());
        assert!(page.contains(&row), "docs/errors/policies.md lacks `{row}`");
    }
}
