//! AWS: Systems Manager parameters and Secrets Manager.
//!
//! No key of AWS is stored: the run's token is exchanged at STS for credentials of a role that trusts our issuer, for 15
//! minutes, and they are forgotten after the secrets were read.

use bussola_identity::Secret;
use bussola_identity::outbound::{Answer, Call, Outbound, Reach};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use super::provider::{Confidential, ProviderError, check_status, confidential_json, shown};
use super::sigv4;
use crate::limits::{AWS_SESSION_S, SECRET_ANSWER_BYTES_MAX};

const PROVIDER: &str = "aws";

/// Where and as what a run reads.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    /// Such as `eu-central-1`.
    pub region: String,
    /// ARN of the role that trusts our issuer.
    pub role: String,
    /// The audience that its trust policy names: usually `sts.amazonaws.com`.
    pub audience: String,
    /// Instead of AWS's own addresses: a private endpoint.
    pub endpoint: Option<Url>,
}

/// What calls are signed with.
pub(super) struct Credentials {
    pub(super) key_id: String,
    pub(super) secret_key: Secret,
    pub(super) session_token: Option<Secret>,
}

/// A value, and which version of it.
pub(super) struct AwsSecret {
    pub(super) value: Secret,
    pub(super) version: Option<String>,
}

/// A role that was assumed.
pub(super) struct AwsSession {
    outbound: Outbound,
    settings: AwsSettings,
    credentials: Credentials,
}

impl AwsSession {
    /// The run is the session's name, so that CloudTrail shows it.
    pub(super) async fn assume(
        outbound: &Outbound,
        settings: &AwsSettings,
        run: &str,
        run_token: &Secret,
    ) -> Result<AwsSession, ProviderError> {
        let action = format!("assume the role `{}`", settings.role);
        let url = endpoint(settings, "sts").map_err(|fault| malformed(&action, fault))?;
        let duration = AWS_SESSION_S.to_string();
        let session = session_name(run);
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("Action", "AssumeRoleWithWebIdentity"),
                ("Version", "2011-06-15"),
                ("RoleArn", &settings.role),
                ("RoleSessionName", &session),
                ("DurationSeconds", &duration),
                ("WebIdentityToken", run_token.expose()),
            ])
            .finish();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let call = Call::with_body(Method::POST, &url, form, body);
        let call = call.header(ACCEPT, HeaderValue::from_static("text/xml")).bytes_max(SECRET_ANSWER_BYTES_MAX);
        let answer = outbound.send(call, Reach::Operator).await;
        let answer = answer.map_err(|source| ProviderError::Call { action: action.clone(), source })?;
        let text = String::from_utf8_lossy(&answer.body);
        if !answer.status.is_success() {
            let words = element(&text, "Message").or(element(&text, "Code")).unwrap_or("it gives no reason");
            let (status, said) = (answer.status.as_u16(), shown(words, &[run_token]));
            return Err(match status {
                429 | 500.. => ProviderError::Failing { action, provider: PROVIDER, status, said },
                _ => ProviderError::Refused { action, provider: PROVIDER, status, said },
            });
        }
        let take = |name| element(&text, name).ok_or_else(|| malformed(&action, "credentials are missing"));
        let credentials = Credentials {
            key_id: take("AccessKeyId")?.to_string(),
            secret_key: Secret::new(take("SecretAccessKey")?),
            session_token: Some(Secret::new(take("SessionToken")?)),
        };
        Ok(AwsSession { outbound: outbound.clone(), settings: settings.clone(), credentials })
    }

    /// A parameter of Systems Manager, decrypted.
    pub(super) async fn parameter(
        &self,
        name: &str,
        version: Option<u64>,
        now: i64,
    ) -> Result<AwsSecret, ProviderError> {
        let action = format!("read `ssm:{name}`");
        let name = version.map_or(name.to_string(), |version| format!("{name}:{version}"));
        let body = json!({"Name": name, "WithDecryption": true});
        let mut answer = self.call("ssm", "AmazonSSM.GetParameter", &body, &action, now).await?;
        let missing = || malformed(&action, "the value is missing");
        let mut parameter = answer.take_object("Parameter").ok_or_else(missing)?;
        let version = parameter.get("Version").map(Value::to_string);
        Ok(AwsSecret { value: parameter.take_value("Value").ok_or_else(missing)?, version })
    }

    /// A secret of Secrets Manager, or a member of it.
    pub(super) async fn secret(&self, name: &str, key: Option<&str>, now: i64) -> Result<AwsSecret, ProviderError> {
        let action = format!("read `secretsmanager:{name}`");
        let unusable = |fault: &str| {
            let key = key.map_or(String::new(), |key| format!("#{key}"));
            ProviderError::Unusable { reference: format!("secretsmanager:{name}{key}"), fault: fault.to_string() }
        };
        let body = json!({"SecretId": name});
        let mut answer = self.call("secretsmanager", "secretsmanager.GetSecretValue", &body, &action, now).await?;
        let version = answer.get("VersionId").and_then(Value::as_str).map(str::to_string);
        let whole = answer.take_value("SecretString").ok_or_else(|| unusable("it is binary, not a text"))?;
        let Some(key) = key else { return Ok(AwsSecret { value: whole, version }) };
        let mut members = Confidential::parse(&whole).ok_or_else(|| unusable("it is no JSON object"))?;
        let value = members.take_value(key).ok_or_else(|| unusable("it has no such member"))?;
        Ok(AwsSecret { value, version })
    }

    async fn call(
        &self,
        service: &str,
        target: &'static str,
        body: &Value,
        action: &str,
        now: i64,
    ) -> Result<Confidential, ProviderError> {
        let url = endpoint(&self.settings, service).map_err(|fault| malformed(action, fault))?;
        let body = body.to_string();
        let json = HeaderValue::from_static("application/x-amz-json-1.1");
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, json.clone());
        headers.insert(HeaderName::from_static("x-amz-target"), HeaderValue::from_static(target));
        let scope = (self.settings.region.as_str(), service);
        sigv4::sign(&mut headers, &url, body.as_bytes(), scope, &self.credentials, now);
        let mut call = Call::with_body(Method::POST, &url, json, body).bytes_max(SECRET_ANSWER_BYTES_MAX);
        for (name, value) in &headers {
            call = call.header(name.clone(), value.clone());
        }
        let answer = self.outbound.send(call, Reach::Operator).await;
        let answer = answer.map_err(|source| ProviderError::Call { action: action.to_string(), source })?;
        if !answer.status.is_success() && is_missing(&answer) {
            return Err(ProviderError::Missing { action: action.to_string() });
        }
        let sent: Vec<&Secret> = self.credentials.session_token.iter().chain([&self.credentials.secret_key]).collect();
        check_status(PROVIDER, action, &answer, said, &sent)?;
        confidential_json(answer).map_err(|fault| malformed(action, &fault.to_string()))
    }
}

