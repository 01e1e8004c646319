//! `bussola login`, `logout`, `whoami`: who the command line is at a server.

use std::fmt::Write as _;
use std::io::{IsTerminal, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bussola_server::http::wire::access::{Me, Provider};
use bussola_server::login::{CliSession, DeviceCode, StillPending};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Common;
use crate::client::Client;
use crate::credentials::{self, Kept};
use crate::error::{CliError, Code, Exit};
use crate::output::{self, Screen, plain};

/// LIMIT: how long a person may take in the browser: as long as the server waits.
const SIGN_IN_MAX: Duration = Duration::from_secs(15 * 60);

/// LIMIT: bytes of a browser's request to the loopback: a line with a code, and some headers.
const REQUEST_BYTES_MAX: usize = 16 << 10;

/// `bussola login`
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to sign in, if the server knows several identity providers.
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Show a code to type on any machine's browser, instead of opening one here.
    #[arg(long)]
    device: bool,
    /// Print the address instead of opening a browser.
    #[arg(long, conflicts_with = "device")]
    no_browser: bool,
}

/// `bussola login`
pub fn login(arguments: &Arguments, common: &Common) -> Result<Exit, CliError> {
    let server = common.server().into_owned();
    let mut client = Client::anonymous(&server)?;
    let me: Me = client.get("/me")?;
    let provider = choose(&me.providers, arguments.provider.as_deref())?;
    let session = if arguments.device {
        by_code(&mut client, &provider.name)?
    } else {
        by_loopback(&mut client, &server, provider, arguments.no_browser)?
    };
    let name = session.name.clone();
    credentials::keep(&server, Kept { secret: session.secret, expires: session.expires.clone(), name: session.name })?;
    let who = name.map_or_else(|| "signed in".to_owned(), |name| format!("signed in as {}", plain(&name)));
    let until = session.expires.parse().map_or(session.expires, output::absolute);
    output::say(&format!("{who} at {server}, until {until}\n"));
    Ok(Exit::Ok)
}

fn choose<'a>(providers: &'a [Provider], wanted: Option<&str>) -> Result<&'a Provider, CliError> {
    let names = || providers.iter().map(|provider| provider.name.as_str()).collect::<Vec<_>>().join(", ");
    match (providers, wanted) {
        ([], _) => Err(CliError::new(
            Code::BadArgument,
            "cannot sign in: this server knows no identity provider",
            "nothing need be done: it takes whoever reaches it for the user of its machine",
        )),
        ([one], None) => Ok(one),
        (_, None) => {
            let hint = format!("choose one with --provider: {}", names());
            Err(CliError::new(Code::BadArgument, "the server knows several identity providers", hint))
        }
        (_, Some(wanted)) => providers.iter().find(|provider| provider.name == wanted).ok_or_else(|| {
            let message = format!("the server knows no identity provider `{wanted}`");
            CliError::new(Code::BadArgument, message, format!("it knows {}", names()))
        }),
    }
}

fn random() -> Result<String, CliError> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| CliError::new(Code::Io, format!("no random numbers: {error}"), ""))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A browser signs in and comes back to a port of the loopback with a code (RFC 8252), which only we can use (RFC 7636).
fn by_loopback(
    client: &mut Client,
    server: &str,
    provider: &Provider,
    no_browser: bool,
) -> Result<CliSession, CliError> {
    let failed = |error: std::io::Error| CliError::new(Code::Io, format!("cannot listen on the loopback: {error}"), "");
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let (verifier, state) = (random()?, random()?);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let base = server.trim_end_matches('/');
    let url = format!("{base}{}?cli_port={port}&cli_challenge={challenge}&cli_state={state}", provider.url);
    let opened = !no_browser && open_browser(&url);
    let what = if opened { "waiting for the browser; if none opened, go to" } else { "open this in a browser:" };
    output::say(&format!("{what}\n\n  {url}\n\n"));
    if !opened && !no_browser {
        output::say("on a machine without a browser: bussola login --device\n");
    }
    let code = wait(&listener, &state)?;
    client.post_at("/login/cli/session", &json!({"code": code, "verifier": verifier}))
}

/// Whether a browser was started.
fn open_browser(url: &str) -> bool {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let has_display = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if !has_display || !std::io::stderr().is_terminal() {
        return false;
    }
    let quiet = std::process::Stdio::null;
    let started = std::process::Command::new(opener).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    started.is_ok()
}

