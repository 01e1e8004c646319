//! Signature Version 4: how calls to AWS are signed.
//!
//! Ours, since we sign two kinds of POST without a query: 60 lines over `ring`, which is here anyway. The crate `aws-sigv4` would add
//! 60 crates to the build.

use http::{HeaderMap, HeaderName, HeaderValue};
use ring::{digest, hmac};
use url::Url;

use super::aws::Credentials;

/// Seconds since 1970 as `20150830T123600Z`.
pub(super) fn timestamp(now: i64) -> String {
    let (days, second) = (now.div_euclid(86_400), now.rem_euclid(86_400));
    // Howard Hinnant's civil_from_days.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{:02}Z", second % 60)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mac(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

/// Adds `x-amz-date`, the session's token and `authorization` to the headers of a POST without a query. All of them are
/// signed, and `host`.
pub(super) fn sign(
    headers: &mut HeaderMap,
    url: &Url,
    body: &[u8],
    (region, service): (&str, &str),
    credentials: &Credentials,
    now: i64,
) {
    let time = timestamp(now);
    let date = &time[..8];
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_string(),
    };
    let mut add = |name: &'static str, text: &str| {
        // AWS's own words; one that no header can hold is refused by AWS as missing.
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    add("x-amz-date", &time);
    if let Some(token) = &credentials.session_token {
        add("x-amz-security-token", token.expose());
    }
    let mut signed: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default().trim())).collect();
    signed.push(("host", &host));
    signed.sort_unstable();
    let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let body_hash = hex(digest::digest(&digest::SHA256, body).as_ref());
    let request = format!("POST\n{}\n\n{lines}\n{names}\n{body_hash}", url.path());
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let request_hash = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{request_hash}");
    let first = zeroize::Zeroizing::new(format!("AWS4{}", credentials.secret_key.expose()));
    let key = [date, region, service, "aws4_request"]
        .iter()
        .fold(zeroize::Zeroizing::new(first.as_bytes().to_vec()), |key, text| mac(&key, text).as_ref().to_vec().into());
    let signature = hex(mac(&key, &to_sign).as_ref());
    let credential = format!("{}/{scope}", credentials.key_id);
    let text = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
    if let Ok(mut value) = HeaderValue::from_str(&text) {
        value.set_sensitive(true);
        headers.insert(http::header::AUTHORIZATION, value);
    }
}

#[cfg(test)]
mod tests {
    use bussola_identity::Secret;

    use super::*;

    /// Of AWS's own test suite, 2015-08-30T12:36:00Z.
    const NOW: i64 = 1_440_938_160;

    #[test]
    fn signatures_are_those_of_the_published_test_suite() {
        let token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
        for (test, header, session_token, body, expected) in [
            ("post-vanilla", None, None, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "post-header-key-sort",
                Some(("my-header1", "value1")),
                None,
                "",
                "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
            ),
            (
                "post-sts-header-before",
                None,
                Some(token),
                "",
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
            ),
            (
                "post-x-www-form-urlencoded",
                Some(("content-type", "application/x-www-form-urlencoded")),
                None,
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            let credentials = Credentials {
                key_id: "AKIDEXAMPLE".to_string(),
                secret_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                session_token: session_token.map(Secret::new),
            };
            let mut headers = HeaderMap::new();
            if let Some((name, value)) = header {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            let url = Url::parse("https://example.amazonaws.com/").expect("a URL");
            sign(&mut headers, &url, body.as_bytes(), ("us-east-1", "service"), &credentials, NOW);
            let authorization = headers["authorization"].to_str().expect("text");
            assert_eq!(authorization.rsplit_once("Signature=").expect("a signature").1, expected, "{test}");
        }
    }

    #[test]
    fn times_are_written_as_aws_reads_them() {
        for (now, expected) in [
            (0, "19700101T000000Z"),
            (NOW, "20150830T123600Z"),
            (951_782_400, "20000229T000000Z"),
            (1_798_761_599, "20261231T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(timestamp(now), expected);
        }
    }
}
