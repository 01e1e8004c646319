//! Who may do what by a set: roles by actions, for documentation and for a test that notices when a right changes hands.

use std::sync::Arc;

use bussola_domain::access::Action;

use crate::cases::Cases;
use crate::compile::Compiled;
use crate::schema::applies;

/// Who is asked about: the name in [`WORLD`], and the head of the column.
const ROLES: &[(&str, &str)] = &[
    ("member", "member of the owning group"),
    ("below", "member of a group within it"),
    ("other", "any other user"),
    ("admin", "administrator"),
    ("service", "service of the owning group"),
    ("agent", "agent of the owning group"),
    ("run", "run of the component"),
    ("stranger", "another run"),
    ("anonymous", "anonymous"),
    ("local", "local user"),
];

const WORLD: &str = r#"
[groups]
"group:default/payments-batch" = ["group:default/payments"]
[components."component:default/owned"]
owner = "group:default/payments"
[components."component:default/unowned"]
[components."component:default/elsewhere"]
owner = "group:default/search"
[who.member]
groups = ["group:default/payments"]
[who.below]
groups = ["group:default/payments-batch"]
[who.other]
groups = ["group:default/search-batch"]
[who.admin]
groups = ["group:default/bussola-admins"]
[who.somebody]
[who.service]
is = "service"
owner = "group:default/payments"
[who.agent]
is = "agent"
owner = "group:default/payments"
[who.run]
is = "run"
component = "component:default/owned"
[who.stranger]
is = "run"
component = "component:default/elsewhere"
"#;

/// A table in Markdown: a row for each action and kind of resource.
pub fn table(set: &Arc<Compiled>) -> String {
    let mut text = String::from("| action | on |");
    ROLES.iter().for_each(|(_, head)| text.push_str(&format!(" {head} |")));
    text.push_str(&format!("\n|---|---|{}\n", "---|".repeat(ROLES.len())));
    for &action in Action::ALL {
        for (resource, says) in resources(action) {
            let cells = ROLES.iter().map(|(who, _)| match resource {
                "own" => may(set, who, action, &format!("principal:{who}")),
                _ => may(set, who, action, resource),
            });
            let cells: String = cells.map(|may| if may { " yes |" } else { " |" }).collect();
            text.push_str(&format!("| `{}` | {says} |{cells}\n", action.as_str()));
        }
    }
    text
}

/// What an action is done to, each a case of its own.
fn resources(action: Action) -> Vec<(&'static str, &'static str)> {
    let all = [
        ("Catalog", "catalog", "the catalog"),
        ("Component", "component:default/owned", "a component of the group"),
        ("Component", "component:default/unowned", "a component that nobody owns"),
        ("Scheduler", "scheduler", "the scheduler"),
        ("Ledger", "ledger", "the ledger"),
        ("Access", "access", "access"),
        ("User", "own", "oneself"),
        ("User", "principal:somebody", "somebody else"),
        ("Secret", "secret:component:default/owned/vault:kv/db", "a secret of the component"),
    ];
    let (_, resources) = applies(action);
    let fits = |kind: &str| resources.iter().any(|resource| resource.as_str() == kind);
    all.into_iter().filter(|(kind, _, _)| fits(kind)).map(|(_, resource, says)| (resource, says)).collect()
}

fn may(set: &Arc<Compiled>, who: &str, action: Action, resource: &str) -> bool {
    let world = format!("{WORLD}[[expect]]\nallow = [\"{who} {} {resource}\"]\n", action.as_str());
    // Whoever has no sessions cannot be spoken of as somebody who has.
    let Ok(mut cases) = Cases::parse("matrix", &world) else { return false };
    cases.run(set).iter().all(|outcome| outcome.explanation.allowed)
}
