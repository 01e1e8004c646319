//! Refs as people type them: in full, or a component by its name alone.

use bussola_domain::catalog::EntityRef;

use crate::client::segment;
use crate::error::{CliError, Code};

/// The path of an entity in the API.
pub fn path(written: &str) -> Result<String, CliError> {
    let reference = EntityRef::parse_in(written, Some("component"), None).map_err(|error| {
        let message = format!("cannot use `{written}` as a ref: {error}");
        CliError::new(Code::BadArgument, message, "a ref is `kind:namespace/name`; for a component its name is enough")
    })?;
    let (kind, namespace, name) = (reference.kind(), reference.namespace(), reference.name());
    Ok(format!("/catalog/entities/{}/{}/{}", segment(kind), segment(namespace), segment(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refs_become_paths() {
        let check =
            |written: &str, expected: &str| assert_eq!(path(written).ok().as_deref(), Some(expected), "{written}");
        check("payments-api", "/catalog/entities/component/default/payments-api");
        check("group:default/payments", "/catalog/entities/group/default/payments");
        check("Component:ops/A?b", "/catalog/entities/component/ops/a%3Fb");
        assert!(path("component:").is_err());
    }
}
