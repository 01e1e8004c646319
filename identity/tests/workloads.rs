//! Tokens shaped as GitHub Actions, Kubernetes and SPIFFE issue them, against rules of trust.

mod forge;
mod published;

use bussola_identity::jwt::Refusal;
use bussola_identity::key::KeySet;
use bussola_identity::outbound::Outbound;
use bussola_identity::workload::{Condition, KeySource, Pattern, RuleError, Trust, TrustRule, WorkloadError};
use forge::Forge;
use published::publish;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const GITHUB: &str = "https://token.actions.githubusercontent.com";
const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
const SPIRE: &str = "https://oidc-discovery.example.org";
const US: &str = "https://bussola.example.com";

fn equals(text: &str) -> Condition {
    Condition::Equals(text.into())
}

fn like(text: &str) -> Condition {
    Condition::Like(Pattern::new(text))
}

fn rule(name: &str, issuer: &str, keys: &KeySet, conditions: &[(&str, Condition)]) -> TrustRule {
    TrustRule {
        name: name.into(),
        issuer: issuer.into(),
        audience: US.into(),
        keys: KeySource::Document(keys.clone()),
        conditions: conditions.iter().map(|(claim, condition)| (claim.to_string(), condition.clone())).collect(),
        service: format!("service-of-{name}"),
    }
}

fn trust(keys: &KeySet) -> Trust {
    let environments = Condition::OneOf(vec!["production".into(), "staging".into()]);
    let rules = vec![
        rule(
            "deploy",
            GITHUB,
            keys,
            &[
                ("repository_owner_id", equals("9919")),
                ("sub", like("repo:acme/*:environment:*")),
                ("environment", environments),
            ],
        ),
        rule("main", GITHUB, keys, &[("repository_id", equals("74")), ("ref", equals("refs/heads/main"))]),
        rule(
            "etl",
            CLUSTER,
            keys,
            &[("/kubernetes.io/namespace", equals("data")), ("/kubernetes.io/serviceaccount/name", equals("etl"))],
        ),
        rule("runner", SPIRE, keys, &[("sub", like("spiffe://example.org/ns/ci/*"))]),
    ];
    Trust::new(rules, &Outbound::new(None).expect("a client")).expect("rules")
}

fn github(changes: Value) -> Value {
    with(
        json!({
            "iss": GITHUB, "aud": US, "jti": "f1", "sub": "repo:acme/pay:environment:production",
            "iat": NOW, "nbf": NOW - 300, "exp": NOW + 300,
            "ref": "refs/heads/main", "sha": "5f0c6c3f", "repository": "acme/pay", "repository_owner": "acme",
            "repository_id": "74", "repository_owner_id": "9919", "environment": "production",
            "workflow_ref": "acme/pay/.github/workflows/deploy.yml@refs/heads/main", "event_name": "push",
            "actor": "alice", "actor_id": "12", "run_id": "77", "run_attempt": "1", "runner_environment": "github-hosted"
        }),
        changes,
    )
}

fn kubernetes(changes: Value) -> Value {
    with(
        json!({
            "iss": CLUSTER, "aud": [US], "exp": NOW + 3600, "iat": NOW, "nbf": NOW,
            "sub": "system:serviceaccount:data:etl",
            "kubernetes.io": {
                "namespace": "data", "serviceaccount": {"name": "etl", "uid": "14ee3fa4"}, "pod": {"name": "etl-1"}
            }
        }),
        changes,
    )
}

fn spiffe(changes: Value) -> Value {
    with(json!({"iss": SPIRE, "aud": [US], "exp": NOW + 300, "sub": "spiffe://example.org/ns/ci/runner-7"}), changes)
}

fn with(mut claims: Value, changes: Value) -> Value {
    let members = claims.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    claims
}

