//! `[access]` and `[luigi]`: where people sign in, which groups they are in, whom to trust.

use std::path::{Path, PathBuf};

use bussola_domain::catalog::EntityRef;
use bussola_domain::catalog::reference::DEFAULT_NAMESPACE;
use bussola_identity::Secret;
use serde::Deserialize;
use url::Url;

use super::ConfigError;

/// Sessions last this long unless told otherwise: a working day with an evening on call.
const SESSION_HOURS_DEFAULT: u32 = 12;
/// LIMIT: a session of a month is none any more.
const SESSION_HOURS_MAX: u32 = 24 * 30;
/// LIMIT: a client secret is a line, not a document.
const SECRET_BYTES_MAX: u64 = 4 * 1024;

/// `[access]`, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAccess {
    url: Option<String>,
    session_hours: Option<u32>,
    policies: Option<PathBuf>,
    authorities: Option<PathBuf>,
    providers: Vec<RawProvider>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProvider {
    name: String,
    title: Option<String>,
    #[serde(default)]
    kind: ProviderKind,
    issuer: Option<String>,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    scopes: Option<Vec<String>>,
    groups_claim: Option<String>,
    #[serde(default)]
    organizations: Vec<String>,
    web_url: Option<String>,
    api_url: Option<String>,
    groups: Option<Vec<RawGroup>>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ProviderKind {
    #[default]
    Oidc,
    Github,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    from: String,
    to: String,
}

/// `[luigi]`, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLuigi {
    pub(super) require_identity: RequireIdentity,
}

/// Whether workers must say who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequireIdentity {
    /// No.
    #[default]
    Off,
    /// No; but the log tells of each that does not, so that the last ones are found.
    Record,
    /// Yes.
    Enforce,
}

/// Where people sign in, and how long that lasts.
#[derive(Clone, Debug)]
pub struct AccessSettings {
    /// How browsers and others reach this server; without a slash at its end.
    pub url: Option<Url>,
    /// How long a session lasts, in hours.
    pub session_hours: u32,
    /// The directory of policies; none: the set that ships.
    pub policies: Option<PathBuf>,
    /// Certificate authorities to trust beside the machine's, as PEM.
    pub authorities: Option<Vec<u8>>,
    /// Where one can sign in, in this order.
    pub providers: Vec<ProviderSettings>,
}

impl Default for AccessSettings {
    fn default() -> AccessSettings {
        let session_hours = SESSION_HOURS_DEFAULT;
        AccessSettings { url: None, session_hours, policies: None, authorities: None, providers: Vec::new() }
    }
}

/// An identity provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// In addresses: `/login/<name>`.
    pub name: String,
    /// For people.
    pub title: String,
    /// How to speak to it.
    pub protocol: Protocol,
    /// Which of its groups are which of the catalog's.
    pub groups: Vec<GroupRule>,
}

/// How to speak to a provider.
#[derive(Clone, Debug)]
pub enum Protocol {
    /// OpenID Connect, by discovery.
    Oidc(bussola_identity::oidc::ProviderSettings),
    /// GitHub's OAuth.
    Github(bussola_identity::github::GithubSettings),
}

/// Which groups of a provider are which of the catalog's. One `*` in each stands for the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRule {
    from: (String, Option<String>),
    to: String,
}

impl GroupRule {
    fn parse(file: &str, rule: &RawGroup) -> Result<GroupRule, ConfigError> {
        let stars = |text: &str| text.matches('*').count();
        if stars(&rule.from) > 1 || stars(&rule.to) > stars(&rule.from) {
            return Err(refused(
                file,
                format!("group rule `{}` -> `{}` has too many `*`", rule.from, rule.to),
                "`from` may have one, which `to` may repeat",
            ));
        }
        let made = rule.to.replace('*', "x");
        EntityRef::parse_in(&made, Some("group"), Some(DEFAULT_NAMESPACE))
            .ok()
            .filter(|group| group.kind() == "group")
            .ok_or_else(|| {
                let what = format!("group rule `{}` -> `{}` does not lead to a group", rule.from, rule.to);
                refused(file, what, "write `to` as `payments` or `group:default/payments`")
            })?;
        let from = match rule.from.split_once('*') {
            Some((head, tail)) => (head.to_owned(), Some(tail.to_owned())),
            None => (rule.from.clone(), None),
        };
        Ok(GroupRule { from, to: rule.to.clone() })
    }

    /// The group that a group of the provider is, by this rule.
    pub fn apply(&self, group: &str) -> Option<EntityRef> {
        let star = match &self.from {
            (head, None) => (group == head).then_some("")?,
            (head, Some(tail)) => group.strip_prefix(head.as_str())?.strip_suffix(tail.as_str())?,
        };
        // One group stands for one: a provider's name must not choose kind and namespace too.
        if star.contains(['/', ':']) {
            return None;
        }
        // What a name is made of is the catalog's business; what is none leads nowhere.
        let written = self.to.replace('*', &star.trim().to_lowercase().replace(' ', "-"));
        EntityRef::parse_in(&written, Some("group"), Some(DEFAULT_NAMESPACE)).ok()
    }
}

