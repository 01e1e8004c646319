//! Routes of access: who sends the request, sessions, tokens, and those who are known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use bussola_domain::access::event::EndCause;
use bussola_domain::access::{Action, Kind, Principal};
use bussola_domain::catalog::EntityRef;
use bussola_domain::catalog::reference::DEFAULT_NAMESPACE;
use bussola_domain::command::{
    EndSessions, IssueToken, Know, NoToken, Profile, RevokeToken, TOKENS_EACH_MAX, WhichSessions,
};
use bussola_domain::id::{PrincipalNo, SessionNo, TokenNo};
use bussola_domain::model::Model;

use super::api::Api;
use super::error::{ApiError, ErrorCode};
use super::extract::{Answer, By, Json, Params, Segments, Slice, body};
use super::limits::{BODY_BYTES_MAX, LABEL_CHARS_MAX, PAGE_ITEMS_MAX, TOKEN_DAYS_DEFAULT, TOKEN_DAYS_MAX};
use super::scheduler::PageQuery;
use super::wire::access::{
    Ended, IssuedToken, Me, NewService, NewToken, PrincipalList, PrincipalView, SessionList, SessionView, TokenList,
    TokenView,
};
use super::wire::error::ErrorBody;
use super::wire::time;
use crate::secret::{Secret, TOKEN_PREFIX};

/// Who issues the identities of services that were made here.
const OWN_ISSUER: &str = "bussola:service";

/// Who sends this request, and where one can sign in. Answered to everybody.
#[utoipa::path(get, path = "/me", tag = "access", operation_id = "getMe", responses((status = OK, body = Me)))]
pub(super) async fn me(State(api): State<Arc<Api>>, By(context): By) -> Answer<Me> {
    let providers = api.app.providers();
    Ok(Json(api.ask(|model| Me::of(model, &context.caller, providers)).await?))
}

/// The caller's own sessions.
#[utoipa::path(
    get, path = "/me/sessions", tag = "access", operation_id = "listMySessions",
    responses((status = OK, body = SessionList))
)]
pub(super) async fn my_sessions(State(api): State<Arc<Api>>, by: By) -> Answer<SessionList> {
    let Principal::Known(me) = by.0.caller.principal else { return Ok(Json(SessionList { items: Vec::new() })) };
    sessions(&api, &by, |holder| holder == me).await
}

/// The caller's own tokens.
#[utoipa::path(
    get, path = "/me/tokens", tag = "access", operation_id = "listMyTokens", responses((status = OK, body = TokenList))
)]
pub(super) async fn my_tokens(State(api): State<Arc<Api>>, by: By) -> Answer<TokenList> {
    let Principal::Known(me) = by.0.caller.principal else { return Ok(Json(TokenList { items: Vec::new() })) };
    tokens(&api, &by, |holder| holder == me).await
}

/// Makes a token that acts for the caller.
#[utoipa::path(
    post, path = "/me/tokens", tag = "access", operation_id = "makeMyToken", request_body = NewToken,
    responses((status = OK, body = IssuedToken), (status = CONFLICT, body = ErrorBody))
)]
pub(super) async fn make_my_token(State(api): State<Arc<Api>>, by: By, request: Body) -> Answer<IssuedToken> {
    let Principal::Known(me) = by.0.caller.principal else {
        let hint = "sign in first; for programs, `bussola service create NAME --owner GROUP` makes somebody who can";
        return Err(ApiError::new(
            ErrorCode::NoSuchPrincipal,
            "cannot make a token for a caller who is not known",
            hint,
        ));
    };
    make_token(&api, &by, me, request).await
}

/// Everybody's sessions.
#[utoipa::path(
    get, path = "/access/sessions", tag = "access", operation_id = "listSessions",
    responses((status = OK, body = SessionList))
)]
pub(super) async fn all_sessions(State(api): State<Arc<Api>>, by: By) -> Answer<SessionList> {
    sessions(&api, &by, |_| true).await
}