#[tokio::test]
async fn who_is_let_in_by_which_rule() {
    let forge = Forge::new();
    let keys = forge.keys(&["RS256", "ES256"]);
    let trust = trust(&keys);
    let none = json!({});
    let feature =
        json!({"environment": null, "sub": "repo:acme/pay:ref:refs/heads/feature", "ref": "refs/heads/feature"});
    let table = [
        ("an environment", "RS256", "JWT", github(none.clone()), Ok("deploy")),
        ("the other one", "RS256", "JWT", github(json!({"environment": "staging"})), Ok("deploy")),
        ("the branch", "RS256", "JWT", github(json!({"environment": "test"})), Ok("main")),
        ("another branch", "RS256", "JWT", github(feature.clone()), Err("rules `deploy`, `main`")),
        (
            "another's repository of the same name",
            "RS256",
            "JWT",
            github(json!({"repository_owner_id": "666", "repository_id": "666"})),
            Err("rules `deploy`, `main`"),
        ),
        (
            "another audience",
            "RS256",
            "JWT",
            github(json!({"aud": "https://github.com/acme"})),
            Err("another audience"),
        ),
        ("two audiences", "RS256", "JWT", github(json!({"aud": [US, "x"]})), Err("more than one audience")),
        ("expired", "RS256", "JWT", github(json!({"exp": NOW - 60})), Err("has expired")),
        ("no exp", "RS256", "JWT", github(json!({"exp": null})), Err("no `exp`")),
        ("another issuer", "RS256", "JWT", github(json!({"iss": "https://evil.example"})), Err("no rule trusts")),
        ("an access token", "RS256", "at+jwt", github(none.clone()), Err("another kind")),
        ("a sign-in", "RS256", "JWT", github(json!({"nonce": "x"})), Err("another kind")),
        ("a service account", "RS256", "", kubernetes(none.clone()), Ok("etl")),
        (
            "another namespace",
            "RS256",
            "",
            kubernetes(json!({"kubernetes.io": {"namespace": "web"}})),
            Err("rules `etl`"),
        ),
        ("no namespace", "RS256", "", kubernetes(json!({"kubernetes.io": null})), Err("rules `etl`")),
        ("a namespace elsewhere", "RS256", "", kubernetes(json!({"kubernetes.io": "data"})), Err("rules `etl`")),
        ("another service account", "RS256", "", kubernetes(json!({"iss": GITHUB})), Err("rules `deploy`, `main`")),
        ("a SPIFFE id", "ES256", "JWT", spiffe(none.clone()), Ok("runner")),
        ("also with JOSE", "ES256", "JOSE", spiffe(none), Ok("runner")),
        (
            "another path",
            "ES256",
            "JWT",
            spiffe(json!({"sub": "spiffe://example.org/ns/web/x"})),
            Err("rules `runner`"),
        ),
        ("another domain", "ES256", "JWT", spiffe(json!({"sub": "spiffe://evil.org/ns/ci/x"})), Err("rules `runner`")),
        ("no sub", "ES256", "JWT", spiffe(json!({"sub": null})), Err("no `sub`")),
    ];
    for (name, alg, typ, claims, expected) in table {
        let header = match typ {
            "" => json!({"alg": alg, "kid": alg}),
            typ => json!({"alg": alg, "kid": alg, "typ": typ}),
        };
        let token = forge.sign(alg, &header.to_string(), &claims.to_string());
        match (trust.verify(&token, NOW).await, expected) {
            (Ok(workload), Ok(rule)) => {
                assert_eq!((workload.rule.as_str(), workload.service), (rule, format!("service-of-{rule}")), "{name}");
                assert_eq!(workload.claims.subject(), claims["sub"].as_str());
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{name}: {error}"),
            (verdict, _) => panic!("{name}: {verdict:?}"),
        }
    }
    let stranger = Forge::new().token("ES256", "JWT", &github(feature));
    let error = trust.verify(&stranger, NOW).await.expect_err("another's key");
    assert!(matches!(error, WorkloadError::Token(Refusal::Signature)), "{error}");
}

#[test]
fn rules_that_cannot_be_meant() {
    let keys = Forge::new().keys(&["RS256"]);
    let good = rule("a", GITHUB, &keys, &[("sub", equals("x"))]);
    let changed = |change: &dyn Fn(&mut TrustRule)| {
        let mut rule = good.clone();
        change(&mut rule);
        Trust::new(vec![rule], &Outbound::new(None).expect("a client")).map(|_| ())
    };
    let name = || "a".to_string();
    assert_eq!(changed(&|_| {}), Ok(()));
    assert_eq!(changed(&|rule| rule.conditions.clear()), Err(RuleError::Open(name())));
    assert_eq!(changed(&|rule| rule.conditions[0].1 = like("*")), Err(RuleError::Open(name())));
    assert_eq!(changed(&|rule| rule.conditions[0] = ("iss".into(), equals(GITHUB))), Err(RuleError::Open(name())));
    assert_eq!(changed(&|rule| rule.conditions[0].1 = equals("")), Err(RuleError::Conditions(name())));
    assert_eq!(changed(&|rule| rule.conditions[0].1 = Condition::OneOf(vec![])), Err(RuleError::Conditions(name())));
    assert_eq!(changed(&|rule| rule.conditions[0].1 = equals(&"x".repeat(513))), Err(RuleError::Conditions(name())));
    assert_eq!(
        changed(&|rule| rule.conditions = vec![rule.conditions[0].clone(); 33]),
        Err(RuleError::Conditions(name()))
    );
    assert_eq!(changed(&|rule| rule.audience.clear()), Err(RuleError::Empty { rule: name(), member: "audience" }));
    let discovered = |rule: &mut TrustRule| (rule.issuer, rule.keys) = ("spire".into(), KeySource::Discovery);
    assert_eq!(changed(&discovered), Err(RuleError::Issuer(name())));
    let outbound = Outbound::new(None).expect("a client");
    let twice = Trust::new(vec![good.clone(), good.clone()], &outbound).map(|_| ());
    assert_eq!(twice, Err(RuleError::Twice(name())));
    let elsewhere = TrustRule { name: "b".into(), keys: KeySource::Discovery, ..good.clone() };
    assert_eq!(Trust::new(vec![good, elsewhere], &outbound).map(|_| ()), Err(RuleError::Keys("b".into())));
}

#[tokio::test]
async fn keys_are_found_by_discovery() {
    let forge = Forge::new();
    let keys = forge.keys(&["RS256"]);
    let issuer = publish(&keys).await;
    let outbound = Outbound::new(None).expect("a client");
    let check = async |issuer: &str| {
        let rule =
            TrustRule { keys: KeySource::Discovery, ..rule("a", issuer, &keys, &[("repository_id", equals("74"))]) };
        let token = forge.token("RS256", "JWT", &github(json!({"iss": issuer})));
        Trust::new(vec![rule], &outbound).expect("a rule").verify(&token, NOW).await.map(|workload| workload.rule)
    };
    assert_eq!(check(&issuer).await.expect("let in"), "a");
    let error = check(&format!("{issuer}/")).await.expect_err("the document names another issuer");
    assert!(matches!(error, WorkloadError::Fetch(_)) && error.to_string().contains("another issuer"), "{error}");
}
