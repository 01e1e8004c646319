//! Secrets: from references to values that a command gets, and an account of what was read.
//!
//! All that a run declares is read before its command starts, or the command does not start. First the server decides about
//! each reference, then the place where the secret is kept decides by the run's own token. Secrets that are together in
//! one place are read together, so that user name and password of dynamic credentials belong to each other.
//!
//! Invariants: a value is in a [`Secret`]; errors and [`SecretRead`] never hold one; if anything fails, sessions that were begun
//! are ended.

mod aws;
mod lease;
mod private;
mod provider;
mod reference;
mod sigv4;
mod vault;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use bussola_identity::Secret;
use bussola_identity::outbound::Outbound;

use crate::limits::VALUE_BYTES_MAX;
use crate::run::is_variable_for_secret;
use crate::server::{Server, ServerError};
use aws::AwsSession;
use provider::checked;
use vault::Session;

pub use aws::AwsSettings;
pub use lease::{LeaseLost, Leases};
pub use private::{PrivateDirectory, PrivateError, usual_parent};
pub use provider::ProviderError;
pub use reference::{Reference, ReferenceFault};
pub use vault::VaultSettings;

/// How a value reaches the command. Both name a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handover {
    /// It holds the value.
    Variable(String),
    /// It holds the path of a file with the value.
    File(String),
}

impl Handover {
    /// The variable.
    pub fn variable(&self) -> &str {
        match self {
            Handover::Variable(name) | Handover::File(name) => name,
        }
    }
}

/// A secret that a component or pipeline declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Where it is.
    pub reference: Reference,
    /// How it is handed over.
    pub handover: Handover,
}

/// That a secret was read: for the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRead {
    /// Which.
    pub reference: Reference,
    /// Which version of it, where its provider has versions.
    pub version: Option<String>,
    /// SHA-256 of the lease's id in hex, where there is a lease.
    pub lease: Option<String>,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// Why the secrets of a run cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The server says no, or nothing.
    #[error("cannot read `{reference}`: the server gives no permission")]
    Permission {
        /// Which.
        reference: String,
        /// Why.
        #[source]
        source: ServerError,
    },
    /// There is no token for a provider.
    #[error("cannot get a run token for `{audience}`")]
    Token {
        /// For whom.
        audience: String,
        /// Why.
        #[source]
        source: ServerError,
    },
    /// A variable that cannot be given a secret, or twice.
    #[error("cannot hand `{reference}` over in `{variable}`: {fault}")]
    Variable {
        /// Which.
        reference: String,
        /// Where.
        variable: String,
        /// Why.
        fault: &'static str,
    },
    /// Nobody said where such secrets are.
    #[error("cannot read `{reference}`: {provider} is not configured")]
    NotConfigured {
        /// Which.
        reference: String,
        /// Who.
        provider: &'static str,
    },
    /// The provider.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl ResolveError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ResolveError::Permission { source: ServerError::Refused(_), .. } => {
                "secrets are for runs of the component that declares them: ask its owner, or whoever keeps the policies"
            }
            ResolveError::Token { source: ServerError::Refused(_), .. } => "this run may not act towards that audience",
            ResolveError::Permission { .. } | ResolveError::Token { .. } => "check that the server is up",
            ResolveError::Variable { .. } => "choose a name of its own, of letters, digits and `_`",
            ResolveError::NotConfigured { .. } => "say in the configuration where it is and as what runs log in",
            ResolveError::Provider(error) => error.hint(),
        }
    }
}

/// Seconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Where secrets are.
#[derive(Clone)]
pub struct Providers {
    /// The way out.
    pub outbound: Outbound,
    /// OpenBao or Vault.
    pub vault: Option<VaultSettings>,
    /// AWS.
    pub aws: Option<AwsSettings>,
    /// What time it is, for signatures and the account of what was read.
    pub clock: Clock,
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Providers").field("vault", &self.vault).field("aws", &self.aws).finish_non_exhaustive()
    }
}

/// The secrets of a run.
#[derive(Debug)]
pub struct Resolved {
    /// In the order of their declaration.
    pub values: Vec<(Declared, Secret)>,
    /// Each reference once.
    pub reads: Vec<SecretRead>,
    /// To be kept while the run lives, and revoked at its end.
    pub leases: Leases,
}

/// What has been read so far.
type Values = BTreeMap<Reference, (Secret, SecretRead)>;

impl Providers {
    /// Reads all that is declared.
    pub async fn resolve(
        &self,
        server: &dyn Server,
        run: &str,
        declared: &[Declared],
    ) -> Result<Resolved, ResolveError> {
        check_variables(declared)?;
        let mut references: Vec<&Reference> = declared.iter().map(|one| &one.reference).collect();
        references.sort();
        references.dedup();
        for reference in &references {
            self.check_configured(reference)?;
            server.may_read(run, reference).await.map_err(|source| {
                let reference = reference.to_string();
                ResolveError::Permission { reference, source }
            })?;
        }
        let mut values = Values::new();
        for reference in &references {
            if let Some(value) = read_local(reference)? {
                self.add(&mut values, reference, value, None, None)?;
            }
        }
        self.read_aws(server, run, &references, &mut values).await?;
        // Last, so that nothing can fail any more once there are leases.
        let leases = self.read_vault(server, run, &references, &mut values).await?;
        let reads = values.values().map(|(_, read)| read.clone()).collect();
        let value_of = |one: &Declared| (one.clone(), values[&one.reference].0.clone());
        Ok(Resolved { values: declared.iter().map(value_of).collect(), reads, leases })
    }