/// Everybody's tokens.
#[utoipa::path(
    get, path = "/access/tokens", tag = "access", operation_id = "listTokens", responses((status = OK, body = TokenList))
)]
pub(super) async fn all_tokens(State(api): State<Arc<Api>>, by: By) -> Answer<TokenList> {
    tokens(&api, &by, |_| true).await
}

async fn sessions(api: &Api, by: &By, wanted: impl Fn(PrincipalNo) -> bool) -> Answer<SessionList> {
    let (now, caller) = (by.0.now, &by.0.caller);
    let list = |model: &Model| {
        let good = model.access.sessions().filter(|(_, session)| session.expires > now && wanted(session.principal));
        let mut items: Vec<SessionView> =
            good.map(|(number, session)| SessionView::of(model, number, session, caller)).collect();
        items.reverse();
        items.truncate(PAGE_ITEMS_MAX);
        SessionList { items }
    };
    Ok(Json(api.ask(list).await?))
}

async fn tokens(api: &Api, by: &By, wanted: impl Fn(PrincipalNo) -> bool) -> Answer<TokenList> {
    let (now, caller) = (by.0.now, &by.0.caller);
    let list = |model: &Model| {
        let good = model.access.tokens().filter(|(_, token)| token.expires > now && wanted(token.principal));
        let mut items: Vec<TokenView> =
            good.map(|(number, token)| TokenView::of(model, number, token, caller)).collect();
        items.reverse();
        items.truncate(PAGE_ITEMS_MAX);
        TokenList { items }
    };
    Ok(Json(api.ask(list).await?))
}

/// Ends a session: one's own, or somebody else's where policies allow it.
#[utoipa::path(
    post, path = "/access/sessions/{session}/end", tag = "access", operation_id = "endSession",
    params(("session" = u32, Path, description = "The session's number")), responses((status = OK, body = Ended))
)]
pub(super) async fn end_session(
    State(api): State<Arc<Api>>,
    Segments(session): Segments<u32>,
    by: By,
) -> Answer<Ended> {
    let (which, cause) = (WhichSessions::One(SessionNo(session)), EndCause::Revoked);
    Ok(Json(Ended { ended: api.execute(&by, EndSessions { which, cause }).await? }))
}

/// Makes a token useless: one's own, or somebody else's where policies allow it.
#[utoipa::path(
    post, path = "/access/tokens/{token}/revoke", tag = "access", operation_id = "revokeToken",
    params(("token" = u32, Path, description = "The token's number")), responses((status = OK, body = Ended))
)]
pub(super) async fn revoke_token(State(api): State<Arc<Api>>, Segments(token): Segments<u32>, by: By) -> Answer<Ended> {
    let revoked = api.execute(&by, RevokeToken { token: TokenNo(token) }).await?;
    Ok(Json(Ended { ended: usize::from(revoked) }))
}

/// Everybody who is known.
#[utoipa::path(
    get, path = "/access/principals", tag = "access", operation_id = "listPrincipals", params(PageQuery),
    responses((status = OK, body = PrincipalList))
)]
pub(super) async fn principals(State(api): State<Arc<Api>>, Params(page): Params<PageQuery>) -> Answer<PrincipalList> {
    let Slice { offset, limit } = page.slice()?;
    let list = move |model: &Model| {
        let mut held: BTreeMap<PrincipalNo, (usize, usize)> = BTreeMap::new();
        model.access.sessions().for_each(|(_, session)| held.entry(session.principal).or_default().0 += 1);
        model.access.tokens().for_each(|(_, token)| held.entry(token.principal).or_default().1 += 1);
        let all = model.access.principals();
        let total = all.len();
        let view = |(number, _)| {
            let (sessions, tokens) = held.get(&number).copied().unwrap_or_default();
            PrincipalView::of(model, number, sessions, tokens)
        };
        PrincipalList { items: all.skip(offset).take(limit).filter_map(view).collect(), total }
    };
    Ok(Json(api.large(move |store| Ok(store.read(list))).await?))
}

