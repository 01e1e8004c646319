//! References: where a secret is, said in one line.
//!
//! ```text
//! vault:MOUNT/PATH#KEY            vault:kv/payments/db#password    vault:database/creds/reader#username
//! ssm:NAME[#VERSION]              ssm:/prod/payments/db            ssm:/prod/payments/db#3
//! secretsmanager:NAME[#KEY]       secretsmanager:prod/payments     secretsmanager:prod/payments#password
//! env:NAME                        file:PATH                        (for development)
//! ```
//!
//! Invariants: a reference that was parsed can be put into a URL path or a call of its provider as it is; what `Display` writes
//! parses to the same reference.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::limits::REFERENCE_BYTES_MAX;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// A field of a secret in OpenBao or Vault: of a key-value store, or of credentials that are made when they are asked for.
    Vault {
        /// First part of the path: which engine.
        mount: String,
        /// The rest of it.
        path: String,
        /// Which field.
        key: String,
    },
    /// A parameter of AWS Systems Manager.
    Ssm {
        /// Its name.
        name: String,
        /// A certain version; otherwise the newest.
        version: Option<u64>,
    },
    /// A secret of AWS Secrets Manager.
    SecretsManager {
        /// Its name or ARN.
        name: String,
        /// A member, where the secret is a JSON object.
        key: Option<String>,
    },
    /// A variable of the runner's own environment.
    Environment(String),
    /// A file.
    File(PathBuf),
}

/// Why a text is no reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("secret reference `{text}`, character {}: {fault}", .at + 1)]
pub struct ReferenceFault {
    /// The text, shortened.
    pub text: String,
    /// Characters before the fault.
    pub at: usize,
    /// What is wrong there.
    pub fault: &'static str,
}

impl ReferenceFault {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "write `vault:MOUNT/PATH#KEY`, `ssm:NAME`, `secretsmanager:NAME#KEY`, `env:NAME` or `file:PATH`"
    }
}

/// Bytes of a faulty text that an error shows. Somebody may have put the value where the reference belongs.
const SHOWN_MAX: usize = 80;

impl FromStr for Reference {
    type Err = ReferenceFault;

    fn from_str(text: &str) -> Result<Reference, ReferenceFault> {
        let fault = |(at, fault): (usize, &'static str)| {
            let at = text.get(..at).map_or(0, |before| before.chars().count());
            let shown = text.floor_char_boundary(SHOWN_MAX);
            let text = format!("{}{}", &text[..shown], if shown < text.len() { "…" } else { "" });
            ReferenceFault { text, at, fault }
        };
        parse(text).map_err(fault)
    }
}

