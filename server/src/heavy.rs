//! Work that takes long: large lists and graphs, hashing and compressing large replies. It must not delay workers.
//!
//! It runs on threads of its own, few at once, and gives way after each slice. The kernel lets a thread that computes keep
//! its core for some milliseconds even when another one wakes up; a thread that yields does not cost the other that wait.

use std::panic::resume_unwind;

use tokio::sync::Semaphore;

use crate::limits::HEAVY_MAX;

static READS: Semaphore = Semaphore::const_new(HEAVY_MAX);
/// Apart from reads: a worker's reply can be long too, and must not wait for them.
static SEALS: Semaphore = Semaphore::const_new(HEAVY_MAX);

/// Makes an answer on a thread of its own when there is a place. None: the process is ending.
pub async fn read<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    run(&READS, work).await
}

/// Hashes, compresses and frees an answer on a thread of its own when there is a place. None: the process is ending.
pub async fn seal<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    run(&SEALS, work).await
}

async fn run<T: Send + 'static>(places: &'static Semaphore, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let place = places.acquire().await.ok()?;
    let done = tokio::task::spawn_blocking(move || {
        // Held to the end of the work, also when nobody waits for it any more.
        let _place = place;
        work()
    });
    match done.await {
        Ok(done) => Some(done),
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => None,
    }
}

/// Lets threads that answer workers go first. Call it between slices, without holding a lock.
pub fn give_way() {
    std::thread::yield_now();
}
