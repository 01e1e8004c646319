//! Who signed in, as every provider's answer is read to.

use serde_json::{Map, Value};

use crate::claims::{boolean_of, strings_of, time_of};
use crate::limits::{GROUPS_MAX, NAME_BYTES_MAX};

/// A person, proven by a provider. Only `issuer` and `subject` together say who it is: names, logins and e-mail addresses
/// change hands.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Who it is there, for ever.
    pub subject: String,
    /// The provider's session, which a back-channel logout names.
    pub sid: Option<String>,
    /// For people to read.
    pub name: Option<String>,
    /// An address.
    pub email: Option<String>,
    /// Whether the provider says that the address is the person's.
    pub email_verified: bool,
    /// What the person types to sign in.
    pub login: Option<String>,
    /// Groups or teams, sorted, each once.
    pub groups: Vec<String>,
    /// How the person was authenticated (RFC 8176).
    pub amr: Vec<String>,
    /// How strongly, in the provider's words.
    pub acr: Option<String>,
    /// When, which may be long before this sign-in.
    pub auth_time: Option<i64>,
}

/// Why an answer cannot become an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// More groups than [`GROUPS_MAX`].
    #[error("the person is in more than {GROUPS_MAX} groups")]
    Groups,
    /// A subject or group that is longer than [`NAME_BYTES_MAX`].
    #[error("a subject or group is empty or longer than {NAME_BYTES_MAX} bytes")]
    Name,
}

/// Sorts groups and keeps each once.
pub(crate) fn tidy_groups(mut groups: Vec<String>) -> Result<Vec<String>, IdentityFault> {
    groups.sort();
    groups.dedup();
    if groups.len() > GROUPS_MAX {
        return Err(IdentityFault::Groups);
    }
    if groups.iter().any(|group| group.is_empty() || group.len() > NAME_BYTES_MAX) {
        return Err(IdentityFault::Name);
    }
    Ok(groups)
}

/// A text for people. What is too long to be one is no name.
pub(crate) fn name_of(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.trim();
    (!text.is_empty() && text.len() <= NAME_BYTES_MAX).then(|| text.to_string())
}

/// A member by its name, or by a JSON pointer if it begins with a slash.
pub(crate) fn member<'a>(members: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let Some(pointer) = path.strip_prefix('/') else { return members.get(path) };
    let mut steps = pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
    let first = members.get(&steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step))
}

impl Identity {
    /// Adds what the claims of a provider say and is not known yet.
    pub(crate) fn learn(&mut self, members: &Map<String, Value>, groups_claim: &str) -> Result<(), IdentityFault> {
        let name = |claim: &str| name_of(members.get(claim));
        self.sid = self.sid.take().or_else(|| name("sid"));
        self.name = self.name.take().or_else(|| name("name"));
        self.login = self.login.take().or_else(|| name("preferred_username"));
        self.acr = self.acr.take().or_else(|| name("acr"));
        if self.email.is_none() {
            self.email = name("email");
            // An address and whether it is verified are from one place.
            self.email_verified =
                self.email.is_some() && members.get("email_verified").and_then(boolean_of).unwrap_or_default();
        }
        if self.amr.is_empty() {
            self.amr = members.get("amr").map(strings_of).unwrap_or_default();
        }
        self.auth_time = self.auth_time.or_else(|| members.get("auth_time").and_then(time_of));
        if self.groups.is_empty() {
            self.groups = tidy_groups(member(members, groups_claim).map(strings_of).unwrap_or_default())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn what_is_learned_first_stays() {
        let mut identity = Identity::default();
        identity
            .learn(&object(json!({"name": "Alice", "email": "a@x", "groups": ["b", "a", "b"]})), "groups")
            .expect("ok");
        identity
            .learn(
                &object(json!({"name": "Mallory", "email": "m@x", "email_verified": true, "groups": ["admins"]})),
                "groups",
            )
            .expect("ok");
        assert_eq!((identity.name.as_deref(), identity.email.as_deref()), (Some("Alice"), Some("a@x")));
        assert!(!identity.email_verified, "that was said of another address");
        assert_eq!(identity.groups, ["a", "b"]);
        let mut nameless = Identity::default();
        nameless.learn(&object(json!({"email_verified": true})), "groups").expect("ok");
        assert!(!nameless.email_verified, "without an address there is nothing verified");
    }

    #[test]
    fn where_groups_are() {
        let claims = object(json!({
            "groups": ["a"], "one": "x", "realm_access": {"roles": ["r"]}, "https://x/groups": ["u"], "a/b": {"c~d": ["t"]}
        }));
        for (path, expected) in [
            ("groups", vec!["a"]),
            ("one", vec!["x"]),
            ("/realm_access/roles", vec!["r"]),
            ("https://x/groups", vec!["u"]),
            ("/a~1b/c~0d", vec!["t"]),
            ("/realm_access/none", vec![]),
            ("none", vec![]),
        ] {
            let mut identity = Identity::default();
            identity.learn(&claims, path).expect("ok");
            assert_eq!(identity.groups, expected, "{path}");
        }
    }

    #[test]
    fn groups_have_a_limit_and_names_too() {
        let groups = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(tidy_groups(groups(GROUPS_MAX)).map(|groups| groups.len()), Ok(GROUPS_MAX));
        assert_eq!(tidy_groups(groups(GROUPS_MAX + 1)), Err(IdentityFault::Groups));
        assert_eq!(tidy_groups(vec!["x".repeat(NAME_BYTES_MAX + 1)]), Err(IdentityFault::Name));
        assert_eq!(tidy_groups(vec![String::new()]), Err(IdentityFault::Name));
        assert_eq!(name_of(Some(&json!("x".repeat(NAME_BYTES_MAX + 1)))), None);
    }
}
