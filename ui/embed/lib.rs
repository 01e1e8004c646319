//! The web app as bytes.
//!
//! A release build holds the files of `dist/`, compressed. A debug build reads them from disk at each request. Where the app
//! was never built there are no files, and whoever serves has to say how to get it. Nothing here knows HTTP.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Path below `dist/`, gzipped content, entity tag.
static FILES: &[(&str, &[u8], &str)] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// One file of the app.
pub struct File {
    /// For `Content-Type`.
    pub content_type: &'static str,
    /// Its content, compressed or not.
    pub body: Cow<'static, [u8]>,
    /// Whether the content is compressed with gzip.
    pub is_gzipped: bool,
    /// For `ETag`, with its quotes.
    pub tag: Cow<'static, str>,
    /// Whether its name changes with its content, so that it may be kept for ever.
    pub is_immutable: bool,
}

/// LIMIT: bytes of a path. Ours are below 100; nothing longer is worth asking the disk about.
const PATH_BYTES_MAX: usize = 1_024;

/// Debug builds look into the folder that this names, if it is set, in place of `dist/`: so a test says what is there.
const FOLDER_VARIABLE: &str = "BUSSOLA_UI_DIST";

/// The page that every address of the app begins with; none: the app is not built.
pub fn index() -> Option<File> {
    file("index.html")
}

/// A file by its path below the root, without a slash before it.
pub fn file(path: &str) -> Option<File> {
    if cfg!(debug_assertions) { on_disk(path) } else { embedded(path) }
}

fn embedded(path: &str) -> Option<File> {
    let index = FILES.binary_search_by(|(name, ..)| (*name).cmp(path)).ok()?;
    let (name, body, tag) = FILES[index];
    Some(File {
        content_type: content_type(name)?,
        body: Cow::Borrowed(body),
        is_gzipped: true,
        tag: Cow::Borrowed(tag),
        is_immutable: is_immutable(name),
    })
}

fn on_disk(path: &str) -> Option<File> {
    let relative = Path::new(path);
    // Nothing above the folder, and no hidden file in it.
    let is_plain =
        |part| matches!(part, Component::Normal(name) if !name.to_str().is_none_or(|name| name.starts_with('.')));
    if path.len() > PATH_BYTES_MAX || !relative.components().all(is_plain) {
        return None;
    }
    let folder =
        std::env::var_os(FOLDER_VARIABLE).map_or_else(|| PathBuf::from(env!("BUSSOLA_UI_DIST_BUILT")), PathBuf::from);
    let place = folder.join(relative);
    let content_type = content_type(path)?;
    let changed = place.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let body = std::fs::read(place).ok()?;
    Some(File {
        content_type,
        tag: format!("\"{}-{}\"", body.len(), changed.as_nanos()).into(),
        body: body.into(),
        is_gzipped: false,
        is_immutable: is_immutable(path),
    })
}

/// Vite puts what it names by content into this folder.
fn is_immutable(path: &str) -> bool {
    path.starts_with("assets/")
}

/// What the app consists of; other files are not served.
fn content_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        "png" => "image/png",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for path in ["../Cargo.toml", "/etc/passwd", "assets/../../package.json", ".stamp", "", ".", "assets"] {
            assert!(file(path).is_none(), "{path}");
        }
    }

    #[test]
    fn only_names_that_hold_a_hash_may_be_kept_for_ever() {
        for (path, expected) in [("assets/main-AbC1.js", true), ("index.html", false), ("icon.svg", false)] {
            assert_eq!(is_immutable(path), expected, "{path}");
        }
    }
}