    fn check_configured(&self, reference: &Reference) -> Result<(), ResolveError> {
        let provider = match reference {
            Reference::Vault { .. } if self.vault.is_none() => "vault",
            Reference::Ssm { .. } | Reference::SecretsManager { .. } if self.aws.is_none() => "aws",
            _ => return Ok(()),
        };
        Err(ResolveError::NotConfigured { reference: reference.to_string(), provider })
    }

    fn add(
        &self,
        values: &mut Values,
        reference: &Reference,
        value: Secret,
        version: Option<String>,
        lease: Option<String>,
    ) -> Result<(), ProviderError> {
        let value = checked(&reference.to_string(), value)?;
        let read = SecretRead { reference: reference.clone(), version, lease, at: (self.clock)() };
        values.insert(reference.clone(), (value, read));
        Ok(())
    }

    async fn read_vault(
        &self,
        server: &dyn Server,
        run: &str,
        references: &[&Reference],
        values: &mut Values,
    ) -> Result<Leases, ResolveError> {
        let mut places: BTreeMap<(&str, &str), Vec<(&Reference, &str)>> = BTreeMap::new();
        for reference in references {
            if let Reference::Vault { mount, path, key } = reference {
                places.entry((mount, path)).or_default().push((reference, key));
            }
        }
        let (Some(settings), false) = (&self.vault, places.is_empty()) else { return Ok(Leases::default()) };
        let token = token(server, run, &settings.audience).await?;
        let session = Session::log_in(&self.outbound, settings, &token).await?;
        let read = self.read_places(&session, &places, values).await;
        let leases = match read {
            Ok(leases) if !leases.is_empty() => return Ok(Leases::new(session, leases)),
            Ok(_) => Ok(Leases::default()),
            Err(error) => Err(error.into()),
        };
        // A session that nothing depends on is not left lying about. Where it cannot be revoked, it ends soon by itself.
        let _ = session.revoke().await;
        leases
    }

    async fn read_places(
        &self,
        session: &Session,
        places: &BTreeMap<(&str, &str), Vec<(&Reference, &str)>>,
        values: &mut Values,
    ) -> Result<Vec<lease::Lease>, ProviderError> {
        let mut leases = Vec::new();
        for ((mount, path), wanted) in places {
            let mut secret = session.read(mount, path).await?;
            for (reference, key) in wanted {
                let unusable = || ProviderError::Unusable {
                    reference: reference.to_string(),
                    fault: "it has no such field".to_string(),
                };
                let value = secret.fields.take_value(key).ok_or_else(unusable)?;
                let lease = secret.lease.as_ref().and_then(lease::Lease::hash);
                self.add(values, reference, value, secret.version.clone(), lease)?;
            }
            leases.extend(secret.lease);
        }
        Ok(leases)
    }

    async fn read_aws(
        &self,
        server: &dyn Server,
        run: &str,
        references: &[&Reference],
        values: &mut Values,
    ) -> Result<(), ResolveError> {
        let is_aws =
            |reference: &&Reference| matches!(reference, Reference::Ssm { .. } | Reference::SecretsManager { .. });
        let (Some(settings), true) = (&self.aws, references.iter().any(is_aws)) else { return Ok(()) };
        let token = token(server, run, &settings.audience).await?;
        let session = AwsSession::assume(&self.outbound, settings, run, &token).await?;
        for reference in references {
            let now = (self.clock)();
            let secret = match reference {
                Reference::Ssm { name, version } => session.parameter(name, *version, now).await?,
                Reference::SecretsManager { name, key } => session.secret(name, key.as_deref(), now).await?,
                _ => continue,
            };
            self.add(values, reference, secret.value, secret.version, None)?;
        }
        Ok(())
    }
}

fn check_variables(declared: &[Declared]) -> Result<(), ResolveError> {
    let mut taken = std::collections::BTreeSet::new();
    for one in declared {
        let variable = one.handover.variable();
        let fault = if !is_variable_for_secret(variable) {
            "that is no name for a secret's variable"
        } else if !taken.insert(variable) {
            "another secret has it"
        } else {
            continue;
        };
        let reference = one.reference.to_string();
        return Err(ResolveError::Variable { reference, variable: variable.to_string(), fault });
    }
    Ok(())
}

async fn token(server: &dyn Server, run: &str, audience: &str) -> Result<Secret, ResolveError> {
    let answer = server.token(run, audience).await;
    answer.map(|token| token.token).map_err(|source| ResolveError::Token { audience: audience.to_string(), source })
}

/// Variables and files of this machine; `None`: it is elsewhere.
fn read_local(reference: &Reference) -> Result<Option<Secret>, ProviderError> {
    let fault = |fault: String| ProviderError::Local { reference: reference.to_string(), fault };
    match reference {
        Reference::Environment(name) => match std::env::var(name) {
            Ok(value) => Ok(Some(Secret::new(value))),
            // The other error holds the value.
            Err(std::env::VarError::NotPresent) => Err(fault("it is not set".to_string())),
            Err(std::env::VarError::NotUnicode(_)) => Err(fault("it is no text".to_string())),
        },
        Reference::File(path) => read_file(path).map(Some).map_err(fault),
        _ => Ok(None),
    }
}

/// A file's text; of a single line without the line feed that editors put after it.
fn read_file(path: &Path) -> Result<Secret, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    // Room for all of it at once: growing would leave copies.
    let mut text = zeroize::Zeroizing::new(String::with_capacity(VALUE_BYTES_MAX + 2));
    match file.take(VALUE_BYTES_MAX as u64 + 1).read_to_string(&mut text) {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err("it is no text".to_string()),
        Err(error) => Err(error.to_string()),
        Ok(_) => {
            let single = text.strip_suffix('\n').filter(|line| !line.contains('\n'));
            Ok(Secret::new(single.unwrap_or(&text)))
        }
    }
}
