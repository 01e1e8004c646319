//! How often entries say that somebody was denied.

use hashbrown::HashMap;

use super::{Action, Caller, Denial, Principal};
use crate::id::Timestamp;

/// LIMIT: somebody who is denied the same again and again gets an entry in so many microseconds, which says how often:
/// else anybody could fill the ledger.
const DENIAL_INTERVAL_US: i64 = 10_000_000;

/// LIMIT: callers remembered for that. When there are more, all are forgotten: then some get an entry early.
const DENIED_MAX: usize = 4096;

/// Who was denied what lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Denials {
    lately: HashMap<(Principal, Action), (Timestamp, u32)>,
}

impl Denials {
    /// How many denials the next entry stands for; none: it is too early for one.
    pub fn due(&mut self, caller: &Caller, denial: &Denial, now: Timestamp) -> Option<u32> {
        let key = (caller.principal, denial.act.action);
        if let Some((last, since)) = self.lately.get_mut(&key) {
            *since = since.saturating_add(1);
            // A clock that was set back must not silence anybody for long.
            if (0..DENIAL_INTERVAL_US).contains(&now.0.saturating_sub(last.0)) {
                return None;
            }
            *last = now;
            return Some(std::mem::take(since));
        }
        if self.lately.len() >= DENIED_MAX {
            self.lately.clear();
        }
        self.lately.insert(key, (now, 0));
        Some(1)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access::{Act, Resource, Why};

    #[test]
    fn the_same_denial_is_told_now_and_then_with_its_count() {
        let denial = Denial { act: Act::new(Action::Work, Resource::Scheduler), why: Why::Refused(Arc::default()) };
        let mut denials = Denials::default();
        let mut at = |seconds: i64| denials.due(&Caller::ANONYMOUS, &denial, Timestamp(seconds * 1_000_000));
        assert_eq!(at(0), Some(1));
        assert_eq!((at(1), at(9)), (None, None));
        assert_eq!(at(10), Some(3));
        assert_eq!((at(12), at(3)), (None, Some(2)), "the clock was set back");
    }
}
