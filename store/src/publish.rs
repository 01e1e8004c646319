//! What is served of the ledger: checkpoints that the second store has seen, and the tiles that they cover.
//!
//! ```text
//! committed head ─► flush ─► sign ─► compare-and-swap in the guard ─► newest ─► witnesses ─► cosigned
//! ```
//!
//! INVARIANT: no signed note leaves before the guard has it, and none of a smaller ledger after one of a larger.
//! INVARIANT: nothing here holds up a command: it runs on a thread of its own, or on that of whoever asked for a checkpoint.

use std::collections::VecDeque;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use bussola_ledger::{
    ConsistencyProofText, Cosignature, Frontier, Hash, InclusionProofText, TILE_WIDTH, TileReader, TreeHead, WithEdge,
    consistency_proof, inclusion_proof, with_cosignature,
};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::directory::{Directory, read_optional, write_new};
use crate::error::StoreError;
use crate::guard::{Guard, GuardError};
use crate::journal::sqlite::{StoredTiles, read_entries};
use crate::keeper::{self, stopped_within};
use crate::limits::{COSIGNATURE_WAIT_MAX, PUBLICATIONS_RECENT, PUBLISH_INTERVAL};
use crate::store::Shared;

/// A signed checkpoint that anybody may see.
#[derive(Clone, Debug)]
pub struct Published {
    /// What it says.
    pub head: TreeHead,
    /// The note, with what witnesses have added so far.
    pub note: String,
    /// How many have.
    pub cosignatures: usize,
}

struct Publication {
    published: Published,
    tree: Arc<Frontier>,
    since: Instant,
}

/// What was published, and where it is put first.
pub(crate) struct Publisher {
    inner: Mutex<Inner>,
    /// Size of the newest.
    sizes: watch::Sender<u64>,
    /// Cosignatures that make a checkpoint one to be served; 0: there are no witnesses.
    quorum: usize,
}

struct Inner {
    guard: Option<Box<dyn Guard>>,
    /// What the guard has.
    guarded: Option<String>,
    /// The last ones, oldest first: witnesses answer for what was the newest when they were asked.
    recent: VecDeque<Publication>,
    /// The newest that has its quorum.
    cosigned: Option<Published>,
}

impl Publisher {
    pub(crate) fn new(guard: Option<Box<dyn Guard>>, guarded: Option<String>, quorum: usize) -> Publisher {
        let inner = Inner { guard, guarded, recent: VecDeque::new(), cosigned: None };
        Publisher { inner: Mutex::new(inner), sizes: watch::Sender::new(0), quorum }
    }

    pub(crate) fn sizes(&self) -> watch::Receiver<u64> {
        self.sizes.subscribe()
    }

    /// The newest checkpoint, whoever cosigned it.
    pub(crate) fn newest(&self) -> Option<Published> {
        self.inner.lock().recent.back().map(|publication| publication.published.clone())
    }

    /// The checkpoint to serve: the newest that has its quorum, unless witnesses are late.
    pub(crate) fn served(&self) -> Option<Published> {
        let inner = self.inner.lock();
        let newest = inner.recent.back()?;
        if self.quorum == 0 || newest.published.cosignatures >= self.quorum {
            return Some(newest.published.clone());
        }
        let size = inner.cosigned.as_ref().map_or(0, |cosigned| cosigned.head.size);
        let waiting = inner.recent.iter().find(|publication| publication.published.head.size > size);
        let late = waiting.is_none_or(|publication| publication.since.elapsed() >= COSIGNATURE_WAIT_MAX);
        match &inner.cosigned {
            Some(cosigned) if !late => Some(cosigned.clone()),
            _ => Some(newest.published.clone()),
        }
    }

    /// The newest that has its quorum.
    pub(crate) fn cosigned(&self) -> Option<Published> {
        self.inner.lock().cosigned.clone()
    }

    /// The size up to which tiles are served, and the edge of the tree there.
    fn edge(&self) -> Option<Arc<Frontier>> {
        self.inner.lock().recent.back().map(|publication| publication.tree.clone())
    }

    /// Adds what a witness said of the checkpoint of this size. True if it then has its quorum, and had it not before.
    fn cosign(&self, size: u64, cosignature: &Cosignature) -> Option<Published> {
        let mut inner = self.inner.lock();
        let publication = inner.recent.iter_mut().find(|publication| publication.published.head.size == size)?;
        let published = &mut publication.published;
        let lines = published.note.lines().count();
        published.note = with_cosignature(&published.note, cosignature);
        published.cosignatures += published.note.lines().count() - lines;
        let published = published.clone();
        let newer = inner.cosigned.as_ref().is_none_or(|cosigned| cosigned.head.size <= size);
        if published.cosignatures < self.quorum.max(1) || !newer {
            return None;
        }
        inner.cosigned = Some(published.clone());
        Some(published)
    }
}

