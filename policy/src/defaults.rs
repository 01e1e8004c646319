//! The policies that ship: what holds where nobody says otherwise, and what people start from.

use crate::compile::PolicySetText;

/// What of a server's settings the default set depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// Workers without an identity may work: `[luigi] require_identity` is `off` or `record`.
    pub anonymous_workers: bool,
}

/// The file that is part of the set only where anonymous workers may work.
pub const LUIGI_ANONYMOUS: &str = "luigi-anonymous.cedar";

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../defaults/", $name))),)*]
    };
}

const FILES: &[(&str, &str)] = files! {
    "administrators.cedar"
    "local.cedar"
    "luigi-anonymous.cedar"
    "own-access.cedar"
    "owners.cedar"
    "readers.cedar"
    "runs.cedar"
    "services.cedar"
    "workers.cedar"
};

impl PolicySetText {
    /// The set that ships.
    pub fn shipped(switches: Switches) -> PolicySetText {
        let files = FILES.iter().filter(|(name, _)| *name != LUIGI_ANONYMOUS || switches.anonymous_workers);
        PolicySetText { files: files.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect() }
    }
}
