//! The file of a bundle: a tar archive (ustar) in its one form.
//!
//! Any tar program unpacks it, and none is needed to verify it. Names rise, nobody owns anything, everything was made at the
//! epoch: so every byte of headers, padding and end follows from names and contents, and is compared with what must stand
//! there. A byte that means nothing could otherwise be changed unnoticed.

use std::collections::BTreeMap;

use crate::limits::{BUNDLE_BYTES_MAX, FILES_MAX, PATH_BYTES_MAX};
use crate::manifest::sha256_hex;
use crate::verify::Fault;

const BLOCK: usize = 512;
/// LIMIT: what eleven octal digits count.
const FILE_BYTES_MAX: u64 = 0o77_777_777_777;
const NOT_OURS: &str = "give the file that `bussola evidence export` wrote, unchanged";

/// Files by path.
pub type Files<'a> = BTreeMap<String, &'a [u8]>;

/// Puts files together.
pub fn write(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let size: usize = files.values().map(|content| BLOCK + content.len().next_multiple_of(BLOCK)).sum();
    let mut archive = Vec::with_capacity(size + 2 * BLOCK);
    for (path, content) in files {
        archive.extend_from_slice(&header(path.as_bytes(), content.len() as u64));
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}

/// Takes an archive apart. `expected` are paths that it may have, so that one whose name was changed is named rightly.
pub fn read<'a>(archive: &'a [u8], expected: &[&str]) -> Result<Files<'a>, Fault> {
    if archive.len() > BUNDLE_BYTES_MAX {
        let what = format!("it has {} bytes, at most {BUNDLE_BYTES_MAX} are read", archive.len());
        return Err(Fault::new("the archive", what, "export shorter periods"));
    }
    let mut files = Files::new();
    let mut rest = archive;
    loop {
        let Some((head, after)) = rest.split_at_checked(BLOCK) else {
            return Err(Fault::new("the archive", "it ends in the middle of a file", NOT_OURS));
        };
        if head.iter().all(|&byte| byte == 0) {
            // Two blocks of zeros end an archive; the first of them may have been a header.
            return match after.len() == BLOCK && after.iter().all(|&byte| byte == 0) {
                true => Ok(files),
                false => Err(Fault::new("the end of the archive", "it is not two blocks of zeros", NOT_OURS)),
            };
        }
        if is_end(head) && after.len() <= BLOCK && after.iter().all(|&byte| byte == 0) {
            return Err(Fault::new("the end of the archive", "it is not two blocks of zeros", NOT_OURS));
        }
        let (path, size) = read_header(head, after, expected)?;
        let wrong = |what: &str| Fault::new(&path, what, NOT_OURS);
        let end = size.next_multiple_of(BLOCK);
        let (Some(content), Some(padding)) = (after.get(..size), after.get(size..end)) else {
            return Err(wrong("the archive ends before it does"));
        };
        if padding.iter().any(|&byte| byte != 0) {
            return Err(wrong("the archive has something behind it"));
        }
        if files.last_key_value().is_some_and(|(last, _)| *last >= path) {
            return Err(wrong("it is not in its place in the archive"));
        }
        if files.len() == FILES_MAX {
            return Err(wrong("the archive has more files than are read"));
        }
        files.insert(path, content);
        rest = &after[end..];
    }
}

/// A block that would be the first of the end but for a few bits.
fn is_end(block: &[u8]) -> bool {
    block.iter().filter(|&&byte| byte != 0).count() <= 1
}

fn read_header(head: &[u8], after: &[u8], expected: &[&str]) -> Result<(String, usize), Fault> {
    let name = &head[..PATH_BYTES_MAX];
    let name = &name[..name.iter().position(|&byte| byte == 0).unwrap_or(PATH_BYTES_MAX)];
    let size = std::str::from_utf8(&head[124..135]).ok().and_then(|digits| u64::from_str_radix(digits, 8).ok());
    let path = std::str::from_utf8(name).ok().filter(|path| is_path(path));
    match (path, size) {
        (Some(path), Some(size)) if header(name, size)[..] == *head => {
            let size = usize::try_from(size).map_err(|_| Fault::new(path, "it is too large", NOT_OURS))?;
            Ok((path.to_owned(), size))
        }
        _ => {
            let named = nearest(name, size, after, expected);
            Err(Fault::new(&named, "its header in the archive was changed", NOT_OURS))
        }
    }
}

