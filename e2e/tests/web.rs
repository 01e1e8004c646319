//! The web app as a browser gets it: its files with their rules, its page for whoever goes to an address, nothing for others;
//! what is said where there is no app; and luigid's addresses, which keep their answers.
//!
//! A debug build is given an app of two files, and none. A release build is asked for what it holds.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bussola_e2e::places::{Scratch, binary, skip};
use bussola_e2e::server::{Plan, Running};

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
const SCRIPT: &str = "assets/main-Ab12Cd34.js";
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A reply with its headers, by lower-case names.
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }
}

/// One request on a connection of its own, sent as it stands: no client's tidying of paths.
fn ask(server: &Running, verb: &str, target: &str, headers: &str) -> Reply {
    let mut stream = TcpStream::connect(server.address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let request = format!("{verb} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n", server.address);
    stream.write_all(request.as_bytes()).expect("the request is taken");
    let mut bytes = Vec::new();
    // A server that refuses a request may close before it has read all of it.
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(": "));
    Reply {
        status: status.expect("a status"),
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        body: bytes[end + 4..].to_vec(),
    }
}

fn browse(server: &Running, target: &str) -> Reply {
    ask(server, "GET", target, &format!("Accept: {BROWSER}\r\n"))
}

/// A server on a folder that stands for `ui/dist`.
fn serve(place: &Scratch, dist: &str) -> Option<Running> {
    let mut plan = Plan::durable(&binary()?, &place.join(&format!("data-{dist}")));
    plan.environment.push(("BUSSOLA_UI_DIST".into(), place.join(dist).display().to_string()));
    Some(plan.start())
}

