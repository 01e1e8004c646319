//! Salts for the commitments to names, drawn without a system call each.

use std::fmt;

use bussola_domain::names::Salt;
use sha2::{Digest, Sha256};

use crate::error::StoreError;

/// The n-th salt is SHA-256 of a secret and n. The secret is never written down, so a salt that was erased is gone.
pub(crate) struct Salts {
    secret: [u8; 32],
    drawn: u64,
}

impl Salts {
    /// With a secret of the operating system's randomness.
    pub(crate) fn random() -> Result<Salts, StoreError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| StoreError::Randomness(error.to_string()))?;
        Ok(Salts { secret, drawn: 0 })
    }

    /// The same ones each time: for simulations.
    pub(crate) fn repeated() -> Salts {
        Salts { secret: [7; 32], drawn: 0 }
    }

    pub(crate) fn draw(&mut self) -> Salt {
        self.drawn += 1;
        let hash = Sha256::new().chain_update(self.secret).chain_update(self.drawn.to_le_bytes()).finalize();
        let mut salt = Salt([0; Salt::BYTES]);
        salt.0.copy_from_slice(&hash[..Salt::BYTES]);
        salt
    }
}

impl fmt::Debug for Salts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salts(…)")
    }
}