fn endpoint(settings: &AwsSettings, service: &str) -> Result<Url, &'static str> {
    if let Some(endpoint) = &settings.endpoint {
        return Ok(endpoint.clone());
    }
    let region = &settings.region;
    // China's regions are a world of their own.
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    Url::parse(&format!("https://{service}.{region}.{domain}/")).map_err(|_| "the region is no part of a URL")
}

/// STS takes 2 to 64 of certain characters.
fn session_name(run: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_=,.@-".contains(c);
    format!("bussola-{run}").chars().map(|c| if is_allowed(c) { c } else { '-' }).take(64).collect()
}

/// The text of an element that has no others, in an answer of STS. What we read from it holds nothing to unescape.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    Some(after.split_once("</")?.0.trim())
}

fn is_missing(answer: &Answer) -> bool {
    let kind = answer.json().ok().and_then(|answer| Some(answer.get("__type")?.as_str()?.to_string()));
    let absent = ["ParameterNotFound", "ParameterVersionNotFound", "ResourceNotFoundException"];
    kind.is_some_and(|kind| absent.iter().any(|name| kind.ends_with(name)))
}

fn said(answer: &Map<String, Value>) -> Option<String> {
    let message = answer.get("message").or(answer.get("Message")).or(answer.get("__type"));
    message.and_then(Value::as_str).map(str::to_string)
}

fn malformed(action: &str, fault: &str) -> ProviderError {
    ProviderError::Malformed { action: action.to_string(), provider: PROVIDER, fault: fault.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_those_that_aws_takes() {
        assert_eq!(session_name("77"), "bussola-77");
        assert_eq!(session_name(&"run:ä/".repeat(30)).len(), 64);
        let mut settings = AwsSettings {
            region: "eu-central-1".to_string(),
            role: "arn:aws:iam::123456789012:role/a".to_string(),
            audience: "sts.amazonaws.com".to_string(),
            endpoint: None,
        };
        let address = |settings: &AwsSettings| endpoint(settings, "ssm").map(|url| url.to_string());
        assert_eq!(address(&settings).as_deref(), Ok("https://ssm.eu-central-1.amazonaws.com/"));
        settings.region = "cn-north-1".to_string();
        assert_eq!(address(&settings).as_deref(), Ok("https://ssm.cn-north-1.amazonaws.com.cn/"));
        assert_eq!(element("<a><Code>No</Code></a>", "Code"), Some("No"));
        assert_eq!(element("<a><Code>No", "Code"), None);
    }
}
