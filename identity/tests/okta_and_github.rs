//! Sign-in at Okta and at GitHub, as npm `emulate` plays them.

mod counterpart;

use bussola_identity::github::{Github, GithubError, GithubSettings, Organization};
use bussola_identity::oidc::{ClientAuthentication, Provider, ProviderSettings};
use bussola_identity::outbound::{Call, Reach};
use bussola_identity::{Callback, CallbackFault, Secret};
use counterpart::{Browser, Counterpart, now, outbound, url};
use serde_json::{Value, json};

const CALLBACK: &str = "http://127.0.0.2:1/callback";

fn start() -> Option<Counterpart> {
    Counterpart::start("emulate.mjs", &json!({"redirect_uri": CALLBACK}))
}

fn github(counterpart: &Counterpart, secret: &str, organizations: &[(&str, Option<u64>)]) -> Github {
    let here = url(&counterpart.said("github"));
    let organization = |(login, id): &(&str, Option<u64>)| Organization { login: login.to_string(), id: *id };
    let settings = GithubSettings {
        client_id: "Iv1.bussola".into(),
        client_secret: Secret::new(secret),
        web_url: here.clone(),
        api_url: here,
        organizations: organizations.iter().map(organization).collect(),
    };
    Github::new(settings, outbound())
}

async fn callback_of(page: &url::Url, button: &str) -> Callback {
    let mut browser = Browser::new(&url(CALLBACK));
    browser.open(page).await;
    let back = browser.submit(button, &[]).await.expect("the way back");
    Callback::from_query(back.query().expect("a query")).expect("a callback")
}

#[tokio::test]
async fn sign_in_at_okta() {
    let Some(counterpart) = start() else { return };
    for (client_id, client_authentication) in
        [("basic", ClientAuthentication::Discovered), ("post", ClientAuthentication::Post)]
    {
        let settings = ProviderSettings {
            issuer: format!("{}/oauth2/default", counterpart.said("okta")),
            client_id: client_id.into(),
            client_secret: Some(Secret::new("okta-secret")),
            client_authentication,
            scopes: ["profile", "email", "groups", "offline_access"].map(str::to_string).to_vec(),
            groups_claim: "groups".into(),
        };
        check_okta(&Provider::new(settings, outbound())).await;
    }
}

async fn check_okta(provider: &Provider) {
    let started = provider.begin(&url(CALLBACK), now()).await.expect("a start");
    let callback = callback_of(&started.url, "alice@example.com").await;
    let signed_in = provider.finish(&callback, &started.pending, now()).await.expect("a sign-in");
    let identity = &signed_in.identity;
    assert_eq!((identity.subject.as_str(), identity.email.as_deref()), ("00u_alice", Some("alice@example.com")));
    assert_eq!(identity.name.as_deref(), Some("Alice Example"));
    assert!(identity.groups.contains(&"payments".to_string()), "{:?}", identity.groups);

    let token = signed_in.refresh_token.expect("a refresh token");
    let again = provider.refresh(&token, identity, now()).await.expect("a refresh");
    assert_eq!(again.identity.subject, identity.subject);
    assert!(again.identity.groups.contains(&"payments".to_string()));
    let error = provider.refresh(&token, identity, now()).await.expect_err("it rotates");
    assert!(error.is_over(), "{error}");
}

