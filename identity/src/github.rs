//! Sign-in at GitHub, which speaks OAuth but not OpenID Connect: who it is, is asked for with the access token.
//!
//! PKCE is sent (GitHub checks it; older Enterprise servers ignore it). There is no `iss` on the way back, so a mix-up of
//! providers is prevented by a redirect URI of GitHub's own, which is the caller's to choose.
//!
//! Invariants: a person is the numeric id, since logins are given to others when they are changed; the login is for people
//! to read. Only organisations that the operator names give groups: anyone may found an organisation of any free name, so
//! a name that was not expected means nothing. With an id beside it, an organisation that took over the name of another
//! gives nothing either.

use http::header::{ACCEPT, HeaderName};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};
use url::Url;

use crate::identity::{Identity, IdentityFault, name_of, tidy_groups};
use crate::limits::{ANSWER_BYTES_MAX, GITHUB_PAGES_MAX, GITHUB_TEAMS_ASKED_MAX};
use crate::outbound::{Call, Outbound, OutboundError, Reach};
use crate::random::NoRandomness;
use crate::secret::Secret;
use crate::sign_in::{Callback, CallbackFault, PendingSignIn, SignInStart, error_code};
use crate::strict_json::parse_object;

/// Entries on a page, the most that GitHub gives.
const PAGE_LENGTH: usize = 100;

/// What the operator says about GitHub.
#[derive(Clone, Debug)]
pub struct GithubSettings {
    /// Of our OAuth app.
    pub client_id: String,
    /// Of our OAuth app.
    pub client_secret: Secret,
    /// `https://github.com`, or an Enterprise server.
    pub web_url: Url,
    /// `https://api.github.com`, or `https://…/api/v3` of an Enterprise server.
    pub api_url: Url,
    /// Those whose members and teams give groups.
    pub organizations: Vec<Organization>,
}

/// An organisation that the operator named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its name, as it shall begin the names of groups.
    pub login: String,
    /// Its id, which stays when names change hands.
    pub id: Option<u64>,
}

/// An organisation that somebody is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// For ever.
    pub id: u64,
    /// Its name at GitHub.
    pub login: String,
    /// Its name as the operator spells it, and so its group.
    pub group: String,
}

/// A team that somebody is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// For ever.
    pub id: u64,
    /// Its name in URLs.
    pub slug: String,
    /// Of which organisation.
    pub organization_id: u64,
}

/// A finished sign-in.
#[derive(Clone, Debug)]
pub struct GithubSignIn {
    /// Who it is; groups are `organization` and `organization/team`.
    pub identity: Identity,
    /// Organisations named by the operator that the person is a member of.
    pub organizations: Vec<Membership>,
    /// Teams in these.
    pub teams: Vec<Team>,
    /// To ask again later: [`Github::read`].
    pub access_token: Secret,
}

/// Why nobody signed in.
#[derive(Debug, thiserror::Error)]
pub enum GithubError {
    /// A call failed.
    #[error("sign-in at GitHub: {0}")]
    Call(#[from] OutboundError),
    /// The way back does not count.
    #[error("sign-in at GitHub: {0}")]
    Callback(#[from] CallbackFault),
    /// The code or our secret is refused.
    #[error("sign-in at GitHub: it refused with `{0}`")]
    Refused(String),
    /// The API says no.
    #[error("sign-in at GitHub: `{path}` answered with status {status}")]
    Status {
        /// Of the API.
        path: String,
        /// What it said.
        status: u16,
    },
    /// The API's answer is not what it should be.
    #[error("sign-in at GitHub: the answer of `{path}` has no valid `{member}`")]
    Answer {
        /// Of the API.
        path: String,
        /// Which member.
        member: &'static str,
    },
    /// The answers are no identity.
    #[error("sign-in at GitHub: {0}")]
    Identity(#[from] IdentityFault),
    /// The operating system's fault.
    #[error("sign-in at GitHub: {0}")]
    Randomness(#[from] NoRandomness),
}

impl GithubError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            GithubError::Call(error) => error.hint(),
            GithubError::Callback(fault) => fault.hint(),
            GithubError::Refused(code) if code == "incorrect_client_credentials" => {
                "check `client_id` and `client_secret`"
            }
            GithubError::Refused(_) | GithubError::Status { status: 401, .. } => "sign in again",
            GithubError::Status { status: 403, .. } => {
                "let the organisation approve the OAuth app, or wait if the rate limit was reached"
            }
            GithubError::Status { .. } | GithubError::Answer { .. } => "check the API's URL",
            GithubError::Identity(_) => "name fewer organisations",
            GithubError::Randomness(_) => "this is a fault of the operating system",
        }
    }

    /// Whether GitHub says that the person's token is void, which ends the session.
    pub fn is_over(&self) -> bool {
        matches!(self, GithubError::Status { status: 401, .. })
    }
}

/// GitHub, or a server that speaks its language. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Github {
    settings: GithubSettings,
    outbound: Outbound,
}

