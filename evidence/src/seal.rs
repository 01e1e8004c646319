//! What ties a manifest to the ledger, and the entries around the population.
//!
//! ```text
//! bussola.evidence.seal/1
//! manifest 5d41…                 SHA-256 of manifest.json
//! before {"at":…}                the entry before the first one of the period; `-`: there is none, or it does not apply
//! after {"at":…}                 the entry after the last one
//! entry {"at":…,"kind":"evidence.exported",…}    the ledger's own word for the manifest; `-`: it gave none
//! sha256 98c6…                   of the lines above
//! ```
//!
//! The leaves in it are proven by `proof/tree.hashes`, as those of the population are. The last line tells a seal that was
//! changed from a manifest that was.

use crate::manifest::sha256_hex;

const HEADER: &str = "bussola.evidence.seal/1";

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seal {
    /// SHA-256 of the manifest, in hex.
    pub manifest: String,
    /// The leaf before the population.
    pub before: Option<String>,
    /// The leaf after it.
    pub after: Option<String>,
    /// The leaf that says that the bundle was made.
    pub entry: Option<String>,
}

impl Seal {
    /// Its only text form.
    pub fn encode(&self) -> String {
        let leaf = |leaf: &Option<String>| leaf.clone().unwrap_or_else(|| "-".to_owned());
        with_sum(format!(
            "{HEADER}\nmanifest {}\nbefore {}\nafter {}\nentry {}\n",
            self.manifest,
            leaf(&self.before),
            leaf(&self.after),
            leaf(&self.entry)
        ))
    }

    /// Reads what [`Seal::encode`] writes, and only that.
    pub fn decode(text: &str) -> Option<Seal> {
        let mut lines = without_sum(text)?.split_terminator('\n');
        let mut line = |name: &str| lines.next()?.strip_prefix(name).map(str::to_owned);
        line(HEADER).filter(String::is_empty)?;
        let leaf = |text: String| (text != "-").then_some(text);
        let seal = Seal {
            manifest: line("manifest ")?,
            before: leaf(line("before ")?),
            after: leaf(line("after ")?),
            entry: leaf(line("entry ")?),
        };
        (seal.encode() == text).then_some(seal)
    }
}

/// A text with the hash of its lines at its end.
pub(crate) fn with_sum(text: String) -> String {
    let sum = sha256_hex(text.as_bytes());
    format!("{text}sha256 {sum}\n")
}

/// The lines of a text, if the hash at its end is theirs.
pub(crate) fn without_sum(text: &str) -> Option<&str> {
    let at = text.strip_suffix('\n')?.rfind('\n').map_or(0, |before| before + 1);
    let (lines, sum) = text.split_at(at);
    let sum = sum.strip_prefix("sha256 ")?.strip_suffix('\n')?;
    (sum == sha256_hex(lines.as_bytes())).then_some(lines)
}
