//! What entries say of who acted.

use std::sync::Arc;

use bussola_domain::access::Caller;

/// The texts of the last caller: the next one is mostly the same.
#[derive(Debug, Default)]
pub(crate) struct Signature {
    last: Option<Signed>,
}

#[derive(Debug)]
struct Signed {
    caller: Caller,
    allowed: Arc<str>,
    principal: Arc<str>,
    authority: Arc<str>,
}

impl Signature {
    /// Principal and authority, as entries have them: how the caller is known, and what allowed it.
    pub fn of(&mut self, caller: &Caller, allowed: Arc<str>) -> (Arc<str>, Arc<str>) {
        if let Some(last) = self.last.as_ref().filter(|last| last.caller == *caller && last.allowed == allowed) {
            return (last.principal.clone(), last.authority.clone());
        }
        let principal: Arc<str> = caller.principal.to_string().into();
        let authority: Arc<str> = match &*allowed {
            "" => caller.credential.to_string(),
            reason => format!("{} {reason}", caller.credential),
        }
        .into();
        let signed = (principal.clone(), authority.clone());
        self.last = Some(Signed { caller: caller.clone(), allowed, principal, authority });
        signed
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