/// Has a service known, which can then have tokens. Without effect if it is known already, with this owner.
#[utoipa::path(
    post, path = "/access/services", tag = "access", operation_id = "makeService", request_body = NewService,
    responses((status = OK, body = PrincipalView))
)]
pub(super) async fn make_service(State(api): State<Arc<Api>>, by: By, request: Body) -> Answer<PrincipalView> {
    let NewService { name, owner } = body(request, BODY_BYTES_MAX).await?;
    let name = label("name", &name)?;
    let owner = EntityRef::parse_in(&owner, Some("group"), Some(DEFAULT_NAMESPACE)).map_err(|error| {
        ApiError::parameter(format!("`owner`: {error}"), "write a group, as `payments` or `group:web/payments`")
    })?;
    let profile = Profile {
        issuer: OWN_ISSUER.to_owned(),
        subject: name.clone(),
        kind: Kind::Service,
        name: Some(name),
        email: None,
        owner: Some(owner),
        active: true,
        groups: BTreeSet::new(),
        source: "claims".to_owned(),
    };
    let number = api.execute(&by, Know { profile }).await?;
    let view = api.ask(|model| PrincipalView::of(model, number, 0, 0)).await?;
    view.map(Json).ok_or_else(|| no_principal(number.0))
}

/// Makes a token that acts for somebody who is known: mostly a service.
#[utoipa::path(
    post, path = "/access/principals/{principal}/tokens", tag = "access", operation_id = "makeToken",
    params(("principal" = u32, Path, description = "The principal's number")), request_body = NewToken,
    responses((status = OK, body = IssuedToken), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn make_token_for(
    State(api): State<Arc<Api>>,
    Segments(principal): Segments<u32>,
    by: By,
    request: Body,
) -> Answer<IssuedToken> {
    make_token(&api, &by, PrincipalNo(principal), request).await
}

async fn make_token(api: &Api, by: &By, principal: PrincipalNo, request: Body) -> Answer<IssuedToken> {
    let NewToken { label: written, actions, days } = body(request, BODY_BYTES_MAX).await?;
    let days = days.unwrap_or(TOKEN_DAYS_DEFAULT);
    if days == 0 || days > TOKEN_DAYS_MAX {
        let message = format!("`days` is {days}: a token is good for 1 to {TOKEN_DAYS_MAX} days");
        return Err(ApiError::parameter(message, "make another one when it is over"));
    }
    let parse = |action: &String| {
        Action::parse(action).ok_or_else(|| {
            let known: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
            ApiError::parameter(format!("there is no action `{action}`"), format!("actions: {}", known.join(", ")))
        })
    };
    let actions: BTreeSet<Action> = actions.iter().map(parse).collect::<Result<_, _>>()?;
    let label = label("label", &written)?;
    let secret = Secret::draw(TOKEN_PREFIX)
        .map_err(|error| ApiError::new(ErrorCode::Internal, format!("no random numbers: {error}"), ""))?;
    let expires = by.0.now.plus_seconds(f64::from(days) * 86_400.0);
    let command = IssueToken { principal, label, actions, expires, secret: secret.hash() };
    match api.execute(by, command).await? {
        Ok(token) => {
            Ok(Json(IssuedToken { secret: secret.reveal().to_owned(), token: token.0, expires: time(expires) }))
        }
        Err(NoToken::NoSuchPrincipal) => Err(no_principal(principal.0)),
        Err(NoToken::TooMany) => {
            let message = format!("they have {TOKENS_EACH_MAX} tokens, as many as anybody may have");
            Err(ApiError::new(ErrorCode::TooManyTokens, message, "revoke some that nobody uses"))
        }
    }
}

fn no_principal(number: u32) -> ApiError {
    let message = format!("there is no principal {number} who may act");
    ApiError::new(ErrorCode::NoSuchPrincipal, message, "`bussola principal list` shows who is known")
}

/// What people write to know a thing again by.
fn label(field: &str, written: &str) -> Result<String, ApiError> {
    let text = written.trim();
    if text.is_empty() || text.chars().count() > LABEL_CHARS_MAX || text.chars().any(char::is_control) {
        let message = format!("`{field}` is not 1 to {LABEL_CHARS_MAX} printable characters");
        return Err(ApiError::parameter(message, "choose one that tells what it is for"));
    }
    Ok(text.to_owned())
}
