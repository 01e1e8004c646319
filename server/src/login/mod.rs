//! People sign in and out: through a browser at their identity provider, on a command line through a browser or with a code.
//!
//! `GET /login/{provider}` leads to the provider and `GET /login/{provider}/callback` back; then a session begins, whose
//! secret is in a cookie that no script can read. A command line asks for the same with a challenge, and gets a code to fetch
//! its session with (as RFC 8252 and 7636 have it between a program and a server).
//!
//! INVARIANT: a way back counts only in the browser in which the sign-in began, once, and leads only to a path of this server
//! or to a port of the loopback that asked for it.
//! INVARIANT: a session gets its secret when somebody has signed in, never before: nobody can plant one.

mod device;
mod pending;
mod providers;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::{get, post};
use bussola_domain::access::event::EndCause;
use bussola_domain::access::{Credential, Principal};
use bussola_domain::command::{EndSessions, SignIn, WhichSessions};
use bussola_domain::id::Timestamp;
use bussola_identity::{Callback, Identity};
use bussola_store::StoreError;
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::app::App;
use crate::http::error::{ApiError, ErrorCode};
use crate::identify::{COOKIE_LOOPBACK, COOKIE_SECURE, cookie};
use crate::limits::{LOGIN_BODY_BYTES_MAX, RETURN_PATH_BYTES_MAX};
use crate::secret::Secret;

pub use device::{DeviceCode, StillPending};
pub use providers::Providers;

use pending::{Began, Challenge, Loopback};
use providers::SignInFault;

/// Binds a sign-in to the browser in which it began.
const BINDING_COOKIE: &str = "bussola-login";

/// Everything below `/login`, and `/logout`.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/login/{provider}", get(begin))
        .route("/login/{provider}/callback", get(finish))
        .route("/login/{provider}/backchannel-logout", post(backchannel_logout))
        .route("/login/device/start", post(device::start))
        .route("/login/device/poll", post(device::poll))
        .route("/login/cli/session", post(fetch_session))
        .route("/logout", post(sign_out))
}

/// What a browser brings when it begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BeginQuery {
    /// Where to go afterwards.
    r#return: Option<String>,
    /// A command line listens there.
    cli_port: Option<u16>,
    /// Of the command line's secret.
    cli_challenge: Option<String>,
    /// Goes back to the command line as it came.
    cli_state: Option<String>,
}

/// Seconds since 1970, as tokens count.
fn seconds(now: Timestamp) -> i64 {
    now.0.div_euclid(1_000_000)
}

