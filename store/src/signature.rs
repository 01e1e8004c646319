//! What entries say of who acted.

use std::sync::Arc;

use bussola_domain::access::Caller;

/// The texts of the last caller: the next one is mostly the same.
#[derive(Debug, Default)]
pub(crate) struct Signature {
    last: Option<(Caller, Arc<str>, Arc<str>, Arc<str>)>,
}

impl Signature {
    /// Principal and authority, as entries have them: how the caller is known, and what allowed it.
    pub fn of(&mut self, caller: &Caller, allowed: Arc<str>) -> (Arc<str>, Arc<str>) {
        if let Some((last, reason, principal, authority)) = &self.last
            && last == caller
            && *reason == allowed
        {
            return (principal.clone(), authority.clone());
        }
        let principal: Arc<str> = caller.principal.to_string().into();
        let authority: Arc<str> = match &*allowed {
            "" => caller.credential.to_string(),
            reason => format!("{} {reason}", caller.credential),
        }
        .into();
        self.last = Some((caller.clone(), allowed, principal.clone(), authority.clone()));
        (principal, authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_says_how_the_caller_is_known_and_what_allowed_it() {
        let mut signature = Signature::default();
        let mut check = |caller: &Caller, allowed: &str, expected: (&str, &str)| {
            let (principal, authority) = signature.of(caller, allowed.into());
            assert_eq!((&*principal, &*authority), expected);
        };
        check(&Caller::LOCAL, "", ("local", "unverified"));
        check(&Caller::LOCAL, "policy:local@1", ("local", "unverified policy:local@1"));
        check(&Caller::itself("retention"), "", ("bussola", "retention"));
    }
}