/// A small app. A release build shows its own instead.
fn small_app(place: &Scratch) {
    let page = format!("<!doctype html><title>Small</title><script type=\"module\" src=\"/{SCRIPT}\"></script>");
    fs::create_dir_all(place.join("dist/assets")).expect("a folder");
    for (name, content) in [
        ("index.html", page.as_str()),
        (SCRIPT, "console.log('here')"),
        ("icon.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
        (".stamp", "not for others"),
    ] {
        fs::write(place.join("dist").join(name), content).expect("a file");
    }
    fs::write(place.join("secret.txt"), "not for others").expect("a file");
}

/// The script that the page begins with.
fn script_of(page: &Reply) -> String {
    let text = String::from_utf8_lossy(&page.body);
    let (_, after) = text.split_once("src=\"/").expect("the page has a script");
    after.split_once('"').expect("an end").0.to_owned()
}

/// None: a release build without the app, as anyone may make for tests.
fn served_app(purpose: &str) -> Option<(Scratch, Running)> {
    let place = Scratch::new(purpose);
    small_app(&place);
    let server = serve(&place, "dist")?;
    if browse(&server, "/").status != 200 {
        skip("this release build holds no web app");
        return None;
    }
    Some((place, server))
}

#[track_caller]
fn check_guarded(reply: &Reply, what: &str) {
    assert_eq!(reply.header("content-security-policy"), POLICY, "{what}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(reply.header("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin", "{what}");
    assert!(reply.header("permissions-policy").contains("camera=()"), "{what}");
}

#[test]
fn a_browser_gets_the_page_at_every_address_that_is_nobody_elses() {
    let Some((_place, server)) = served_app("web-page") else { return };
    let long = format!("/catalog/{}", "a".repeat(30_000));
    for path in ["/", "/runs/12", "/catalog/component/default/settlement", "/no/such/page", "/apis", "/?x=1", &long] {
        let page = browse(&server, path);
        let what = &path[..path.len().min(60)];
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{what}");
        assert_eq!(page.header("cache-control"), "no-cache", "{what}");
        assert_eq!(page.header("vary"), "Accept, Accept-Encoding", "{what}");
        check_guarded(&page, what);
        let again =
            ask(&server, "GET", path, &format!("Accept: {BROWSER}\r\nIf-None-Match: {}\r\n", page.header("etag")));
        assert_eq!((again.status, again.body.len()), (304, 0), "{what}");
        check_guarded(&again, what);
    }
}

#[test]
fn a_file_is_kept_for_ever_and_sent_compressed() {
    let Some((_place, server)) = served_app("web-files") else { return };
    let script = script_of(&browse(&server, "/"));
    let sent = ask(&server, "GET", &format!("/{script}"), "Accept: */*\r\n");
    assert_eq!((sent.status, sent.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!(sent.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(sent.header("content-encoding"), "");
    check_guarded(&sent, &script);
    let known = format!("If-None-Match: {}\r\n", sent.header("etag"));
    assert_eq!(ask(&server, "GET", &format!("/{script}"), &known).status, 304);

    let head = ask(&server, "HEAD", &format!("/{script}"), "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), sent.body.len().to_string());

    let packed = ask(&server, "GET", &format!("/{script}"), "Accept-Encoding: gzip, br\r\n");
    // Only what is embedded is packed beforehand.
    if packed.header("content-encoding") == "gzip" {
        assert!(packed.body.starts_with(&[0x1f, 0x8b]) && packed.body.len() < sent.body.len());
        assert!(packed.header("vary").contains("Accept-Encoding"));
    } else {
        assert_eq!(packed.body, sent.body);
    }
    let icon = ask(&server, "GET", "/icon.svg", "");
    assert_eq!((icon.status, icon.header("content-type")), (200, "image/svg+xml"));
    assert_eq!(icon.header("cache-control"), "no-cache", "its name says nothing of its content");
}

#[test]
fn what_is_not_there_is_not_found() {
    let Some((_place, server)) = served_app("web-missing") else { return };
    let long = format!("/assets/{}.js", "a".repeat(30_000));
    for (verb, path, accept) in [
        // A page of the last release asks for its script.
        ("GET", "/assets/main-00000000.js", "*/*"),
        ("GET", "/assets/main-00000000.js", BROWSER),
        ("GET", "/assets/", BROWSER),
        ("GET", "/assets", BROWSER),
        ("GET", &long, "*/*"),
        // Programs want no page.
        ("GET", "/runs/12", "*/*"),
        ("GET", "/runs/12", "application/json"),
        ("POST", "/runs/12", BROWSER),
        ("DELETE", "/", "*/*"),
        // Other people's addresses.
        ("GET", "/api", BROWSER),
        ("GET", "/api/no_such_method", BROWSER),
        ("GET", "/api/v1/nothing", BROWSER),
        ("GET", "/static", BROWSER),
        ("GET", "/static/visualiser/js/luigi.js", BROWSER),
        ("GET", "/metrics/nothing", BROWSER),
    ] {
        let reply = ask(&server, verb, path, &format!("Accept: {accept}\r\n"));
        let expected = if (verb, path) == ("DELETE", "/") { 405 } else { 404 };
        assert_eq!(reply.status, expected, "{verb} {} {accept}", &path[..path.len().min(60)]);
        assert!(!String::from_utf8_lossy(&reply.body).contains("type=\"module\""), "{verb} {path} is the page");
    }
}

#[test]
fn nothing_outside_the_app_is_served() {
    let Some((_place, server)) = served_app("web-escape") else { return };
    let deep = format!("/assets/{}etc/passwd", "../".repeat(40));
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/../.stamp",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/..\\..\\secret.txt",
        "/assets/%252e%252e%252fsecret.txt",
        "//etc/passwd",
        "///etc/passwd",
        "/.stamp",
        "/%2estamp",
        "/assets/main-Ab12Cd34.js%00.html",
        "/assets/%ff%fe",
        "/./.stamp",
        &deep,
    ] {
        let reply = ask(&server, "GET", path, "Accept: */*\r\n");
        assert!(matches!(reply.status, 400 | 404), "{path} is answered {}", reply.status);
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(!text.contains("not for others") && !text.contains("root:"), "{path} tells {text}");
    }
    let huge = ask(&server, "GET", &format!("/{}", "a".repeat(100_000)), "Accept: */*\r\n");
    assert!(matches!(huge.status, 414 | 431), "100,000 bytes of path are answered {}", huge.status);
    assert_eq!(browse(&server, "/").status, 200, "and the server goes on");
}

#[test]
fn without_the_app_a_browser_is_told_how_to_get_it() {
    let place = Scratch::new("web-none");
    let Some(server) = serve(&place, "nothing") else { return };
    if browse(&server, "/").status == 200 {
        return skip("this release build holds the web app");
    }
    let root = browse(&server, "/");
    assert_eq!((root.status, root.header("location")), (302, "static/visualiser/index.html"));
    let start = browse(&server, "/static/visualiser/index.html");
    let text = String::from_utf8_lossy(&start.body).into_owned();
    assert_eq!(start.status, 200);
    assert!(text.contains("make ui"), "{text}");
    assert!(start.header("content-security-policy").starts_with("default-src 'none'"));
    let deep = browse(&server, "/runs/12");
    assert_eq!(deep.status, 404);
    assert!(String::from_utf8_lossy(&deep.body).contains("make ui"));
    check_guarded(&deep, "/runs/12");
    assert_eq!(browse(&server, "/history").status, 200);
}

#[test]
fn an_app_that_is_built_later_is_served_at_once() {
    let place = Scratch::new("web-later");
    let Some(server) = serve(&place, "dist") else { return };
    if browse(&server, "/").status == 200 {
        return skip("a release build holds its app");
    }
    small_app(&place);
    assert_eq!(browse(&server, "/").status, 200);
    let tag = browse(&server, "/").header("etag").to_owned();
    fs::write(place.join("dist/index.html"), "<!doctype html><title>Other</title>").expect("a file");
    let changed = ask(&server, "GET", "/", &format!("Accept: {BROWSER}\r\nIf-None-Match: {tag}\r\n"));
    assert_eq!(changed.status, 200);
    assert!(String::from_utf8_lossy(&changed.body).contains("Other"));
}

#[test]
fn luigids_addresses_answer_programs_as_before_and_lead_browsers_to_the_app() {
    let Some((_place, server)) = served_app("web-luigid") else { return };
    let head = ask(&server, "HEAD", "/", &format!("Accept: {BROWSER}\r\n"));
    assert_eq!((head.status, head.body.len()), (204, 0), "luigid's health check");
    let root = ask(&server, "GET", "/", "Accept: */*\r\n");
    assert_eq!((root.status, root.header("location")), (302, "static/visualiser/index.html"));
    for path in ["/static/visualiser/index.html", "/history", "/tasklist", "/history/by_name/Foo", "/metrics"] {
        assert_eq!(ask(&server, "GET", path, "").status, 200, "{path}");
    }
    // Relative, so that a proxy's prefix is kept.
    for (path, to) in [("/static/visualiser/index.html", "../../"), ("/history", "runs"), ("/tasklist", "pipelines")] {
        let led = browse(&server, path);
        assert_eq!((led.status, led.header("location")), (302, to), "{path}");
        assert_eq!(led.header("vary"), "Accept", "{path}");
    }
    // Attempts of one family or task have no page of the app that shows as much.
    assert_eq!(browse(&server, "/history/by_name/Foo").status, 200);
    assert_eq!(browse(&server, "/metrics").status, 200);
}