async fn begin(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Page> {
    let query: BeginQuery = url_query(query.as_deref().unwrap_or(""));
    let providers = app.login.as_ref().ok_or(Page::NO_PROVIDERS)?;
    let provider = providers.find(&name).ok_or(Page::NO_SUCH_PROVIDER)?;
    let now = app.clock.now(&headers);
    let started = provider.begin(&providers.callback_url(&name), seconds(now)).await?;
    let binding = Secret::draw("").map_err(|_| Page::NO_RANDOMNESS)?;
    let began = Began {
        provider: name,
        pending: started.pending,
        binding: binding.hash(),
        return_to: local_path(query.r#return.as_deref()),
        cli: loopback(&query)?,
    };
    providers.pending.keep(began, seconds(now)).map_err(|_| Page::BUSY)?;
    let mut reply = redirect(started.url.as_str());
    let seconds_max = bussola_identity::limits::SIGN_IN_TIME_S_MAX;
    // `Lax`: the way back from the provider is a link to us from another site.
    let cookie = format!(
        "{BINDING_COOKIE}={}; Path=/login; Max-Age={seconds_max}; HttpOnly; SameSite=Lax{}",
        binding.reveal(),
        if providers.is_secure() { "; Secure" } else { "" }
    );
    set_cookie(&mut reply, &cookie);
    Ok(reply)
}

/// What a command line said about itself, if one asks.
fn loopback(query: &BeginQuery) -> Result<Option<Loopback>, Page> {
    let Some(port) = query.cli_port else { return Ok(None) };
    let challenge = query.cli_challenge.as_deref().and_then(Challenge::parse).ok_or(Page::ODD_CLI)?;
    let state = query.cli_state.clone().unwrap_or_default();
    let plain = state.len() <= 128 && state.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if port == 0 || !plain {
        return Err(Page::ODD_CLI);
    }
    Ok(Some(Loopback { port, challenge, state }))
}

/// A path of this server, and never anywhere else: browsers take `//host` and `/\host` for another server.
fn local_path(wanted: Option<&str>) -> String {
    let is_ours = |path: &&str| {
        path.len() <= RETURN_PATH_BYTES_MAX
            && path.starts_with('/')
            && !path[1..].starts_with(['/', '\\'])
            && !path.chars().any(|c| c.is_control() || c == '\\')
    };
    wanted.filter(is_ours).unwrap_or("/").to_owned()
}

async fn finish(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Page> {
    let providers = app.login.as_ref().ok_or(Page::NO_PROVIDERS)?;
    let now = app.clock.now(&headers);
    let callback = Callback::from_query(query.as_deref().unwrap_or(""))
        .map_err(|fault| Page::refused(fault.to_string(), fault.hint()))?;
    let binding = cookie(&headers, &[BINDING_COOKIE]).map(|text| bussola_domain::id::BlobHash::of(text.as_bytes()));
    let state = callback.state.as_ref().map(|state| state.expose());
    // Taken out: a way back is good once, also when it fails.
    let began =
        state.and_then(|state| providers.pending.take(state, binding, &name, seconds(now))).ok_or(Page::LOST)?;
    let provider = providers.find(&began.provider).ok_or(Page::NO_SUCH_PROVIDER)?;
    let identity = provider.finish(&callback, &began.pending, seconds(now)).await?;
    let profile = provider.profile(&identity);
    tracing::info!(provider = name, groups = profile.groups.len(), "somebody signed in");
    if let Some(cli) = began.cli {
        let code = Secret::draw("").map_err(|_| Page::NO_RANDOMNESS)?;
        let mut url = Url::parse("http://127.0.0.1/").map_err(|_| Page::ODD_CLI)?;
        url.set_port(Some(cli.port)).map_err(|()| Page::ODD_CLI)?;
        url.query_pairs_mut().append_pair("code", code.reveal()).append_pair("state", &cli.state);
        providers
            .pending
            .keep_code(code.hash(), cli.challenge, profile, identity, seconds(now))
            .map_err(|_| Page::BUSY)?;
        return Ok(redirect(url.as_str()));
    }
    let session = start_session(&app, now, profile, identity, "web").await?;
    let mut reply = redirect(&began.return_to);
    set_cookie(&mut reply, &session_cookie(providers, session.secret.reveal(), session.seconds));
    Ok(reply)
}

/// A session that has begun.
struct Started {
    secret: Secret,
    seconds: i64,
    expires: Timestamp,
}

async fn start_session(
    app: &App,
    now: Timestamp,
    profile: bussola_domain::command::Profile,
    identity: Identity,
    uses: &str,
) -> Result<Started, Page> {
    let secret = Secret::draw("").map_err(|_| Page::NO_RANDOMNESS)?;
    let seconds = i64::from(app.session_hours) * 3_600;
    let expires = now.plus_seconds(seconds as f64);
    let command =
        SignIn { profile, amr: identity.amr, expires, secret: secret.hash(), sid: identity.sid, uses: uses.to_owned() };
    match app.execute_itself("sign-in", now, command).await {
        Ok(Ok(_)) => Ok(Started { secret, seconds, expires }),
        Ok(Err(_)) => Err(Page::DEACTIVATED),
        Err(error) => Err(Page::unavailable(&error.0)),
    }
}

fn session_cookie(providers: &Providers, secret: &str, seconds: i64) -> String {
    match providers.is_secure() {
        true => format!("{COOKIE_SECURE}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax; Secure"),
        false => format!("{COOKIE_LOOPBACK}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"),
    }
}

fn set_cookie(reply: &mut Response, cookie: &str) {
    // Made of our own texts only, which are all visible ASCII.
    if let Ok(value) = HeaderValue::from_str(cookie) {
        reply.headers_mut().append(SET_COOKIE, value);
    }
}

/// What a command line asks with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeAndVerifier {
    code: String,
    verifier: String,
}

/// A session for a command line: the only time that its secret is told.
#[derive(Serialize, Deserialize)]
pub struct CliSession {
    /// `Authorization: Bearer`.
    pub secret: String,
    /// Until when it is good.
    pub expires: String,
    /// Who signed in, by name.
    pub name: Option<String>,
}

async fn fetch_session(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let CodeAndVerifier { code, verifier } = json_body(&headers, body).await?;
    let refused = |what: &str| ApiError::new(ErrorCode::NotIdentified, what, "run `bussola login` again");
    let providers = app.login.as_ref().ok_or_else(|| refused("nobody can sign in here"))?;
    let now = app.clock.now(&headers);
    let hash = bussola_domain::id::BlobHash::of(code.as_bytes());
    let (profile, identity) = providers
        .pending
        .take_code(hash, &verifier, seconds(now))
        .ok_or_else(|| refused("the code is not known, was used, or is too old"))?;
    cli_session(&app, now, profile, identity).await
}

async fn cli_session(
    app: &App,
    now: Timestamp,
    profile: bussola_domain::command::Profile,
    identity: Identity,
) -> Result<Response, ApiError> {
    let name = profile.name.clone();
    let session = start_session(app, now, profile, identity, "cli").await.map_err(Page::into_api)?;
    let expires = crate::http::wire::time(session.expires);
    Ok(json_reply(&CliSession { secret: session.secret.reveal().to_owned(), expires, name }))
}

/// Ends the session that the request is part of, and has the browser forget its cookie. Says where to sign out at the
/// provider too, if it offers that.
async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let _nothing: serde_json::Value = json_body(&headers, body).await?;
    let context = app.context(&headers).ok();
    if let Some(context) = context
        && let (Principal::Known(_), Credential::Session(session)) =
            (context.caller.principal, &context.caller.credential)
    {
        let command = EndSessions { which: WhichSessions::One(*session), cause: EndCause::SignedOut };
        // One's own session can be ended whatever the policies say.
        app.execute_itself("sign-out", context.now, command).await?;
    }
    let mut reply = json_reply(&serde_json::json!({}));
    if let Some(providers) = &app.login {
        set_cookie(&mut reply, &session_cookie(providers, "", 0));
    }
    Ok(reply)
}

/// OpenID Connect Back-Channel Logout 1.0: the provider says that a session is over.
async fn backchannel_logout(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let no_store = |status: StatusCode, body: serde_json::Value| {
        let mut reply = json_reply(&body);
        *reply.status_mut() = status;
        reply
    };
    let bad = |why: &str| {
        no_store(StatusCode::BAD_REQUEST, serde_json::json!({"error": "invalid_request", "error_description": why}))
    };
    let Some((providers, provider)) = app.login.as_ref().and_then(|all| Some((all, all.find(&name)?))) else {
        return bad("no such provider");
    };
    let Ok(bytes) = to_bytes(body, LOGIN_BODY_BYTES_MAX).await else { return bad("the body is too large") };
    let token = url::form_urlencoded::parse(&bytes).find(|(field, _)| field == "logout_token").map(|(_, token)| token);
    let Some(token) = token else { return bad("no logout_token") };
    let now = app.clock.now(&headers);
    let notice = match provider.logout_notice(&token, seconds(now)).await {
        Ok(notice) => notice,
        Err(error) => {
            tracing::warn!(provider = name, %error, "refused a logout token");
            return bad("the logout_token is refused");
        }
    };
    if !providers.pending.is_new(&format!("{name} {}", notice.token_id), seconds(now)) {
        return bad("the logout_token was used before");
    }
    let which = WhichSessions::AtProvider { issuer: notice.issuer, sid: notice.sid, subject: notice.subject };
    let command = EndSessions { which, cause: EndCause::Provider };
    match app.execute_itself("back-channel logout", now, command).await {
        Ok(ended) => {
            tracing::info!(provider = name, ended, "the provider ended sessions");
            no_store(StatusCode::OK, serde_json::json!({}))
        }
        Err(error) => {
            tracing::error!(%error, "cannot end the sessions that a provider ended");
            no_store(StatusCode::SERVICE_UNAVAILABLE, serde_json::json!({"error": "temporarily_unavailable"}))
        }
    }
}

/// A body that is announced as JSON, which no page of another site can send unasked.
async fn json_body<T: serde::de::DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, ApiError> {
    let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !content_type.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("application/json") {
        let hint = "send `Content-Type: application/json`";
        return Err(ApiError::new(ErrorCode::NotJson, "the request is not announced as JSON", hint));
    }
    let bytes = to_bytes(body, LOGIN_BODY_BYTES_MAX).await.map_err(|_| {
        ApiError::new(ErrorCode::BodyTooLarge, format!("the body is larger than {LOGIN_BODY_BYTES_MAX} bytes"), "")
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::new(ErrorCode::BadBody, format!("the body cannot be read: {error}"), ""))
}

fn json_reply(value: &impl Serialize) -> Response {
    let mut reply = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    reply.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

fn url_query<T: Default + serde::de::DeserializeOwned>(query: &str) -> T {
    let pairs: serde_json::Map<String, serde_json::Value> = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| {
            let number = (name == "cli_port").then(|| value.parse::<u16>().ok()).flatten();
            (name.into_owned(), number.map_or_else(|| value.into_owned().into(), Into::into))
        })
        .collect();
    serde_json::from_value(pairs.into()).unwrap_or_default()
}

fn redirect(to: &str) -> Response {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::FOUND;
    if let Ok(value) = HeaderValue::from_str(to) {
        reply.headers_mut().insert(LOCATION, value);
    }
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The code in the address must not travel on.
    reply.headers_mut().insert(http::header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    reply
}

/// Why nobody signed in, as a page that a person reads who was on the way.
#[derive(Debug, Clone)]
pub struct Page {
    status: StatusCode,
    what: std::borrow::Cow<'static, str>,
    hint: std::borrow::Cow<'static, str>,
}

impl Page {
    const fn fixed(status: StatusCode, what: &'static str, hint: &'static str) -> Page {
        Page { status, what: std::borrow::Cow::Borrowed(what), hint: std::borrow::Cow::Borrowed(hint) }
    }

    const NO_PROVIDERS: Page = Page::fixed(
        StatusCode::NOT_FOUND,
        "this server knows no identity provider",
        "its administrator can add one under `[access]` in bussola.toml",
    );
    const NO_SUCH_PROVIDER: Page =
        Page::fixed(StatusCode::NOT_FOUND, "there is no identity provider of this name", "the start page lists them");
    const NO_RANDOMNESS: Page =
        Page::fixed(StatusCode::INTERNAL_SERVER_ERROR, "the operating system gave no random numbers", "");
    const ODD_CLI: Page = Page::fixed(
        StatusCode::BAD_REQUEST,
        "what the command line asked for cannot be read",
        "run `bussola login` of the same release as the server",
    );
    const BUSY: Page = Page::fixed(
        StatusCode::SERVICE_UNAVAILABLE,
        "too many people are signing in at this moment",
        "try again in a minute",
    );
    const LOST: Page = Page::fixed(
        StatusCode::BAD_REQUEST,
        "this sign-in did not begin in this browser, was used, or took too long",
        "begin again",
    );
    const DEACTIVATED: Page = Page::fixed(
        StatusCode::FORBIDDEN,
        "this account is deactivated",
        "ask whoever administers your identity provider",
    );

    fn refused(what: String, hint: &str) -> Page {
        Page { status: StatusCode::FORBIDDEN, what: what.into(), hint: hint.to_owned().into() }
    }

    fn unavailable(error: &StoreError) -> Page {
        tracing::error!(%error, "cannot keep a sign-in");
        Page::fixed(StatusCode::SERVICE_UNAVAILABLE, "the sign-in cannot be kept at the moment", "try again")
    }

    fn into_api(self) -> ApiError {
        let code = match self.status {
            StatusCode::SERVICE_UNAVAILABLE => ErrorCode::LedgerUnavailable,
            StatusCode::INTERNAL_SERVER_ERROR => ErrorCode::Internal,
            _ => ErrorCode::NotIdentified,
        };
        ApiError::new(code, self.what.into_owned(), self.hint.into_owned())
    }
}

impl From<SignInFault> for Page {
    fn from(fault: SignInFault) -> Page {
        tracing::warn!(error = %fault, "a sign-in failed");
        Page::refused(fault.to_string(), fault.hint())
    }
}

impl axum::response::IntoResponse for Page {
    fn into_response(self) -> Response {
        crate::luigi::plain_page(self.status, "Nobody signed in", &self.what, &self.hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_stays_here() {
        let check = |wanted: Option<&str>, expected: &str| assert_eq!(local_path(wanted), expected, "{wanted:?}");
        check(None, "/");
        check(Some("/runs/4?x=1#y"), "/runs/4?x=1#y");
        for elsewhere in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/x\\y",
            "\\/evil",
            "javascript:1",
            "/\n/x",
            "",
        ] {
            check(Some(elsewhere), "/");
        }
        check(Some(&format!("/{}", "x".repeat(RETURN_PATH_BYTES_MAX))), "/");
    }

    #[test]
    fn a_command_line_names_a_port_and_a_challenge() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let read = |query: &str| loopback(&url_query(query)).map(|cli| cli.map(|cli| (cli.port, cli.state)));
        assert!(matches!(read(""), Ok(None)));
        let good = format!("cli_port=4000&cli_challenge={challenge}&cli_state=abc");
        assert_eq!(read(&good).expect("good"), Some((4000, "abc".to_owned())));
        for odd in ["cli_port=4000", "cli_port=0&cli_challenge=x", &format!("cli_port=0&cli_challenge={challenge}")] {
            assert!(read(odd).is_err(), "{odd}");
        }
        assert!(read(&format!("cli_port=1&cli_challenge={challenge}&cli_state=a%26b")).is_err());
    }
}
