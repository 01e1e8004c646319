//! Secrets that clients present: drawn here, given away once, kept as hashes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bussola_domain::id::BlobHash;

/// LIMIT: 256 random bits. Nobody guesses one, so a plain hash of it is as good as a slow one.
const SECRET_BYTES: usize = 32;

/// What tokens begin with, so that people and scanners of secrets know one when they see it.
pub const TOKEN_PREFIX: &str = "bussola_";

/// A secret that was drawn a moment ago. Its `Debug` does not tell it.
pub struct Secret(String);

impl Secret {
    /// Draws one.
    pub fn draw(prefix: &str) -> Result<Secret, getrandom::Error> {
        let mut bytes = [0u8; SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Secret(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// What is kept of it.
    pub fn hash(&self) -> BlobHash {
        BlobHash::of(self.0.as_bytes())
    }

    /// The text, for the one answer that tells it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
