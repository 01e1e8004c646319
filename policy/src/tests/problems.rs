//! What is refused, and how it is told.

use super::*;
use crate::ProblemKind;
use crate::limits::{FILE_BYTES_MAX, FILES_MAX, NESTING_MAX, POLICIES_MAX, POLICY_BYTES_MAX, SET_BYTES_MAX};

fn told(set: &PolicySetText) -> String {
    let problems = set.compile().expect_err("something is wrong with it");
    let told = |problem: &crate::PolicyProblem| {
        let hint = if problem.hint.is_empty() { String::new() } else { format!("hint: {}\n", problem.hint) };
        format!("{} {problem}\n{}{hint}", problem.kind.code(), problem.excerpt())
    };
    problems.iter().map(told).collect()
}

#[test]
fn faults_are_told_with_their_place() {
    insta::assert_snapshot!(told(&text(
        r#"
permit (principal, action, resource) when { context.mfa };
// The next one has a fault; so has the one after it.
permit (principal is Bussola::Usr, action, resource);
permit (principal, action, resource is Bussola::Secrets);
forbid (principal, action, resource) when { context.mfaa };
permit (principal, action, resource) when { resource.owner == principal };
forbid (principal, action, resource) when { context.credential == Bussola::Credential::"sesion" };
forbid (principal, action, resource) when { context.rule == 1 };
permit (principal is Bussola::Run, action == Bussola::Action::"erase", resource);
"#
    )));
}

#[test]
fn what_is_not_cedar_is_told_with_its_place() {
    insta::assert_snapshot!(told(&text(
        "permit (principal, action, resource)\nwhen { context.mfa\n;\n\npermit (principle, action, resource);\npermit (principal == ?principal, action, resource);\nallow (principal, action, resource); \"x"
    )));
}

#[test]
fn ids_are_unique_and_can_stand_in_a_reason() {
    let mut set =
        text("@id(\"a\") permit (principal, action, resource);\n@id(\"b,c\") permit (principal, action, resource);");
    set.files.insert("b.cedar".into(), "// b\n@id(\"a\") forbid (principal, action, resource);".into());
    set.files.insert("c d.cedar".into(), String::new());
    insta::assert_snapshot!(told(&set));
    set.files.remove("c d.cedar");
    insta::assert_snapshot!(told(&set));
}

#[test]
fn ids_come_from_files_where_none_is_given() {
    let set = compiled("permit (principal, action, resource);\n\n  @id(\"x\")\nforbid (principal, action, resource);");
    let policies: Vec<_> = set.policies().iter().map(|policy| (&*policy.id, policy.line, policy.forbids)).collect();
    assert_eq!(policies, [("a.cedar#1", 1, false), ("x", 3, true)]);
    assert_eq!(&*set.policies()[1].text, "@id(\"x\")\nforbid (principal, action, resource);");
}

fn check_limit(what: &str, at_limit: &PolicySetText, beyond: &PolicySetText) {
    assert!(at_limit.compile().is_ok(), "{what}: at the limit");
    let problems = beyond.compile().expect_err(what);
    assert!(problems.iter().all(|problem| problem.kind == ProblemKind::Limit), "{what}: {problems:?}");
}

#[test]
fn everything_has_a_limit() {
    let comment = |bytes: usize| "/".repeat(bytes);
    check_limit("a file", &text(&comment(FILE_BYTES_MAX)), &text(&comment(FILE_BYTES_MAX + 1)));
    let files = |count: usize, bytes: usize| PolicySetText {
        files: (0..count).map(|number| (format!("{number}.cedar"), comment(bytes))).collect(),
    };
    check_limit("files", &files(FILES_MAX, 2), &files(FILES_MAX + 1, 2));
    let full = SET_BYTES_MAX / FILE_BYTES_MAX;
    check_limit("the set", &files(full, FILE_BYTES_MAX), &files(full + 1, FILE_BYTES_MAX));
    let policy = "permit (principal, action, resource);";
    let padded =
        |bytes: usize| text(&format!("permit{}(principal, action, resource);", " ".repeat(bytes - policy.len() + 1)));
    check_limit("a policy", &padded(POLICY_BYTES_MAX), &padded(POLICY_BYTES_MAX + 1));
    let nested = |depth: usize| {
        let (open, close) = ("(".repeat(depth - 1), ")".repeat(depth - 1));
        text(&format!("permit (principal, action, resource) when {{ {open}context.mfa{close} }};"))
    };
    check_limit("brackets", &nested(NESTING_MAX), &nested(NESTING_MAX + 1));
    let many = |count: usize| text(&"permit (principal, action, resource);".repeat(count));
    check_limit("policies", &many(POLICIES_MAX), &many(POLICIES_MAX + 1));
}

/// The longest chains that fit into a policy neither overflow a stack nor take long.
#[test]
fn long_chains_are_evaluated_or_refused() {
    for part in ["true&&", "1+", "!", "if true then true else ", "context."] {
        let chain = part.repeat((POLICY_BYTES_MAX - 100) / part.len());
        for end in ["true", "1", "mfa"] {
            let _either = text(&format!("permit (principal, action, resource) when {{ {chain}{end} }};")).compile();
        }
    }
}
