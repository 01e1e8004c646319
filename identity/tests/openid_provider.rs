//! Sign-in at a certified OpenID provider (npm `oidc-provider`), as its own pages have it.

mod counterpart;

use bussola_identity::limits::FETCH_INTERVAL_S;
use bussola_identity::oidc::{ClientAuthentication, DeviceOutcome, OidcError, Provider, ProviderSettings, SignIn};
use bussola_identity::{Callback, CallbackFault, Identity, PendingSignIn, Secret};
use counterpart::{Browser, Counterpart, now, outbound, url};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

const CALLBACK: &str = "http://127.0.0.2:1/callback";

fn provider(op: &Counterpart, client_id: &str) -> Provider {
    let secrets = [("basic", "secret:of/basic +%"), ("post", "secret of post")];
    let settings = ProviderSettings {
        issuer: op.said("issuer"),
        client_id: client_id.to_string(),
        client_secret: secrets.iter().find(|(id, _)| *id == client_id).map(|(_, secret)| Secret::new(*secret)),
        client_authentication: if client_id == "post" {
            ClientAuthentication::Post
        } else {
            ClientAuthentication::Discovered
        },
        scopes: ["profile", "email", "groups", "offline_access"].map(str::to_string).to_vec(),
        groups_claim: "groups".to_string(),
    };
    Provider::new(settings, outbound())
}

fn start(more: serde_json::Value) -> Option<Counterpart> {
    let mut options = json!({"redirect_uris": [CALLBACK]});
    options.as_object_mut()?.extend(more.as_object()?.clone());
    Counterpart::start("op.mjs", &options)
}

/// Signs in on the provider's pages and agrees.
async fn sign_in(browser: &mut Browser, page: &Url, login: &str) -> Callback {
    let mut back = browser.open(page).await;
    if back.is_none() && browser.page.contains("name=\"login\"") {
        back = browser.submit("name=\"login\"", &[("login", login), ("password", "any")]).await;
    }
    if back.is_none() {
        back = browser.submit("value=\"consent\"", &[]).await;
    }
    let back = back.expect("the way back");
    Callback::from_query(back.query().expect("a query")).expect("a callback")
}

async fn begin(provider: &Provider, login: &str) -> (Callback, PendingSignIn) {
    let started = provider.begin(&url(CALLBACK), now()).await.expect("a start");
    let mut browser = Browser::new(&url(CALLBACK));
    (sign_in(&mut browser, &started.url, login).await, started.pending)
}

fn check_alice(op: &Counterpart, signed_in: &SignIn) {
    let Identity { issuer, subject, name, email, email_verified, login, groups, auth_time, .. } = &signed_in.identity;
    assert_eq!((issuer, subject.as_str()), (&op.said("issuer"), "alice"));
    assert_eq!((name.as_deref(), login.as_deref()), (Some("Alice Example"), Some("alice")));
    assert_eq!((email.as_deref(), *email_verified), (Some("alice@example.com"), true));
    assert_eq!(groups, &["payments", "platform"]);
    assert!(auth_time.is_none_or(|time| (now() - time).abs() < 60));
}

#[tokio::test]
async fn sign_in_by_code_with_every_kind_of_client() {
    for claims_by_userinfo_only in [false, true] {
        let Some(op) = start(json!({"claims_by_userinfo_only": claims_by_userinfo_only})) else { return };
        for client_id in ["basic", "post", "public"] {
            let provider = provider(&op, client_id);
            let (callback, pending) = begin(&provider, "alice").await;
            assert_eq!(callback.issuer, Some(op.said("issuer")), "RFC 9207");
            let signed_in = provider.finish(&callback, &pending, now()).await.expect("a sign-in");
            check_alice(&op, &signed_in);
            // The code counts once.
            let again = provider.finish(&callback, &pending, now()).await.expect_err("used up");
            assert!(again.is_over(), "{again}");
        }
    }
}

#[tokio::test]
async fn what_does_not_belong_together_is_refused() {
    let Some(op) = start(json!({})) else { return };
    let provider = provider(&op, "public");
    let (callback, pending) = begin(&provider, "alice").await;

    let state = PendingSignIn { state: Secret::new("another browser's"), ..pending.clone() };
    let error = provider.finish(&callback, &state, now()).await.expect_err("state");
    assert!(matches!(error, OidcError::Callback(CallbackFault::State)), "{error}");

    let late = provider.finish(&callback, &pending, now() + 3600).await.expect_err("time");
    assert!(matches!(late, OidcError::Callback(CallbackFault::TooLate)), "{late}");

    let anonymous = Callback { issuer: None, ..callback.clone() };
    let error = provider.finish(&anonymous, &pending, now()).await.expect_err("no `iss`, which this provider promises");
    assert!(matches!(error, OidcError::Callback(CallbackFault::Issuer)), "{error}");

    let verifier = PendingSignIn { verifier: Secret::new("x".repeat(43)), ..pending.clone() };
    let error = provider.finish(&callback, &verifier, now()).await.expect_err("PKCE");
    assert!(matches!(&error, OidcError::Refused(code) if code == "invalid_grant"), "{error}");

    let (callback, pending) = begin(&provider, "alice").await;
    let nonce = PendingSignIn { nonce: Secret::new("another sign-in's"), ..pending };
    let error = provider.finish(&callback, &nonce, now()).await.expect_err("nonce");
    assert!(matches!(error, OidcError::Mismatch("nonce")), "{error}");

    let (callback, pending) = begin(&provider, "alice").await;
    let error = provider.finish(&callback, &pending, now() + 601).await;
    assert!(error.is_ok(), "the ID token of an hour is still good: {error:?}");
}