fn refused(file: &str, what: String, hint: &str) -> ConfigError {
    ConfigError::Refused { what: format!("{file}: {what}"), hint: hint.to_owned() }
}

/// Checks what is written, and reads the files that it names, relative to `base`.
pub(super) fn settle(file: &str, base: &Path, raw: RawAccess) -> Result<AccessSettings, ConfigError> {
    let session_hours = raw.session_hours.unwrap_or(SESSION_HOURS_DEFAULT);
    if !(1..=SESSION_HOURS_MAX).contains(&session_hours) {
        let what = format!("`[access] session_hours` is {session_hours}, not 1 to {SESSION_HOURS_MAX}");
        return Err(refused(file, what, "people sign in again when it is over"));
    }
    let url = raw.url.as_deref().map(|text| own_url(file, text)).transpose()?;
    if url.is_none() && !raw.providers.is_empty() {
        let what = "`[access] providers` without `[access] url`".to_owned();
        return Err(refused(
            file,
            what,
            "say how browsers reach this server, e.g. `url = \"https://bussola.example.com\"`",
        ));
    }
    let authorities = raw.authorities.map(|path| read_file(&base.join(path), u64::MAX)).transpose()?;
    let providers: Vec<ProviderSettings> =
        raw.providers.iter().map(|provider| settle_provider(file, base, provider)).collect::<Result<_, _>>()?;
    let mut names: Vec<&str> = providers.iter().map(|provider| provider.name.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(refused(file, format!("two providers are called `{}`", pair[0]), "give each a name of its own"));
    }
    let policies = raw.policies.map(|path| base.join(path));
    Ok(AccessSettings { url, session_hours, policies, authorities, providers })
}

fn own_url(file: &str, text: &str) -> Result<Url, ConfigError> {
    let what =
        |why: &str| refused(file, format!("`[access] url` `{text}` {why}"), "write e.g. `https://bussola.example.com`");
    let url = Url::parse(text).map_err(|error| what(&format!("is no URL: {error}")))?;
    let loopback = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err(what("is not `https://`, which only a loopback address may do without")),
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(what("is more than a scheme, a host and a port: the app must be at the root of its host"));
    }
    Ok(url)
}

fn settle_provider(file: &str, base: &Path, raw: &RawProvider) -> Result<ProviderSettings, ConfigError> {
    let name = &raw.name;
    let wrong = |what: &str, hint: &str| refused(file, format!("provider `{name}`: {what}"), hint);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 40 || !name.chars().all(plain) {
        return Err(wrong(
            "its name is not 1 to 40 of a-z, 0-9 and `-`",
            "it becomes part of addresses: `/login/okta`",
        ));
    }
    let secret = raw.client_secret_file.as_ref().map(|path| read_secret(&base.join(path))).transpose()?;
    let parse = |field: &str, text: &str| Url::parse(text).map_err(|error| wrong(&format!("`{field}`: {error}"), ""));
    let rules = |defaults: Vec<RawGroup>| {
        let written = raw.groups.as_ref().map_or(defaults.as_slice(), Vec::as_slice);
        written.iter().map(|rule| GroupRule::parse(file, rule)).collect::<Result<Vec<_>, _>>()
    };
    let rule = |from: String| RawGroup { from, to: format!("group:{DEFAULT_NAMESPACE}/*") };
    let (protocol, groups) = match raw.kind {
        ProviderKind::Oidc => {
            let issuer = raw.issuer.clone().ok_or_else(|| {
                wrong("it has no `issuer`", "write the URL that its discovery document is below, exactly as it does")
            })?;
            parse("issuer", &issuer)?;
            let scopes = ["profile", "email"].map(str::to_owned).to_vec();
            let settings = bussola_identity::oidc::ProviderSettings {
                issuer,
                client_id: raw.client_id.clone(),
                client_secret: secret,
                client_authentication: bussola_identity::oidc::ClientAuthentication::Discovered,
                scopes: raw.scopes.clone().unwrap_or(scopes),
                groups_claim: raw.groups_claim.clone().unwrap_or_else(|| "groups".to_owned()),
            };
            (Protocol::Oidc(settings), rules(vec![rule("*".to_owned())])?)
        }
        ProviderKind::Github => {
            let client_secret =
                secret.ok_or_else(|| wrong("it has no `client_secret_file`", "GitHub's OAuth apps have one"))?;
            if raw.organizations.is_empty() {
                let hint = "anybody can have an account at GitHub: name those whose members may come in";
                return Err(wrong("it names no `organizations`", hint));
            }
            let organization =
                |login: &String| bussola_identity::github::Organization { login: login.clone(), id: None };
            let settings = bussola_identity::github::GithubSettings {
                client_id: raw.client_id.clone(),
                client_secret,
                web_url: parse("web_url", raw.web_url.as_deref().unwrap_or("https://github.com"))?,
                api_url: parse("api_url", raw.api_url.as_deref().unwrap_or("https://api.github.com"))?,
                organizations: raw.organizations.iter().map(organization).collect(),
            };
            (Protocol::Github(settings), rules(raw.organizations.iter().map(|org| rule(format!("{org}/*"))).collect())?)
        }
    };
    let title = raw.title.clone().unwrap_or_else(|| name.clone());
    Ok(ProviderSettings { name: name.clone(), title, protocol, groups })
}

