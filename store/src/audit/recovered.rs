//! Where a ledger says that it was recovered: that what was served before is not what it contains.

use bussola_domain::event::Event;
use bussola_domain::evidence::LedgerRecovered;
use bussola_ledger::EntryRef;

/// The kind of such an entry.
pub const RECOVERED: &[u8] = b"ledger.recovered";

/// An operator let a ledger be served that is not what was served before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The entry that says so.
    pub seq: u64,
    /// When, in microseconds since 1970-01-01 UTC.
    pub at_us: i64,
    /// What it says.
    pub said: LedgerRecovered,
}

impl Recovery {
    /// Reads a leaf; none: it says something else.
    pub fn read(leaf: &[u8]) -> Option<Recovery> {
        let entry = EntryRef::decode(leaf).ok()?;
        let payload = &mut serde_json::Deserializer::from_slice(entry.payload);
        match Event::deserialize(&entry.kind, entry.version, payload).ok()? {
            Some(Event::LedgerRecovered(said)) => Some(Recovery { seq: entry.seq, at_us: entry.at_us, said }),
            _ => None,
        }
    }
}

/// For people, without the entry's number.
impl std::fmt::Display for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.said.old {
            Some(old) if old.size > self.said.new.size => write!(
                f,
                "recovered at entry {}: {} entries had been served, {} were left; entries from {} on before that are lost",
                self.seq, old.size, self.said.new.size, self.said.new.size
            ),
            Some(old) => write!(
                f,
                "recovered at entry {}: of the {} entries that had been served not all are among the {} that were left",
                self.seq, old.size, self.said.new.size
            ),
            None => write!(f, "guard set up at entry {}: what had been served before is not known", self.seq),
        }
    }
}