/// Publishes the head as it is now.
pub(crate) fn publish(shared: &Shared) -> Result<(Published, Arc<Frontier>), StoreError> {
    // Held throughout: checkpoints are put into the guard one after the other.
    let mut inner = shared.publisher.inner.lock();
    let tree = shared.state.tree();
    let head = tree.head();
    if let Some(newest) = inner.recent.back()
        && newest.published.head.size >= head.size
    {
        return Ok((newest.published.clone(), newest.tree.clone()));
    }
    keeper::flush(shared)?;
    let note = shared.state.key.sign(head);
    let Inner { guard, guarded, recent, .. } = &mut *inner;
    if let Some(guard) = guard
        && guarded.as_ref() != Some(&note)
    {
        guard.swap(guarded.as_deref(), &note).map_err(StoreError::Guard)?;
        *guarded = Some(note.clone());
    }
    let published = Published { head, note, cosignatures: 0 };
    recent.push_back(Publication { published: published.clone(), tree: tree.clone(), since: Instant::now() });
    if recent.len() > PUBLICATIONS_RECENT {
        recent.pop_front();
    }
    drop(inner);
    shared.publisher.sizes.send_replace(head.size);
    Ok((published, tree))
}

/// What an operator decided: the guard holds what the ledger is now, whatever it held before.
pub(crate) fn publish_anew(shared: &Shared, known: Option<String>) -> Result<Published, StoreError> {
    shared.publisher.inner.lock().guarded = known;
    publish(shared).map(|(published, _)| published)
}

/// Publishes while entries come in.
pub(crate) fn keep(shared: &Shared, stop: &mpsc::Receiver<()>) {
    let mut failing: Option<String> = None;
    loop {
        let stopping = stopped_within(stop, PUBLISH_INTERVAL);
        match publish(shared) {
            Ok(_) => {
                if failing.take().is_some() {
                    tracing::info!("checkpoints are published again");
                }
            }
            Err(error) => {
                let text = error.to_string();
                if failing.as_ref() != Some(&text) {
                    tracing::error!(%error, hint = error.hint(), "no new checkpoint is served");
                    failing = Some(text);
                }
            }
        }
        if stopping {
            return;
        }
    }
}

/// Takes a cosignature that was checked, and keeps what has its quorum for the next start.
pub(crate) fn cosign(shared: &Shared, size: u64, cosignature: &Cosignature) {
    let Some(published) = shared.publisher.cosign(size, cosignature) else { return };
    if let Some(directory) = &shared.directory
        && let Err(error) = write_new(&directory.cosigned(), &published.note, 0o644)
    {
        tracing::warn!(%error, "cannot keep the cosigned checkpoint");
    }
}

/// The cosigned checkpoint of the last time, if it is one of this ledger.
pub(crate) fn load_cosigned(shared: &Shared, directory: &Directory) -> Result<(), StoreError> {
    let Some(note) = read_optional(&directory.cosigned())? else { return Ok(()) };
    let Ok(checkpoint) = shared.state.key.verifying_key().open(&note) else { return Ok(()) };
    let tree = shared.state.tree();
    let connection = shared.database.read().map_err(StoreError::read)?;
    let reader = WithEdge { frontier: &tree, full: &StoredTiles { connection: &connection } };
    if checkpoint.size > tree.size() || bussola_ledger::root_at(checkpoint.size, &reader).ok() != Some(checkpoint.root)
    {
        return Ok(());
    }
    // Two lines less than the lines below the text: the blank one and our own.
    let cosignatures = note.lines().count().saturating_sub(5);
    shared.publisher.inner.lock().cosigned = Some(Published { head: checkpoint.head(), note, cosignatures });
    Ok(())
}

/// The first `width` hashes of a tile that the newest checkpoint covers; none: it does not.
pub(crate) fn tile(shared: &Shared, level: u8, index: u64, width: usize) -> Result<Option<Vec<Hash>>, StoreError> {
    let Some(tree) = shared.publisher.edge().filter(|tree| covers(tree.size(), level, index, width)) else {
        return Ok(None);
    };
    let connection = shared.database.read().map_err(StoreError::read)?;
    let reader = WithEdge { frontier: &tree, full: &StoredTiles { connection: &connection } };
    let hashes = reader.read_tile(level, index, width).map_err(StoreError::read)?;
    let tile = hashes.get(..width).map(<[Hash]>::to_vec);
    tile.map(Some).ok_or_else(|| StoreError::Unproven {
        seq: index << (8 * (u32::from(level) + 1)),
        reason: format!("tile {index} of level {level} is not whole"),
    })
}

/// The leaves below the first `width` hashes of a tile of level 0; none: the newest checkpoint does not cover them.
pub(crate) fn leaves(shared: &Shared, index: u64, width: usize) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
    let size = shared.publisher.edge().map_or(0, |tree| tree.size());
    if !covers(size, 0, index, width) {
        return Ok(None);
    }
    let connection = shared.database.read().map_err(StoreError::read)?;
    let rows = read_entries(&connection, index * TILE_WIDTH as u64, width).map_err(StoreError::read)?;
    Ok(Some(rows.into_iter().map(|row| row.leaf).collect()))
}