fn read_secret(path: &Path) -> Result<Secret, ConfigError> {
    let bytes = read_file(path, SECRET_BYTES_MAX)?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        let what = format!("{}: it is not one line of text", path.display());
        return Err(ConfigError::Refused { what, hint: "put the client secret alone into the file".to_owned() });
    }
    Ok(Secret::new(text))
}

fn read_file(path: &Path, bytes_max: u64) -> Result<Vec<u8>, ConfigError> {
    let file = path.display().to_string();
    let failed = |source| ConfigError::Read { file: file.clone(), source };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > bytes_max {
        let what = format!("{file}: it has {size} bytes, more than {bytes_max}");
        return Err(ConfigError::Refused { what, hint: "is this the right file?".to_owned() });
    }
    std::fs::read(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<AccessSettings, String> {
        let raw: RawAccess = toml::from_str(text).map_err(|error| error.to_string())?;
        settle("bussola.toml", Path::new("/nowhere"), raw).map_err(|error| error.to_string())
    }

    fn refused_because(text: &str, expected: &str) {
        let error = read(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_provider_is_read_with_its_defaults() {
        let settings = read(
            "url = 'https://bussola.example.com'\n[[providers]]\nname = 'okta'\nissuer = 'https://acme.okta.com'\nclient_id = 'x'\n",
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let provider = &settings.providers[0];
        assert_eq!((provider.title.as_str(), settings.session_hours), ("okta", 12));
        let group = provider.groups[0].apply("Payments Team").map(|group| group.to_string());
        assert_eq!(group.as_deref(), Some("group:default/payments-team"));
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let provider = "[[providers]]\nname = 'okta'\nissuer = 'https://a.example'\nclient_id = 'x'\n";
        refused_because(provider, "without `[access] url`");
        refused_because("url = 'http://bussola.example.com'", "is not `https://`");
        refused_because("url = 'https://bussola.example.com/app'", "root of its host");
        refused_because("url = 'nonsense'", "is no URL");
        refused_because("session_hours = 0", "not 1 to 720");
        let url = "url = 'http://127.0.0.1:8082'\n";
        refused_because(&format!("{url}{provider}{provider}"), "two providers are called `okta`");
        refused_because(&format!("{url}[[providers]]\nname = 'O K'\nclient_id = 'x'"), "its name is not");
        refused_because(&format!("{url}[[providers]]\nname = 'ok'\nclient_id = 'x'"), "it has no `issuer`");
        refused_because(
            &format!("{url}[[providers]]\nname = 'ok'\nkind = 'github'\nclient_id = 'x'"),
            "client_secret_file",
        );
        let rule = |from: &str, to: &str| format!("{url}{provider}groups = [{{ from = '{from}', to = '{to}' }}]");
        refused_because(&rule("a*b*", "x"), "too many `*`");
        refused_because(&rule("a", "x*"), "too many `*`");
        refused_because(&rule("a", "user:default/x"), "does not lead to a group");
        refused_because(&rule("a", ""), "does not lead to a group");
    }

    #[test]
    fn a_rule_leads_from_one_name_to_another() {
        let check = |from: &str, to: &str, group: &str, expected: Option<&str>| {
            let rule = GroupRule::parse("f", &RawGroup { from: from.into(), to: to.into() }).expect("a rule");
            assert_eq!(rule.apply(group).map(|group| group.to_string()).as_deref(), expected, "{from} {to} {group}");
        };
        check("acme/*", "*", "acme/payments", Some("group:default/payments"));
        check("acme/*", "*", "other/payments", None);
        check("SG-Payments", "payments", "SG-Payments", Some("group:default/payments"));
        check("SG-Payments", "payments", "SG-Payments-2", None);
        check("SG-*-prod", "group:prod/*", "SG-Web-prod", Some("group:prod/web"));
        check("*", "*", "", None);
        check("*", "*", "a/b/c", None);
    }
}
