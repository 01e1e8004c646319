//! Who somebody is, proven by a token.
//!
//! What is in it, from the bottom up:
//!
//! - [`jwt`]: a token is verified against keys and expectations, and becomes [`Claims`]. Nothing else makes claims.
//! - [`key`]: public keys and sets of them, read from JSON Web Keys; each key has exactly one algorithm.
//! - [`outbound`]: calls to others, which reach only where they may; [`jwks`]: key sets of others, kept.
//! - [`oidc`], [`github`]: people sign in and become an [`Identity`].
//! - [`workload`]: machines that another issuer vouches for; [`set`]: signals from outside.
//! - [`signer`]: our own issuer: signing keys, their rotation, the tokens of runs.
//!
//! # Invariants
//!
//! - **Claims are proven.** There is no way to [`Claims`] but through a signature, an issuer, an audience and a time that
//!   were checked.
//! - **One key, one algorithm.** What a token says about itself never chooses how it is verified.
//! - **Time is an argument.** Seconds since 1970 as `now`; nothing here reads a clock to decide, so tests need none.
//! - **Tokens and secrets do not leak.** Errors never hold one, and `Debug` redacts.
//!
//! # What it deliberately does not do
//!
//! It does not know what a proven identity may do, keeps no sessions, answers no requests and stores nothing but the keys
//! of our own issuer.

mod claims;
pub mod github;
mod identity;
pub mod jwks;
pub mod jwt;
mod kept;
pub mod key;
pub mod limits;
pub mod oidc;
pub mod outbound;
mod random;
mod secret;
pub mod set;
mod sign_in;
pub mod signer;
mod strict_json;
pub mod workload;

pub use claims::Claims;
pub use identity::{Identity, IdentityFault};
pub use kept::FetchError;
pub use random::NoRandomness;
pub use secret::Secret;
pub use sign_in::{Callback, CallbackFault, PendingSignIn, SignInStart};
pub use strict_json::JsonFault;