#[tokio::test]
async fn providers_are_not_mixed_up() {
    let (Some(honest), Some(other)) = (start(json!({})), start(json!({}))) else { return };
    let (honest, other) = (provider(&honest, "public"), provider(&other, "public"));
    // The attacker's provider sends the browser back with its own code, to a sign-in that began at the honest one.
    let (callback, _) = begin(&other, "alice").await;
    let pending = honest.begin(&url(CALLBACK), now()).await.expect("a start").pending;
    let callback = Callback { state: Some(pending.state.clone()), ..callback };
    let error = honest.finish(&callback, &pending, now()).await.expect_err("another issuer");
    assert!(matches!(error, OidcError::Callback(CallbackFault::Issuer)), "{error}");
    // An issuer that differs by a slash is another one.
    let settings = ProviderSettings {
        issuer: format!("{}/", honest.issuer()),
        client_id: "public".into(),
        client_secret: None,
        client_authentication: ClientAuthentication::Discovered,
        scopes: Vec::new(),
        groups_claim: "groups".into(),
    };
    let error = Provider::new(settings, outbound()).begin(&url(CALLBACK), now()).await.expect_err("another issuer");
    assert!(error.to_string().contains("names another issuer"), "{error}");
}

#[tokio::test]
async fn a_provider_that_comes_back_with_other_keys_is_known_again() {
    let Some(op) = start(json!({})) else { return };
    let provider = provider(&op, "basic");
    let (callback, pending) = begin(&provider, "alice").await;
    provider.finish(&callback, &pending, now()).await.expect("a sign-in");
    let port = url(&op.said("issuer")).port().expect("a port");
    drop(op);
    let pending = provider.begin(&url(CALLBACK), now()).await.expect("its document is kept while it is down").pending;
    let callback = Callback { state: Some(pending.state.clone()), ..callback };
    let error = provider.finish(&callback, &pending, now()).await.expect_err("it is down");
    assert!(matches!(error, OidcError::Call(_)), "{error}");

    let Some(_op) = start(json!({"port": port})) else { return };
    let (callback, pending) = begin(&provider, "alice").await;
    // Keys were fetched a moment ago; for an unknown one they are fetched again after some seconds.
    let soon = now() + FETCH_INTERVAL_S;
    let signed_in = provider.finish(&callback, &pending, soon).await.expect("a sign-in under the new keys");
    assert_eq!(signed_in.identity.subject, "alice");
}