/// Which file a damaged header is of: one whose name differs in few bytes from what stands there.
fn nearest(name: &[u8], size: Option<u64>, after: &[u8], expected: &[&str]) -> String {
    let content = size.and_then(|size| after.get(..usize::try_from(size).ok()?)).unwrap_or_default();
    let hash = sha256_hex(content);
    let by_hash = [format!("texts/{hash}"), format!("policies/{hash}")];
    let known = expected.iter().copied().chain(by_hash.iter().map(String::as_str));
    let near = known.map(|path| (distance(path.as_bytes(), name), path)).min();
    match near {
        Some((0..=1, path)) => path.to_owned(),
        _ => String::from_utf8_lossy(name).chars().filter(|letter| !letter.is_control()).collect(),
    }
}

/// Bytes in which two names differ where each is followed by zeros.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let padded = |name: &[u8], at: usize| name.get(at).copied().unwrap_or(0);
    // A zero in the middle cuts a name short: what is behind it is not read.
    if other.len() < one.len() && one.starts_with(other) {
        return 1;
    }
    (0..one.len().max(other.len())).filter(|&at| padded(one, at) != padded(other, at)).count()
}

/// Plain relative paths, so that unpacking one puts nothing where it should not be.
fn is_path(path: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    path.len() <= PATH_BYTES_MAX && path.split('/').all(is_plain)
}

/// INVARIANT: the header depends on name and size alone.
fn header(name: &[u8], size: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &name[..name.len().min(PATH_BYTES_MAX)]);
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", size.min(FILE_BYTES_MAX)).as_bytes());
    put(136, b"00000000000\0");
    // The checksum is taken with blanks in its place.
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(329, b"0000000\0");
    put(337, b"0000000\0");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn sample() -> BTreeMap<String, Vec<u8>> {
        let files = [("a.json", "{}".into()), ("proof/b", "x".repeat(512)), ("texts/c", String::new())];
        files.into_iter().map(|(path, content)| (path.to_owned(), content.into_bytes())).collect()
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let files = sample();
        let archive = write(&files);
        let read = read(&archive, &[]).unwrap();
        assert!(read.iter().map(|(path, content)| (path, *content)).eq(files.iter().map(|(p, c)| (p, &c[..]))));
    }

    #[test]
    fn every_byte_outside_of_contents_has_its_only_value() {
        let archive = write(&sample());
        let inside = |at: usize| (512..514).contains(&at) || (1536..2048).contains(&at);
        for at in (0..archive.len()).filter(|&at| !inside(at)) {
            for bit in [1, 0x20, 0xff] {
                let mut changed = archive.clone();
                changed[at] ^= bit;
                let fault = read(&changed, &["a.json", "proof/b", "texts/c"]).expect_err(&format!("byte {at}"));
                let expected = match at {
                    0..1024 => "a.json",
                    1024..2048 => "proof/b",
                    2048..2560 => "texts/c",
                    _ => "the end of the archive",
                };
                assert_eq!(fault.file, expected, "byte {at}, {bit:#x}");
            }
        }
        for length in [0, 511, 1023, archive.len() - 512, archive.len() - 1] {
            assert!(read(&archive[..length], &[]).is_err(), "cut to {length}");
        }
        assert!(read(&[&archive[..], &[0; 512]].concat(), &[]).is_err(), "longer");
    }

    #[test]
    fn paths_stay_where_they_are_unpacked() {
        for path in ["", "/etc/passwd", "../up", "a//b", "a/.hidden", "a\\b", "a/..", "ä"] {
            let archive = write(&BTreeMap::from([(path.to_owned(), Vec::new())]));
            assert!(read(&archive, &[]).is_err(), "{path}");
        }
    }
}
