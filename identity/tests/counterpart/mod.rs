//! Real providers (`e2e/counterparts`), and a browser without pictures to sign in at them.

#![allow(dead_code, reason = "each test file uses its part of this module")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use bussola_identity::outbound::{Call, Outbound, Reach};
use http::HeaderValue;
use http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;
use url::Url;

/// Providers live in real time.
pub fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(elapsed.as_secs()).expect("a time before the end of time")
}

pub fn url(text: &str) -> Url {
    Url::parse(text).expect(text)
}

pub fn outbound() -> Outbound {
    Outbound::new(None).expect("a client")
}

/// A provider that runs until it is dropped.
pub struct Counterpart {
    child: Child,
    /// What it said when it was ready.
    pub ready: Value,
}

impl Counterpart {
    /// Starts a script of `e2e/counterparts`. `None`, said on stderr, when the machine lacks what it needs.
    pub fn start(script: &str, options: &Value) -> Option<Counterpart> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("e2e/counterparts");
        let Some(node) = node().filter(|_| folder.join("node_modules").is_dir()) else {
            let why = "needs Node 22.15 or newer and the packages of e2e/counterparts: run `scripts/bootstrap --test`";
            // Past the test runner's capture, so that nobody takes a skip for a pass.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {script}: {why}");
            return None;
        };
        let mut child = Command::new(node)
            .arg(folder.join(script))
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        output.read_line(&mut line).expect("a line");
        // Nobody reads what it says later, but a pipe that closed would end it.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{script} did not start: {line}"));
        Some(Counterpart { child, ready })
    }

    /// A text that it said when it was ready.
    pub fn said(&self, name: &str) -> String {
        self.ready[name].as_str().expect(name).to_string()
    }
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Node that `scripts/env.sh` found, or the one on the path if it is new enough.
fn node() -> Option<PathBuf> {
    if let Some(node) = std::env::var_os("BUSSOLA_NODE") {
        return Some(PathBuf::from(node)).filter(|node| !node.as_os_str().is_empty());
    }
    let version = Command::new("node").arg("--version").output().ok()?;
    let version = String::from_utf8(version.stdout).ok()?;
    let mut parts = version.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    ((parts.next()?, parts.next()?) >= (22, 15)).then(|| PathBuf::from("node"))
}

/// Cookies and the page that is open.
pub struct Browser {
    outbound: Outbound,
    cookies: BTreeMap<String, String>,
    /// Not called but returned to: where a provider sends people back to.
    home: Url,
    pub at: Url,
    pub page: String,
}

impl Browser {
    pub fn new(home: &Url) -> Browser {
        let at = home.clone();
        Browser { outbound: outbound(), cookies: BTreeMap::new(), home: home.clone(), at, page: String::new() }
    }

    /// Opens a page. The way home, if it led there.
    pub async fn open(&mut self, url: &Url) -> Option<Url> {
        self.follow(Call::get(url), url.clone()).await
    }

    /// Submits the form whose text contains `form`, with these fields beside its hidden ones.
    pub async fn submit(&mut self, form: &str, fields: &[(&str, &str)]) -> Option<Url> {
        let forms: Vec<&str> = self.page.split("<form").skip(1).collect();
        let found = forms.into_iter().find(|text| text.contains(form));
        let text = found.unwrap_or_else(|| panic!("no form with `{form}` at {}: {}", self.at, self.page));
        let text = text.split("</form>").next().unwrap_or(text);
        let target = self.at.join(&attribute(text, "action").expect("an action")).expect("a URL");
        let mut all: Vec<(String, String)> = Vec::new();
        for input in text.split("<input").skip(1).filter(|input| attribute(input, "type").as_deref() == Some("hidden"))
        {
            let name = attribute(input, "name").expect("a name");
            all.push((name, attribute(input, "value").unwrap_or_default()));
        }
        all.extend(fields.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.follow(Call::post_form(&target, &all), target).await
    }

    async fn follow(&mut self, mut call: Call, mut target: Url) -> Option<Url> {
        for _ in 0..10 {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let cookies = HeaderValue::from_str(&cookies.join("; ")).expect("cookies");
            let call_now = call.header(COOKIE, cookies).header(ACCEPT, HeaderValue::from_static("text/html"));
            let answer = self.outbound.send(call_now, Reach::Operator).await.expect("an answer");
            for cookie in answer.headers.get_all(SET_COOKIE) {
                let cookie = cookie.to_str().expect("text").split(';').next().expect("a cookie");
                let (name, value) = cookie.split_once('=').expect("a cookie");
                match value {
                    "" => self.cookies.remove(name),
                    value => self.cookies.insert(name.to_string(), value.to_string()),
                };
            }
            let Some(location) = answer.headers.get(LOCATION) else {
                self.page = String::from_utf8_lossy(&answer.body).to_string();
                self.at = target;
                return None;
            };
            target = target.join(location.to_str().expect("text")).expect("a URL");
            if target.origin() == self.home.origin() {
                return Some(target);
            }
            call = Call::get(&target);
        }
        panic!("redirected for ever, last to {target}");
    }
}

fn attribute(text: &str, name: &str) -> Option<String> {
    let value = text.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}