#[tokio::test]
async fn a_wrong_secret_is_told_apart() {
    let Some(op) = start(json!({})) else { return };
    let (callback, pending) = begin(&provider(&op, "basic"), "alice").await;
    let settings = ProviderSettings {
        issuer: op.said("issuer"),
        client_id: "basic".into(),
        client_secret: Some(Secret::new("canary")),
        client_authentication: ClientAuthentication::Basic,
        scopes: Vec::new(),
        groups_claim: "groups".into(),
    };
    let error =
        Provider::new(settings, outbound()).finish(&callback, &pending, now()).await.expect_err("a wrong secret");
    assert!(matches!(&error, OidcError::Refused(code) if code == "invalid_client"), "{error}");
    assert!(error.hint().contains("client_secret") && !format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn refresh_rotates_and_reuse_ends_it() {
    let Some(op) = start(json!({})) else { return };
    let provider = provider(&op, "public");
    let (callback, pending) = begin(&provider, "alice").await;
    let first = provider.finish(&callback, &pending, now()).await.expect("a sign-in");
    let old = first.refresh_token.clone().expect("a refresh token");
    let second = provider.refresh(&old, &first.identity, now()).await.expect("a refresh");
    check_alice(&op, &second);
    assert_eq!(second.identity.sid, first.identity.sid);

    let mallory = Identity { subject: "mallory".into(), ..first.identity.clone() };
    let newer = second.refresh_token.clone().expect("a refresh token");
    let error = provider.refresh(&newer, &mallory, now()).await.expect_err("another person's token");
    assert!(matches!(error, OidcError::Mismatch("sub")), "{error}");

    // Whoever shows a used token has stolen it, or has been stolen from: the provider ends the whole family.
    assert!(!old.matches(newer.expose()));
    for token in [old, newer] {
        let error = provider.refresh(&token, &first.identity, now()).await.expect_err("the family is revoked");
        assert!(error.is_over(), "{error}");
    }
}

#[tokio::test]
async fn a_command_line_signs_in_by_device_flow() {
    let Some(op) = start(json!({})) else { return };
    let provider = provider(&op, "public");
    let mut clock = now();
    let started = provider.begin_device(clock).await.expect("a start");
    let mut pending = started.pending;
    let early = provider.poll_device(&mut pending, clock + 2).await.expect("an outcome");
    assert!(matches!(early, DeviceOutcome::Pending { again_in_s: 3 }), "the provider was not asked: {early:?}");
    clock += 5;
    let waiting = provider.poll_device(&mut pending, clock).await.expect("an outcome");
    assert!(matches!(waiting, DeviceOutcome::Pending { .. }), "{waiting:?}");

    let mut browser = Browser::new(&url(CALLBACK));
    browser.open(&started.verification_uri).await;
    browser.submit("op.deviceInputForm", &[("user_code", &started.user_code)]).await;
    browser.submit("op.deviceConfirmForm", &[]).await;
    browser.submit("name=\"login\"", &[("login", "alice"), ("password", "any")]).await;
    browser.submit("value=\"consent\"", &[]).await;
    clock += 5;
    let DeviceOutcome::SignedIn(signed_in) = provider.poll_device(&mut pending, clock).await.expect("an outcome")
    else {
        panic!("the person agreed: {}", browser.page);
    };
    check_alice(&op, &signed_in);
    let over = provider.poll_device(&mut pending, clock + 5).await.expect("an outcome");
    assert!(matches!(over, DeviceOutcome::Expired), "once: {over:?}");
}

#[tokio::test]
async fn a_device_that_is_refused_or_forgotten() {
    let Some(op) = start(json!({})) else { return };
    let provider = provider(&op, "public");
    let started = provider.begin_device(now()).await.expect("a start");
    let mut browser = Browser::new(&url(CALLBACK));
    browser.open(&started.verification_uri_complete.expect("the page with the code")).await;
    // A page that submits itself.
    browser.submit(&started.user_code, &[]).await;
    browser.submit("op.deviceConfirmForm", &[("abort", "yes")]).await;
    let mut pending = started.pending;
    let denied = provider.poll_device(&mut pending, now() + 5).await.expect("an outcome");
    assert!(matches!(denied, DeviceOutcome::Denied), "{denied:?}");
    let expired = provider.poll_device(&mut pending, now() + 24 * 3600).await.expect("an outcome");
    assert!(matches!(expired, DeviceOutcome::Expired), "{expired:?}");
}

#[tokio::test]
async fn logout_here_reaches_us_through_the_back_channel() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let logout_uri = format!("http://{}/logout", listener.local_addr().expect("an address"));
    let received = tokio::spawn(receive_logout_token(listener));
    let home = "http://127.0.0.2:1/";
    let Some(op) = start(json!({"backchannel_logout_uri": logout_uri, "post_logout_redirect_uris": [home]})) else {
        return;
    };
    let provider = provider(&op, "basic");
    let started = provider.begin(&url(CALLBACK), now()).await.expect("a start");
    let mut browser = Browser::new(&url(CALLBACK));
    let callback = sign_in(&mut browser, &started.url, "alice").await;
    let signed_in = provider.finish(&callback, &started.pending, now()).await.expect("a sign-in");
    assert!(signed_in.identity.sid.is_some(), "back-channel logout needs a session id");

    let page = provider.logout_url(signed_in.id_token.as_ref(), Some((&url(home), "done")), now()).await;
    browser.open(&page.expect("a URL").expect("this provider offers it")).await;
    let back = browser.submit("op.logoutForm", &[("logout", "yes")]).await.expect("the way back");
    assert_eq!(back.as_str(), format!("{home}?state=done"));

    let token = received.await.expect("a token");
    let notice = provider.verify_logout_token(&token, now()).await.expect("a logout token");
    assert_eq!((notice.issuer, notice.sid), (op.said("issuer"), signed_in.identity.sid));
    assert!(!notice.token_id.is_empty() && (now() - notice.issued_at).abs() < 60);

    let old = provider.verify_logout_token(&token, now() + 3600).await.expect_err("too old");
    assert!(matches!(old, OidcError::Token(_)), "{old}");
    let id_token = signed_in.id_token.expect("an ID token");
    let error = provider.verify_logout_token(id_token.expose(), now()).await.expect_err("another kind of token");
    assert!(error.to_string().contains("another kind"), "{error}");
    let other = self::provider(&op, "post").verify_logout_token(&token, now()).await.expect_err("another client's");
    assert!(other.to_string().contains("another audience"), "{other}");
}

/// The one request that a provider makes to end sessions.
async fn receive_logout_token(listener: TcpListener) -> String {
    let (mut stream, _) = listener.accept().await.expect("a call");
    let mut request = String::new();
    let mut buffer = [0; 8192];
    loop {
        let read = stream.read(&mut buffer).await.expect("a request");
        request.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
        let length =
            head.to_lowercase().lines().find_map(|line| Some(line.strip_prefix("content-length: ")?.to_string()));
        if body.len() >= length.expect("a length").parse::<usize>().expect("a number") {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.expect("an answer");
            return body.strip_prefix("logout_token=").expect("a token").to_string();
        }
    }
}