#[tokio::test]
async fn sign_in_at_github_with_organisations_and_teams() {
    let Some(counterpart) = start() else { return };
    let signed_in = sign_in_at_github(&github(&counterpart, "github secret", &[("Acme", None)]), "alice").await;
    let identity = &signed_in.identity;
    assert_eq!(identity.issuer, counterpart.said("github").trim_end_matches('/'));
    assert!(identity.subject.parse::<u64>().is_ok(), "a number, not a login: {}", identity.subject);
    assert_eq!((identity.login.as_deref(), identity.name.as_deref()), (Some("alice"), Some("Alice Example")));
    assert_eq!((identity.email.as_deref(), identity.email_verified), (Some("alice@example.com"), true));
    assert!(identity.groups.contains(&"Acme".to_string()), "{:?}", identity.groups);
    assert!(!identity.groups.iter().any(|group| group.contains("elsewhere")), "nobody named that organisation");

    // A team is founded with her in it; her token shows it at once.
    let api = counterpart.said("github");
    let founded =
        post_json(&format!("{api}/orgs/acme/teams"), &signed_in.access_token, json!({"name": "Payments"})).await;
    let join = format!("{api}/orgs/acme/teams/{}/memberships/alice", founded["slug"].as_str().expect("a slug"));
    put_json(&join, &signed_in.access_token, json!({"role": "member"})).await;
    let acme = signed_in.organizations[0].id;
    let github_now = github(&counterpart, "github secret", &[("acme", Some(acme))]);
    let again = github_now.read(&signed_in.access_token).await.expect("an answer");
    assert!(again.identity.groups.contains(&"acme/payments".to_string()), "{:?}", again.identity.groups);
    assert_eq!(again.identity.subject, identity.subject);
    assert_eq!(again.teams.iter().find(|team| team.slug == "payments").map(|team| team.organization_id), Some(acme));

    // Another organisation under that name gives nothing, and neither does one that nobody named.
    for organizations in [&[("acme", Some(acme + 1))][..], &[]] {
        let github = github(&counterpart, "github secret", organizations);
        let read = github.read(&signed_in.access_token).await.expect("an answer");
        assert!(read.identity.groups.is_empty() && read.teams.is_empty(), "{:?}", read.identity.groups);
    }
    // Bob is in no organisation.
    let bob = sign_in_at_github(&github_now, "bob").await;
    assert!(bob.identity.groups.is_empty() && bob.identity.subject != identity.subject);
}

async fn sign_in_at_github(github: &Github, login: &str) -> bussola_identity::github::GithubSignIn {
    let started = github.begin(&url(CALLBACK), now()).expect("a start");
    let callback = callback_of(&started.url, &format!("value=\"{login}\"")).await;
    github.finish(&callback, &started.pending, now()).await.expect("a sign-in")
}

#[tokio::test]
async fn what_github_refuses() {
    let Some(counterpart) = start() else { return };
    let honest = github(&counterpart, "github secret", &[]);
    let started = honest.begin(&url(CALLBACK), now()).expect("a start");
    let callback = callback_of(&started.url, "value=\"alice\"").await;
    let wrong_state = Callback { state: Some(Secret::new("x")), ..callback.clone() };
    let error = honest.finish(&wrong_state, &started.pending, now()).await.expect_err("state");
    assert!(matches!(error, GithubError::Callback(CallbackFault::State)), "{error}");
    let wrong_secret = github(&counterpart, "canary", &[]);
    let error = wrong_secret.finish(&callback, &started.pending, now()).await.expect_err("secret");
    assert!(error.hint().contains("client_secret") && !format!("{error:?}").contains("canary"), "{error}");
    honest.finish(&callback, &started.pending, now()).await.expect("a sign-in");
    let error = honest.finish(&callback, &started.pending, now()).await.expect_err("used up");
    assert!(matches!(&error, GithubError::Refused(code) if code == "bad_verification_code"), "{error}");
}

/// What an administrator does at GitHub, which is none of the product's business.
async fn put_json(target: &str, token: &Secret, body: Value) -> Value {
    change(http::Method::PUT, target, token, body).await
}

async fn post_json(target: &str, token: &Secret, body: Value) -> Value {
    change(http::Method::POST, target, token, body).await
}

async fn change(method: http::Method, target: &str, token: &Secret, body: Value) -> Value {
    let target = url(target);
    let json = http::HeaderValue::from_static("application/json");
    let call = Call::with_body(method, &target, json, body.to_string()).bearer(token);
    let answer = outbound().send(call, Reach::Operator).await.expect("an answer");
    assert!(answer.status.is_success(), "{target}: {}", answer.status);
    serde_json::from_slice(&answer.body).expect("JSON")
}
