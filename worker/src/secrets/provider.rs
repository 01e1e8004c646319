//! What providers have in common: their errors, and answers that hold values.

use bussola_identity::outbound::{Answer, OutboundError};
use bussola_identity::{JsonFault, Secret};
use bytes::BytesMut;
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

use crate::limits::{SAID_MAX, VALUE_BYTES_MAX};

/// Why a secret could not be had. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// No answer.
    #[error("cannot {action}")]
    Call {
        /// What was tried.
        action: String,
        /// Why.
        #[source]
        source: OutboundError,
    },
    /// It says no.
    #[error("cannot {action}: {provider} refuses with status {status}: {said}")]
    Refused {
        /// What was tried.
        action: String,
        /// Who.
        provider: &'static str,
        /// Of HTTP.
        status: u16,
        /// Its words.
        said: String,
    },
    /// It fails, and may not later.
    #[error("cannot {action}: {provider} fails with status {status}: {said}")]
    Failing {
        /// What was tried.
        action: String,
        /// Who.
        provider: &'static str,
        /// Of HTTP.
        status: u16,
        /// Its words.
        said: String,
    },
    /// It has no such secret, or this version of it is gone.
    #[error("cannot {action}: it is not there, or deleted")]
    Missing {
        /// What was tried.
        action: String,
    },
    /// The secret is there and does not have what was asked for.
    #[error("cannot use `{reference}`: {fault}")]
    Unusable {
        /// Which.
        reference: String,
        /// Why.
        fault: String,
    },
    /// An answer that cannot be.
    #[error("cannot {action}: the answer of {provider} is malformed: {fault}")]
    Malformed {
        /// What was tried.
        action: String,
        /// Who.
        provider: &'static str,
        /// How.
        fault: String,
    },
    /// A file or variable of this machine.
    #[error("cannot read `{reference}`: {fault}")]
    Local {
        /// Which.
        reference: String,
        /// Why.
        fault: String,
    },
}

impl ProviderError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ProviderError::Call { source, .. } => source.hint(),
            ProviderError::Refused { .. } => {
                "check that its rules trust this run: role or trust policy, audience, subject, and its policy for the path"
            }
            ProviderError::Failing { .. } => "check that it is up and unsealed, and try again",
            ProviderError::Missing { .. } => "check path and version in the reference",
            ProviderError::Unusable { .. } => "check the reference against what is stored",
            ProviderError::Malformed { .. } => "check that the configured address is its API",
            ProviderError::Local { .. } => "`env:` and `file:` are read where the run starts",
        }
    }

    /// Whether it may work later without anybody's doing.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, ProviderError::Call { .. } | ProviderError::Failing { .. })
    }
}

/// The fault for an answer's status, if it is one.
pub(super) fn check_status(
    provider: &'static str,
    action: &str,
    answer: &Answer,
    said: impl Fn(&Map<String, Value>) -> Option<String>,
    sent: &[&Secret],
) -> Result<(), ProviderError> {
    let status = answer.status;
    if status.is_success() {
        return Ok(());
    }
    let words = answer.json().ok().as_ref().and_then(said).unwrap_or_else(|| "it gives no reason".to_string());
    let said = shown(&words, sent);
    let (action, code) = (action.to_string(), status.as_u16());
    Err(match code {
        404 => ProviderError::Missing { action },
        429 | 500.. => ProviderError::Failing { action, provider, status: code, said },
        _ => ProviderError::Refused { action, provider, status: code, said },
    })
}

/// Somebody else's words as one line without anything that we sent in confidence.
pub(super) fn shown(words: &str, sent: &[&Secret]) -> String {
    let mut line = words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).fold(
        String::new(),
        |mut line, word| {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            line
        },
    );
    for secret in sent.iter().filter(|secret| !secret.expose().is_empty()) {
        line = line.replace(secret.expose(), "***");
    }
    if let Some((at, _)) = line.char_indices().nth(SAID_MAX) {
        line.truncate(at);
        line.push('…');
    }
    line
}

/// The members of an answer that holds values, which then are in nobody's hands but the caller's.
pub(super) fn confidential_json(answer: Answer) -> Result<Confidential, JsonFault> {
    let parsed = answer.json().map(Confidential);
    // The last owner of the text overwrites it. What the network layer copied is out of reach.
    if let Ok(mut text) = answer.body.try_into_mut() {
        BytesMut::as_mut(&mut text).zeroize();
    }
    parsed
}

/// An object whose texts are overwritten when it goes.
pub(super) struct Confidential(Map<String, Value>);

impl Confidential {
    /// Parses a value that is an object itself.
    pub(super) fn parse(text: &Secret) -> Option<Confidential> {
        match serde_json::from_str(text.expose()) {
            Ok(Value::Object(members)) => Some(Confidential(members)),
            Ok(mut other) => {
                wipe(&mut other);
                None
            }
            Err(_) => None,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Takes a member out that is an object.
    pub(super) fn take_object(&mut self, name: &str) -> Option<Confidential> {
        match self.0.get_mut(name)? {
            Value::Object(members) => Some(Confidential(std::mem::take(members))),
            _ => None,
        }
    }

    /// Takes a member out as a value: a text as it is, anything else as JSON.
    pub(super) fn take_value(&mut self, name: &str) -> Option<Secret> {
        match self.0.get_mut(name)? {
            Value::String(text) => Some(Secret::new(std::mem::take(text))),
            Value::Null => None,
            other => Some(Secret::new(other.to_string())),
        }
    }
}

impl Drop for Confidential {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A value that can be handed over.
pub(super) fn checked(reference: &str, value: Secret) -> Result<Secret, ProviderError> {
    let fault = match value.expose() {
        "" => "it is empty".to_string(),
        text if text.len() > VALUE_BYTES_MAX => format!("it is longer than {VALUE_BYTES_MAX} bytes"),
        text if text.contains('\0') => "it holds a zero byte, which no variable can".to_string(),
        _ => return Ok(value),
    };
    Err(ProviderError::Unusable { reference: reference.to_string(), fault })
}