impl Github {
    /// As the operator says.
    pub fn new(settings: GithubSettings, outbound: Outbound) -> Github {
        Github { settings, outbound }
    }

    /// The issuer of its identities: where people sign in.
    pub fn issuer(&self) -> &str {
        self.settings.web_url.as_str().trim_end_matches('/')
    }

    /// Begins a sign-in in a browser.
    pub fn begin(&self, redirect_uri: &Url, now: i64) -> Result<SignInStart, GithubError> {
        let pending = PendingSignIn::begin(redirect_uri, now)?;
        let mut url = below(&self.settings.web_url, &["login", "oauth", "authorize"]);
        url.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", redirect_uri.as_str())
            .append_pair("scope", "read:org user:email")
            .append_pair("state", pending.state.expose())
            .append_pair("code_challenge", &pending.challenge())
            .append_pair("code_challenge_method", "S256")
            .append_pair("allow_signup", "false");
        Ok(SignInStart { url, pending })
    }

    /// Ends it, when the browser is back.
    pub async fn finish(
        &self,
        callback: &Callback,
        pending: &PendingSignIn,
        now: i64,
    ) -> Result<GithubSignIn, GithubError> {
        let callback = Callback { issuer: None, ..callback.clone() };
        let code = pending.accept(&callback, self.issuer(), false, now)?;
        let url = below(&self.settings.web_url, &["login", "oauth", "access_token"]);
        let fields = [
            ("client_id", self.settings.client_id.as_str()),
            ("client_secret", self.settings.client_secret.expose()),
            ("code", code.expose()),
            ("redirect_uri", pending.redirect_uri.as_str()),
            ("code_verifier", pending.verifier.expose()),
        ];
        let answer = self.outbound.send(Call::post_form(&url, &fields), Reach::Operator).await?;
        let malformed = |member| GithubError::Answer { path: "login/oauth/access_token".to_string(), member };
        let members = answer.json().map_err(|_| malformed("body"))?;
        // An error has status 200.
        if let Some(error) = members.get("error").and_then(Value::as_str) {
            return Err(GithubError::Refused(error_code(error)));
        }
        let token = members.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty());
        self.read(&Secret::new(token.ok_or(malformed("access_token"))?)).await
    }

    /// Who a token belongs to, and what the person is a member of now.
    pub async fn read(&self, token: &Secret) -> Result<GithubSignIn, GithubError> {
        let person = self.object(token, &["user"]).await?;
        let malformed = |member| GithubError::Answer { path: "user".to_string(), member };
        let id = person.get("id").and_then(Value::as_u64).ok_or(malformed("id"))?;
        let login = name_of(person.get("login")).ok_or(malformed("login"))?;
        let (email, email_verified) = self.email(token, &person).await?;
        let organizations = self.organizations(token).await?;
        let teams = self.teams(token, &login, &organizations).await?;
        let mut groups: Vec<String> = organizations.iter().map(|membership| membership.group.clone()).collect();
        for team in &teams {
            let owner = organizations.iter().find(|membership| membership.id == team.organization_id);
            groups.extend(owner.map(|membership| format!("{}/{}", membership.group, team.slug)));
        }
        let identity = Identity {
            issuer: self.issuer().to_string(),
            subject: id.to_string(),
            name: name_of(person.get("name")),
            email,
            email_verified,
            login: Some(login),
            groups: tidy_groups(groups)?,
            ..Identity::default()
        };
        Ok(GithubSignIn { identity, organizations, teams, access_token: token.clone() })
    }

    /// The primary address, if the person lets us see it; else the one on the profile, about which nothing is said.
    async fn email(&self, token: &Secret, person: &Map<String, Value>) -> Result<(Option<String>, bool), GithubError> {
        let listed = match self.list(token, &["user", "emails"]).await {
            Ok(listed) => listed,
            Err(GithubError::Status { status: 403 | 404, .. }) => Vec::new(),
            Err(other) => return Err(other),
        };
        match listed.iter().find(|email| email.get("primary") == Some(&Value::Bool(true))) {
            Some(primary) => Ok((name_of(primary.get("email")), primary.get("verified") == Some(&Value::Bool(true)))),
            None => Ok((name_of(person.get("email")), false)),
        }
    }

    /// Those of the person's organisations that the operator named.
    async fn organizations(&self, token: &Secret) -> Result<Vec<Membership>, GithubError> {
        if self.settings.organizations.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for organization in self.list(token, &["user", "orgs"]).await? {
            let (Some(id), Some(login)) = (organization.get("id").and_then(Value::as_u64), login_of(&organization))
            else {
                continue;
            };
            let named = self.settings.organizations.iter().find(|named| named.login.eq_ignore_ascii_case(&login));
            if let Some(named) = named.filter(|named| named.id.is_none_or(|expected| expected == id)) {
                found.push(Membership { id, group: named.login.clone(), login });
            }
        }
        Ok(found)
    }

    async fn teams(&self, token: &Secret, login: &str, organizations: &[Membership]) -> Result<Vec<Team>, GithubError> {
        if organizations.is_empty() {
            return Ok(Vec::new());
        }
        let listed = match self.list(token, &["user", "teams"]).await {
            Ok(listed) => listed,
            // Not every server that speaks this language has the list.
            Err(GithubError::Status { status: 404, .. }) => {
                return self.teams_one_by_one(token, login, organizations).await;
            }
            Err(other) => return Err(other),
        };
        let team = |team: &Value| {
            let organization_id = team.get("organization")?.get("id")?.as_u64()?;
            let known = organizations.iter().any(|membership| membership.id == organization_id);
            if known { read_team(team, organization_id) } else { None }
        };
        Ok(listed.iter().filter_map(team).collect())
    }

    async fn teams_one_by_one(
        &self,
        token: &Secret,
        login: &str,
        organizations: &[Membership],
    ) -> Result<Vec<Team>, GithubError> {
        let mut teams = Vec::new();
        for Membership { id, login: organization, .. } in organizations {
            let listed = self.list(token, &["orgs", organization, "teams"]).await?;
            for team in listed.iter().take(GITHUB_TEAMS_ASKED_MAX).filter_map(|team| read_team(team, *id)) {
                let path = ["orgs", organization, "teams", &team.slug, "memberships", login];
                match self.object(token, &path).await {
                    Ok(membership) if membership.get("state").is_some_and(|state| state == "active") => {
                        teams.push(team)
                    }
                    Ok(_) | Err(GithubError::Status { status: 403 | 404, .. }) => {}
                    Err(other) => return Err(other),
                }
            }
        }
        Ok(teams)
    }

    async fn object(&self, token: &Secret, path: &[&str]) -> Result<Map<String, Value>, GithubError> {
        let body = self.get(token, path, None).await?;
        parse_object(&body).map_err(|_| GithubError::Answer { path: path.join("/"), member: "body" })
    }

    /// All pages of a list.
    async fn list(&self, token: &Secret, path: &[&str]) -> Result<Vec<Value>, GithubError> {
        let mut all = Vec::new();
        for page in 1..=GITHUB_PAGES_MAX {
            let body = self.get(token, path, Some(page)).await?;
            let malformed = |_| GithubError::Answer { path: path.join("/"), member: "body" };
            let items: Vec<Value> = serde_json::from_slice(&body).map_err(malformed)?;
            let last = items.len() < PAGE_LENGTH;
            all.extend(items);
            if last {
                break;
            }
        }
        Ok(all)
    }

    async fn get(&self, token: &Secret, path: &[&str], page: Option<usize>) -> Result<bytes::Bytes, GithubError> {
        let mut url = below(&self.settings.api_url, path);
        if let Some(page) = page {
            url.query_pairs_mut()
                .append_pair("per_page", &PAGE_LENGTH.to_string())
                .append_pair("page", &page.to_string());
        }
        let call = Call::get(&url)
            .bearer(token)
            .header(ACCEPT, HeaderValue::from_static("application/vnd.github+json"))
            .header(HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28"))
            .bytes_max(ANSWER_BYTES_MAX);
        let answer = self.outbound.send(call, Reach::Operator).await?;
        if answer.status == StatusCode::OK {
            return Ok(answer.body);
        }
        Err(GithubError::Status { path: path.join("/"), status: answer.status.as_u16() })
    }
}

fn login_of(value: &Value) -> Option<String> {
    name_of(value.get("login"))
}

fn read_team(team: &Value, organization_id: u64) -> Option<Team> {
    Some(Team { id: team.get("id")?.as_u64()?, slug: name_of(team.get("slug"))?, organization_id })
}

/// A URL below another; each step is escaped, so a name cannot climb out of its place.
fn below(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_enterprise_servers_and_hostile_names() {
        let base = |text: &str| Url::parse(text).expect("a URL");
        for (url, path, expected) in [
            ("https://api.github.com", vec!["user"], "https://api.github.com/user"),
            ("https://ghe.example.com/api/v3/", vec!["user", "orgs"], "https://ghe.example.com/api/v3/user/orgs"),
            ("https://ghe.example.com/api/v3", vec!["orgs", "a/b?c"], "https://ghe.example.com/api/v3/orgs/a%2Fb%3Fc"),
            ("https://api.github.com", vec!["orgs", "a#b"], "https://api.github.com/orgs/a%23b"),
        ] {
            assert_eq!(below(&base(url), &path).as_str(), expected);
        }
    }
}
