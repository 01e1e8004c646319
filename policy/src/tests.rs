//! Sets are compiled or refused with the place of the fault; decisions follow them, sliced as naively.

mod decisions;
mod problems;
mod sliced;
mod supplied;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Compiled, PolicySetText};

/// A set of one file.
fn text(policies: &str) -> PolicySetText {
    PolicySetText { files: BTreeMap::from([("a.cedar".to_owned(), policies.to_owned())]) }
}

fn compiled(policies: &str) -> Arc<Compiled> {
    Arc::new(text(policies).compile().unwrap_or_else(|problems| panic!("{problems:#?}")))
}
