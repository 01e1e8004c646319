//! The configured identity providers, whichever protocol they speak.

use bussola_domain::access::Kind;
use bussola_domain::command::Profile;
use bussola_identity::github::{Github, GithubError};
use bussola_identity::oidc::{DeviceOutcome, DeviceStart, LogoutNotice, OidcError, PendingDevice};
use bussola_identity::outbound::{Outbound, OutboundError};
use bussola_identity::{Callback, Identity, PendingSignIn, SignInStart, oidc};
use url::Url;

use super::pending::Pending;
use crate::config::AccessSettings;
use crate::config::access::{GroupRule, Protocol};

/// Why nobody signed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignInFault {
    #[error(transparent)]
    Oidc(#[from] OidcError),
    #[error(transparent)]
    Github(#[from] GithubError),
    #[error("you are a member of none of the organisations whose members may come in")]
    Outsider,
    #[error("`{0}` has no sign-in with a code")]
    NoDeviceFlow(String),
    #[error("`{0}` ends no sessions")]
    NoLogout(String),
}

impl SignInFault {
    pub(super) fn hint(&self) -> &str {
        match self {
            SignInFault::Oidc(error) => error.hint(),
            SignInFault::Github(error) => error.hint(),
            SignInFault::Outsider => "ask to be invited, and let this app see your memberships at GitHub",
            SignInFault::NoDeviceFlow(_) => "run `bussola login` on a machine with a browser",
            SignInFault::NoLogout(_) => "",
        }
    }
}

enum Client {
    Oidc(Box<oidc::Provider>),
    Github(Box<Github>),
}

/// One of them.
pub(super) struct Provider {
    name: String,
    title: String,
    client: Client,
    groups: Vec<GroupRule>,
}

/// All of them, with what is on the way.
pub struct Providers {
    all: Vec<Provider>,
    url: Url,
    pub(super) pending: Pending,
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all.iter().map(|provider| &provider.name)).finish()
    }
}

impl Providers {
    /// As configured; none: there are none. Nothing is fetched before somebody signs in.
    pub fn new(settings: &AccessSettings) -> Result<Option<Providers>, OutboundError> {
        let Some(url) = settings.url.clone().filter(|_| !settings.providers.is_empty()) else { return Ok(None) };
        let outbound = Outbound::new(settings.authorities.as_deref())?;
        let provider = |settings: &crate::config::access::ProviderSettings| Provider {
            name: settings.name.clone(),
            title: settings.title.clone(),
            client: match settings.protocol.clone() {
                Protocol::Oidc(oidc) => Client::Oidc(Box::new(oidc::Provider::new(oidc, outbound.clone()))),
                Protocol::Github(github) => Client::Github(Box::new(Github::new(github, outbound.clone()))),
            },
            groups: settings.groups.clone(),
        };
        Ok(Some(Providers { all: settings.providers.iter().map(provider).collect(), url, pending: Pending::default() }))
    }

    /// Whether browsers come over TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(super) fn find(&self, name: &str) -> Option<&Provider> {
        self.all.iter().find(|provider| provider.name == name)
    }

    /// Name and title of each.
    pub fn listed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().map(|provider| (provider.name.as_str(), provider.title.as_str()))
    }

    /// Where a provider sends browsers back to. Exactly this is registered there.
    pub(super) fn callback_url(&self, name: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("/login/{name}/callback"));
        url
    }
}

impl Provider {
    pub(super) async fn begin(&self, callback: &Url, now: i64) -> Result<SignInStart, SignInFault> {
        Ok(match &self.client {
            Client::Oidc(provider) => provider.begin(callback, now).await?,
            Client::Github(github) => github.begin(callback, now)?,
        })
    }

    pub(super) async fn finish(
        &self,
        callback: &Callback,
        pending: &PendingSignIn,
        now: i64,
    ) -> Result<Identity, SignInFault> {
        Ok(match &self.client {
            Client::Oidc(provider) => provider.finish(callback, pending, now).await?.identity,
            Client::Github(github) => {
                let signed_in = github.finish(callback, pending, now).await?;
                if signed_in.organizations.is_empty() {
                    return Err(SignInFault::Outsider);
                }
                signed_in.identity
            }
        })
    }

    pub(super) async fn begin_device(&self, now: i64) -> Result<DeviceStart, SignInFault> {
        match &self.client {
            Client::Oidc(provider) => Ok(provider.begin_device(now).await?),
            Client::Github(_) => Err(SignInFault::NoDeviceFlow(self.title.clone())),
        }
    }

    pub(super) async fn poll_device(
        &self,
        pending: &mut PendingDevice,
        now: i64,
    ) -> Result<DeviceOutcome, SignInFault> {
        match &self.client {
            Client::Oidc(provider) => Ok(provider.poll_device(pending, now).await?),
            Client::Github(_) => Err(SignInFault::NoDeviceFlow(self.title.clone())),
        }
    }

    pub(super) async fn logout_notice(&self, token: &str, now: i64) -> Result<LogoutNotice, SignInFault> {
        match &self.client {
            Client::Oidc(provider) => Ok(provider.verify_logout_token(token, now).await?),
            Client::Github(_) => Err(SignInFault::NoLogout(self.title.clone())),
        }
    }

    /// Who it is here: groups of the provider become groups of the catalog by the rules, the first that fits.
    pub(super) fn profile(&self, identity: &Identity) -> Profile {
        let groups = identity.groups.iter().filter_map(|group| self.groups.iter().find_map(|rule| rule.apply(group)));
        Profile {
            issuer: identity.issuer.clone(),
            subject: identity.subject.clone(),
            kind: Kind::User,
            name: identity.name.clone().or_else(|| identity.login.clone()),
            email: identity.email.clone().filter(|_| identity.email_verified),
            owner: None,
            active: true,
            groups: groups.collect(),
            source: "claims".to_owned(),
        }
    }
}