/// Whether a tree of this size has the first `width` hashes of a tile.
fn covers(size: u64, level: u8, index: u64, width: usize) -> bool {
    let on_level = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    let end = index.checked_mul(TILE_WIDTH as u64).and_then(|first| first.checked_add(width as u64));
    (1..=TILE_WIDTH).contains(&width) && end.is_some_and(|end| end <= on_level)
}

/// The proof that the newest published ledger begins with its first `old` entries, ready to be sent to a witness.
pub(crate) fn growth(shared: &Shared, old: u64) -> Result<Option<ConsistencyProofText>, StoreError> {
    let newest = {
        let inner = shared.publisher.inner.lock();
        inner.recent.back().map(|newest| (newest.tree.clone(), newest.published.note.clone()))
    };
    let Some((tree, note)) = newest.filter(|(tree, _)| tree.size() >= old) else { return Ok(None) };
    let connection = shared.database.read().map_err(StoreError::read)?;
    let reader = WithEdge { frontier: &tree, full: &StoredTiles { connection: &connection } };
    let hashes = consistency_proof(old, tree.size(), &reader)
        .map_err(|error| StoreError::Unproven { seq: old, reason: error.to_string() })?;
    Ok(Some(ConsistencyProofText { old_size: old, hashes, note }))
}

/// The proof that an entry is in the ledger as it is published now.
pub(crate) fn prove(shared: &Shared, seq: u64) -> Result<InclusionProofText, StoreError> {
    let size = shared.state.head().size;
    if seq >= size {
        return Err(StoreError::NoSuchEntry { seq, size });
    }
    let (published, tree) = publish(shared)?;
    let connection = shared.database.read().map_err(StoreError::read)?;
    let reader = WithEdge { frontier: &tree, full: &StoredTiles { connection: &connection } };
    let hashes = inclusion_proof(seq, tree.size(), &reader)
        .map_err(|error| StoreError::Unproven { seq, reason: error.to_string() })?;
    Ok(InclusionProofText { seq, hashes, note: published.note })
}

/// Refuses to go on where the guard refuses.
pub(crate) fn refused(refusal: Option<GuardError>) -> Result<(), StoreError> {
    refusal.map_or(Ok(()), |refusal| Err(StoreError::Guard(refusal)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use bussola_ledger::{Origin, SigningKey};

    use super::*;

    fn push(publisher: &Publisher, size: u64, since: Instant) {
        let key = SigningKey::from_seed(Origin::new("test").unwrap(), [1; 32]);
        let head = TreeHead { size, root: Hash([7; 32]) };
        let published = Published { head, note: key.sign(head), cosignatures: 0 };
        let tree = Arc::new(Frontier::new());
        publisher.inner.lock().recent.push_back(Publication { published, tree, since });
    }

    #[test]
    fn witnesses_hold_up_a_checkpoint_for_a_moment_only() {
        let publisher = Publisher::new(None, None, 1);
        let served = || publisher.served().unwrap().head.size;
        let cosign = |size, witness: &str| {
            let line = format!("\u{2014} {witness} AAAA");
            let cosignature = Cosignature { witness: Origin::new(witness).unwrap(), at_s: 1, line };
            publisher.cosign(size, &cosignature).map(|published| published.cosignatures)
        };
        assert!(publisher.served().is_none());
        push(&publisher, 5, Instant::now());
        assert_eq!(served(), 5, "there is no other");
        assert_eq!(cosign(5, "w1"), Some(1));
        push(&publisher, 7, Instant::now());
        push(&publisher, 9, Instant::now());
        assert_eq!((served(), publisher.newest().unwrap().head.size), (5, 9));
        assert_eq!(cosign(7, "w1"), Some(1), "it answers for what was the newest when it was asked");
        assert_eq!((served(), cosign(5, "w2"), cosign(6, "w1")), (7, None, None));
        assert_eq!((cosign(9, "w1"), served()), (Some(1), 9));
        assert_eq!(cosign(9, "w1"), Some(1), "again is still one");
        let late = Instant::now().checked_sub(COSIGNATURE_WAIT_MAX).unwrap();
        push(&publisher, 11, late);
        assert_eq!(served(), 11, "witnesses are late");
    }

    #[test]
    fn tiles_are_covered_to_the_last_hash() {
        // A tree of 70,000: 273 full tiles and one of 112 on level 0, one full and one of 17 on level 1, one of 1 on 2.
        let check = |level, index, width, expected| {
            assert_eq!(covers(70_000, level, index, width), expected, "tile {index} of level {level}, {width} wide");
        };
        for (level, index, width) in [(0, 272, 256), (0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1)] {
            check(level, index, width, true);
            check(level, index, width - 1, width > 1);
        }
        for (level, index, width) in [(0, 273, 113), (0, 273, 256), (0, 274, 1), (1, 1, 18), (2, 0, 2), (3, 0, 1)] {
            check(level, index, width, false);
        }
        check(0, 0, 0, false);
        check(0, 0, 257, false);
        check(0, u64::MAX, 1, false);
        check(63, 0, 1, false);
    }
}