/// Faults are with the byte at which they are.
type Parsed<T> = Result<T, (usize, &'static str)>;

fn parse(text: &str) -> Parsed<Reference> {
    if text.len() > REFERENCE_BYTES_MAX {
        return Err((REFERENCE_BYTES_MAX, "it is too long"));
    }
    let (provider, rest) = text.split_once(':').ok_or((text.len(), "a `:` after the provider is missing"))?;
    let from = provider.len() + 1;
    match provider {
        "vault" => parse_vault(rest, from),
        "ssm" => parse_ssm(rest, from),
        "secretsmanager" => parse_secrets_manager(rest, from),
        "env" => {
            check(rest, from, "a variable's name", |c| c.is_ascii_alphanumeric() || c == '_')?;
            Ok(Reference::Environment(rest.to_string()))
        }
        "file" => {
            check(rest, from, "a path", |c| c != '\0' && c != '\n')?;
            Ok(Reference::File(rest.into()))
        }
        _ => Err((0, "there is no such provider")),
    }
}

fn parse_vault(rest: &str, from: usize) -> Parsed<Reference> {
    let (place, key) = rest.split_once('#').ok_or((from + rest.len(), "`#` and the name of a field are missing"))?;
    let (mount, path) = place.split_once('/').ok_or((from + place.len(), "a path after the mount is missing"))?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.@+=".contains(c);
    check(mount, from, "a mount", is_plain)?;
    let mut at = from + mount.len() + 1;
    for part in path.split('/') {
        check(part, at, "a part of the path", |c| is_plain(c) || c == ':')?;
        // Somebody on the way would resolve them.
        if matches!(part, "." | "..") {
            return Err((at, "`.` and `..` are no parts of a path"));
        }
        at += part.len() + 1;
    }
    if matches!(mount, "." | ".." | "sys" | "auth" | "identity" | "cubbyhole") {
        return Err((from, "there are no secrets of runs in this mount"));
    }
    check(key, at, "a field", |c| c != '#' && !c.is_control())?;
    Ok(Reference::Vault { mount: mount.to_string(), path: path.to_string(), key: key.to_string() })
}

fn parse_ssm(rest: &str, from: usize) -> Parsed<Reference> {
    let (name, version) = match rest.split_once('#') {
        Some((name, version)) => (name, Some((version, from + name.len() + 1))),
        None => (rest, None),
    };
    check(name, from, "a parameter's name", |c| c.is_ascii_alphanumeric() || "-_./".contains(c))?;
    let version = match version {
        Some((version, at)) => {
            check(version, at, "a version", |c| c.is_ascii_digit())?;
            let number = version.parse().ok().filter(|number| *number > 0);
            Some(number.ok_or((at, "versions begin with 1"))?)
        }
        None => None,
    };
    Ok(Reference::Ssm { name: name.to_string(), version })
}

fn parse_secrets_manager(rest: &str, from: usize) -> Parsed<Reference> {
    let (name, key) = match rest.split_once('#') {
        Some((name, key)) => {
            check(key, from + name.len() + 1, "a member", |c| c != '#' && !c.is_control())?;
            (name, Some(key.to_string()))
        }
        None => (rest, None),
    };
    check(name, from, "a secret's name", |c| c.is_ascii_alphanumeric() || "/_+=.@-:".contains(c))?;
    Ok(Reference::SecretsManager { name: name.to_string(), key })
}

/// Something that is there, of certain characters.
fn check(text: &str, from: usize, what: &'static str, is_allowed: impl Fn(char) -> bool) -> Parsed<()> {
    if text.is_empty() {
        let missing = match what {
            "a mount" => "the mount is missing",
            "a field" => "the name of a field is missing",
            "a part of the path" => "a part of the path is empty",
            "a version" => "the version is missing",
            "a member" => "the name of a member is missing",
            _ => "the name is missing",
        };
        return Err((from, missing));
    }
    match text.find(|c| !is_allowed(c)) {
        Some(at) if what == "a version" => Err((from + at, "a version is a number")),
        Some(at) => Err((from + at, "this character cannot be part of it")),
        None => Ok(()),
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Vault { mount, path, key } => write!(f, "vault:{mount}/{path}#{key}"),
            Reference::Ssm { name, version: None } => write!(f, "ssm:{name}"),
            Reference::Ssm { name, version: Some(version) } => write!(f, "ssm:{name}#{version}"),
            Reference::SecretsManager { name, key: None } => write!(f, "secretsmanager:{name}"),
            Reference::SecretsManager { name, key: Some(key) } => write!(f, "secretsmanager:{name}#{key}"),
            Reference::Environment(name) => write!(f, "env:{name}"),
            Reference::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written() {
        for text in [
            "vault:kv/payments/db#password",
            "vault:database/creds/reader#username",
            "vault:kv/component:default/payments#key with space",
            "ssm:/prod/payments/db",
            "ssm:db-password",
            "ssm:/prod/payments/db#3",
            "secretsmanager:prod/payments",
            "secretsmanager:arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod-AbCdEf#password",
            "env:DB_PASSWORD",
            "file:secrets/password.txt",
        ] {
            let reference: Reference = text.parse().expect(text);
            assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn faults_say_what_and_where() {
        for (text, at, fault) in [
            ("", 0, "a `:` after the provider is missing"),
            ("hunter2", 7, "a `:` after the provider is missing"),
            ("valut:kv/a#b", 0, "there is no such provider"),
            ("vault:kv/payments/db", 20, "`#` and the name of a field are missing"),
            ("vault:kv#password", 8, "a path after the mount is missing"),
            ("vault:/a#b", 6, "the mount is missing"),
            ("vault:kv/#b", 9, "a part of the path is empty"),
            ("vault:kv/a//b#c", 11, "a part of the path is empty"),
            ("vault:kv/a/../b#c", 11, "`.` and `..` are no parts of a path"),
            ("vault:kv/a?b#c", 10, "this character cannot be part of it"),
            ("vault:kv/a%2fb#c", 10, "this character cannot be part of it"),
            ("vault:kv/pä#c", 10, "this character cannot be part of it"),
            ("vault:sys/raw/a#c", 6, "there are no secrets of runs in this mount"),
            ("vault:kv/a#", 11, "the name of a field is missing"),
            ("vault:kv/a#b#c", 12, "this character cannot be part of it"),
            ("ssm:", 4, "the name is missing"),
            ("ssm:/a b", 6, "this character cannot be part of it"),
            ("ssm:/a:3", 6, "this character cannot be part of it"),
            ("ssm:/a#", 7, "the version is missing"),
            ("ssm:/a#v3", 7, "a version is a number"),
            ("ssm:/a#0", 7, "versions begin with 1"),
            ("secretsmanager:a#", 17, "the name of a member is missing"),
            ("env:A-B", 5, "this character cannot be part of it"),
            ("file:", 5, "the name is missing"),
        ] {
            let expected = ReferenceFault { text: text.to_string(), at, fault };
            assert_eq!(text.parse::<Reference>(), Err(expected), "{text}");
        }
        let long = format!("vault:{}", "ä".repeat(REFERENCE_BYTES_MAX));
        let message = long.parse::<Reference>().expect_err("too long").to_string();
        assert!(message.contains("too long") && message.len() < 200, "{message}");
    }
}
