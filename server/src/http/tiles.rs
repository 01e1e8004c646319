//! Reading for everybody: the checkpoint and the tiles of C2SP tlog-tiles, below the root of the server.
//!
//! Checkpoint and tiles hold hashes and are for anybody; bundles of entries are for whoever may look at the ledger.
//!
//! INVARIANT: a tile is given only as far as a signed checkpoint covers it, and then never changes: so whoever has it may
//! keep it for ever. The checkpoint is the one thing to be asked for again.

use std::io::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use bussola_domain::access::{Action, Resource};
use bussola_ledger::{TILE_WIDTH, entry_bundle, tile_bytes};
use bussola_store::StoreError;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Method};

use super::api::Api;
use super::error::{ApiError, ErrorCode};
use super::extract::By;
use super::limits::{TILE_INDEX_MAX, TILE_LEVEL_MAX};
use crate::limits::COMPRESS_BYTES_MIN;
use crate::reply::Wishes;

/// A year, which is as long as anybody keeps anything.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The same for what not everybody may see: by whoever asked, and by nobody between.
const FOR_EVER_PRIVATE: &str = "private, max-age=31536000, immutable";
/// A new one is signed about once a second.
const A_SECOND: &str = "public, max-age=1";

/// What a path below `/tile/` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Tile { level: u8, index: u64, width: usize },
    Entries { index: u64, width: usize },
}

/// `GET /checkpoint`
pub(super) async fn checkpoint(State(api): State<Arc<Api>>) -> Result<Response, ApiError> {
    let served = api.app.store.served_checkpoint().ok_or(StoreError::Closed)?;
    Ok(sent(served.note.into_bytes(), "text/plain; charset=utf-8", A_SECOND))
}

/// `GET /tile/<L>/<N>[.p/<W>]` and `GET /tile/entries/<N>[.p/<W>]`
pub(super) async fn tile(
    State(api): State<Arc<Api>>,
    by: By,
    method: Method,
    headers: HeaderMap,
    Path(path): Path<String>,
) -> Result<Response, ApiError> {
    let wanted = wanted(&path).ok_or_else(|| missing(&path, "a path is `tile/0/x001/234`, `tile/entries/000.p/7`"))?;
    if matches!(wanted, Wanted::Entries { .. }) {
        // Hashes say nothing; entries say what happened.
        let denied = api.app.may(&by.0, Action::ReadLedger, Resource::Ledger).await;
        denied.map_err(|denial| StoreError::Denied { denial: Arc::new(denial) })?;
    }
    let gzip = Wishes::of(&method, &headers).gzip();
    let bytes = api.app.read_large(move |store| match wanted {
        Wanted::Tile { level, index, width } => {
            let hashes = store.tile(level, index, width)?;
            Ok::<_, ApiError>(hashes.map(|hashes| (tile_bytes(&hashes), false)))
        }
        Wanted::Entries { index, width } => {
            let Some(leaves) = store.tile_leaves(index, width)? else { return Ok(None) };
            let bundle = entry_bundle(leaves.iter().map(Vec::as_slice)).map_err(|error| {
                let from = index * TILE_WIDTH as u64;
                let hint = format!("take these entries from `/api/v1/ledger/leaves?from={from}&limit={width}`");
                ApiError::new(ErrorCode::NoSuchTile, error.to_string(), hint)
            })?;
            let packs = gzip && bundle.len() >= COMPRESS_BYTES_MIN;
            Ok(Some(if packs { (packed(&bundle), true) } else { (bundle, false) }))
        }
    });
    let (bytes, is_packed) =
        bytes.await??.ok_or_else(|| missing(&path, "`/checkpoint` says how many entries there are"))?;
    let keep = if matches!(wanted, Wanted::Entries { .. }) { FOR_EVER_PRIVATE } else { FOR_EVER };
    let mut reply = sent(bytes, "application/octet-stream", keep);
    if matches!(wanted, Wanted::Entries { .. }) {
        reply.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if is_packed {
        reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(reply)
}

fn missing(path: &str, hint: &str) -> ApiError {
    let path: String = path.chars().take(100).collect();
    ApiError::new(ErrorCode::NoSuchTile, format!("no checkpoint covers a tile `{path}`"), hint)
}

fn sent(bytes: Vec<u8>, content_type: &'static str, keep: &'static str) -> Response {
    let mut reply = Response::new(Body::from(bytes));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    reply
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::new(2));
    // Writing to a Vec cannot fail.
    drop(encoder.write_all(bytes));
    encoder.finish().unwrap_or_default()
}

/// Reads a path in its only spelling.
fn wanted(path: &str) -> Option<Wanted> {
    let (place, rest) = path.split_once('/')?;
    let (index, width) = match rest.rsplit_once(".p/") {
        None => (index(rest)?, TILE_WIDTH),
        Some((rest, width)) => {
            (index(rest)?, number(width, TILE_WIDTH as u64 - 1).filter(|width| *width > 0)? as usize)
        }
    };
    match place {
        "entries" => Some(Wanted::Entries { index, width }),
        level => Some(Wanted::Tile { level: number(level, u64::from(TILE_LEVEL_MAX))? as u8, index, width }),
    }
}

/// Groups of three digits, all but the last behind an `x`.
fn index(path: &str) -> Option<u64> {
    let mut index = 0_u64;
    let mut groups = path.split('/').peekable();
    let mut is_first = true;
    while let Some(group) = groups.next() {
        let digits = match groups.peek() {
            Some(_) => group.strip_prefix('x')?,
            None => group,
        };
        let is_number = digits.len() == 3 && digits.bytes().all(|digit| digit.is_ascii_digit());
        // One index has one path: there is no group of zeros before the others.
        if !is_number || (is_first && groups.peek().is_some() && digits == "000") {
            return None;
        }
        is_first = false;
        index = index * 1_000 + digits.parse::<u64>().ok()?;
        if index > TILE_INDEX_MAX {
            return None;
        }
    }
    Some(index)
}

fn number(text: &str, max: u64) -> Option<u64> {
    let is_plain = text.bytes().all(|digit| digit.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    text.parse().ok().filter(|number| is_plain && *number <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        let tile = |level, index, width| Some(Wanted::Tile { level, index, width });
        let entries = |index, width| Some(Wanted::Entries { index, width });
        for (path, expected) in [
            ("0/000", tile(0, 0, 256)),
            ("1/067.p/5", tile(1, 67, 5)),
            ("0/x001/x234/067", tile(0, 1_234_067, 256)),
            ("63/999.p/255", tile(63, 999, 255)),
            ("entries/x001/000", entries(1_000, 256)),
            ("entries/000.p/1", entries(0, 1)),
        ] {
            assert_eq!(wanted(path), expected, "{path}");
        }
        for path in [
            "",
            "0",
            "0/",
            "0/0",
            "0/0000",
            "00/000",
            "64/000",
            "-1/000",
            "0/x000/001",
            "0/001/002",
            "0/x001",
            "0/x1/002",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/+1",
            "0/000.p/",
            "0/000.p",
            "0/000/",
            "entry/000",
            "entries/abc",
            "0/x999/x999/x999/x999/x999/x999/999",
            "0/00\u{664}",
        ] {
            assert_eq!(wanted(path), None, "{path}");
        }
    }
}