/// Waits for the browser, and answers it. Whoever else calls is told to go away.
fn wait(listener: &TcpListener, state: &str) -> Result<String, CliError> {
    let began = Instant::now();
    let failed = |error: std::io::Error| CliError::new(Code::Io, format!("cannot listen on the loopback: {error}"), "");
    listener.set_nonblocking(true).map_err(failed)?;
    while began.elapsed() < SIGN_IN_MAX {
        match listener.accept() {
            Ok((stream, _)) => {
                if let Some(code) = answer(stream, state) {
                    return Ok(code);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(failed(error)),
        }
    }
    let message = format!("nobody signed in within {} minutes", SIGN_IN_MAX.as_secs() / 60);
    Err(CliError::new(Code::NotConfirmed, message, "run `bussola login` again"))
}

fn answer(mut stream: TcpStream, state: &str) -> Option<String> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut request = Vec::new();
    let mut bytes = [0; 2048];
    while !request.windows(2).any(|two| two == b"\r\n") && request.len() < REQUEST_BYTES_MAX {
        match stream.read(&mut bytes) {
            Ok(0) | Err(_) => break,
            Ok(read) => request.extend_from_slice(&bytes[..read]),
        }
    }
    let line = String::from_utf8_lossy(&request);
    let target = line.lines().next()?.strip_prefix("GET ")?.split(' ').next()?.to_owned();
    let pairs = target.split_once('?').map_or("", |(_, query)| query);
    let find = |name: &str| pairs.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
    // Ours are made of letters that no URL needs to escape.
    let code =
        find("state").filter(|(_, value)| *value == state).and_then(|_| find("code")).map(|(_, code)| code.to_owned());
    let (status, text) = match code {
        Some(_) => ("200 OK", "You are signed in. This window can be closed: the command line goes on."),
        None => ("400 Bad Request", "This is not the sign-in that the command line waits for."),
    };
    let body = format!("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>bussola</title><p>{text}");
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _gone = stream.write_all(format!("{head}{body}").as_bytes());
    code
}

/// A code is typed on any machine.
fn by_code(client: &mut Client, provider: &str) -> Result<CliSession, CliError> {
    let device: DeviceCode = client.post_at("/login/device/start", &json!({"provider": provider}))?;
    let page = device.verification_uri_complete.as_ref().unwrap_or(&device.verification_uri);
    output::say(&format!(
        "open {} on any machine and type this code:\n\n  {}\n\n",
        plain(page),
        plain(&device.user_code)
    ));
    let began = Instant::now();
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Outcome {
        Signed(CliSession),
        Pending(StillPending),
    }
    while began.elapsed() < SIGN_IN_MAX {
        match client.post_at("/login/device/poll", &json!({"handle": device.handle}))? {
            Outcome::Signed(session) => return Ok(session),
            Outcome::Pending(pending) => {
                let seconds = u64::try_from(pending.again_in_seconds).unwrap_or(1).clamp(1, 60);
                std::thread::sleep(Duration::from_secs(seconds));
            }
        }
    }
    Err(CliError::new(Code::NotConfirmed, "nobody typed the code in time", "run `bussola login --device` again"))
}

/// `bussola logout`
pub fn logout(common: &Common) -> Result<Exit, CliError> {
    let server = common.server().into_owned();
    // First there, where it counts: what the server still takes must not be forgotten here.
    let ended: Result<serde_json::Value, CliError> = common.client()?.post_at("/logout", &json!({}));
    if let Err(error) = ended
        && error.exit == Exit::Server
    {
        return Err(error);
    }
    let text = match credentials::forget(&server)? {
        true => format!("signed out of {server}\n"),
        false => format!("nobody was signed in at {server}\n"),
    };
    output::say(&text);
    Ok(Exit::Ok)
}

/// `bussola whoami`
pub fn whoami(common: &Common) -> Result<Exit, CliError> {
    let me: Me = common.client()?.get("/me")?;
    output::answer(common.output, &me, |screen| me_text(screen, &common.server(), &me))?;
    Ok(Exit::Ok)
}

fn me_text(screen: &Screen, server: &str, me: &Me) -> String {
    let name = me.name.as_deref().unwrap_or(match me.kind.as_str() {
        "local" => "the user of the server's machine",
        "anonymous" => "nobody that is known",
        _ => &me.principal,
    });
    let mut text = format!("{} at {server}\n", screen.bold(&plain(name)));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<10} {}", plain(value));
    };
    line("principal", &format!("{} ({})", me.principal, me.kind));
    line("known by", &me.credential);
    if !me.groups.is_empty() {
        line("groups", &me.groups.join(", "));
    }
    if me.kind == "anonymous" {
        line("", "sign in with bussola login");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::screen;

    #[test]
    fn who_one_is_at_a_glance() {
        let me = |kind: &str, name: Option<&str>, groups: &[&str]| Me {
            principal: if name.is_some() { "principal:7".into() } else { kind.into() },
            kind: kind.into(),
            name: name.map(str::to_owned),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            verified: name.is_some(),
            credential: if name.is_some() { "session:4".into() } else { "unverified".into() },
            providers: Vec::new(),
        };
        let ada = me("user", Some("Ada Prado"), &["group:default/payments"]);
        insta::assert_snapshot!(me_text(&screen(), "http://127.0.0.1:8082", &ada), @r"
        Ada Prado at http://127.0.0.1:8082
          principal  principal:7 (user)
          known by   session:4
          groups     group:default/payments
        ");
        let nobody = me("anonymous", None, &[]);
        insta::assert_snapshot!(me_text(&screen(), "http://127.0.0.1:8082", &nobody), @r"
        nobody that is known at http://127.0.0.1:8082
          principal  anonymous (anonymous)
          known by   unverified
                     sign in with bussola login
        ");
    }

    #[test]
    fn one_provider_need_not_be_named() {
        let provider = |name: &str| Provider { name: name.into(), title: name.into(), url: format!("/login/{name}") };
        let (one, two) = ([provider("okta")], [provider("okta"), provider("github")]);
        let check = |providers: &[Provider], wanted: Option<&str>, expected: Option<&str>| {
            let chosen = choose(providers, wanted).ok().map(|provider| provider.name.clone());
            assert_eq!(chosen.as_deref(), expected, "{wanted:?}");
        };
        check(&[], None, None);
        check(&one, None, Some("okta"));
        check(&two, None, None);
        check(&two, Some("github"), Some("github"));
        check(&two, Some("entra"), None);
    }
}
