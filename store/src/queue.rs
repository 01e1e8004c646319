//! The bounded queue in front of the writer.
//!
//! Not a channel of a library: the writer takes everything that waits under one lock, and is woken only when it sleeps.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::Semaphore;

use crate::error::StoreError;

/// How long a thread that may not wait asynchronously sleeps between two looks for a place.
const BLOCKING_PAUSE: Duration = Duration::from_millis(1);

pub(crate) struct Queue<T> {
    places: Semaphore,
    /// How long a push waits for a place.
    wait: Duration,
    waiting: Mutex<Waiting<T>>,
    filled: Condvar,
}

struct Waiting<T> {
    items: VecDeque<T>,
    /// Items that took no place.
    chores: usize,
    sleeping: bool,
    closed: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new(length: usize, wait: Duration) -> Queue<T> {
        Queue {
            places: Semaphore::new(length),
            wait,
            waiting: Mutex::new(Waiting { items: VecDeque::new(), chores: 0, sleeping: false, closed: false }),
            filled: Condvar::new(),
        }
    }

    /// Puts an item at the end; waits for a place if there is none.
    pub(crate) async fn push(&self, item: T) -> Result<(), StoreError> {
        let permit = match self.places.try_acquire() {
            Ok(permit) => permit,
            Err(_) => tokio::time::timeout(self.wait, self.places.acquire())
                .await
                .map_err(|_| self.busy())?
                .map_err(|_| StoreError::Closed)?,
        };
        permit.forget();
        self.put(item, 0)
    }

    /// The same for a thread of its own.
    pub(crate) fn push_blocking(&self, item: T) -> Result<(), StoreError> {
        let mut waited = Duration::ZERO;
        loop {
            match self.places.try_acquire() {
                Ok(permit) => {
                    permit.forget();
                    return self.put(item, 0);
                }
                Err(tokio::sync::TryAcquireError::Closed) => return Err(StoreError::Closed),
                Err(tokio::sync::TryAcquireError::NoPermits) if waited >= self.wait => return Err(self.busy()),
                Err(tokio::sync::TryAcquireError::NoPermits) => {
                    std::thread::sleep(BLOCKING_PAUSE);
                    waited += BLOCKING_PAUSE;
                }
            }
        }
    }

    /// Puts an item of the store's own at the end. There are few, and they never wait. After the end there is nothing to do.
    pub(crate) fn push_chore(&self, item: T) {
        let _closed = self.put(item, 1);
    }

    fn busy(&self) -> StoreError {
        StoreError::Busy { after: self.wait, waiting: self.waiting.lock().items.len() }
    }

    fn put(&self, item: T, chores: usize) -> Result<(), StoreError> {
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Err(StoreError::Closed);
        }
        waiting.items.push_back(item);
        waiting.chores += chores;
        let wake = std::mem::take(&mut waiting.sleeping);
        drop(waiting);
        if wake {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Sleeps until something waits. False: closed, and nothing is left.
    pub(crate) fn wait(&self) -> bool {
        let mut waiting = self.waiting.lock();
        while waiting.items.is_empty() {
            if waiting.closed {
                return false;
            }
            waiting.sleeping = true;
            self.filled.wait(&mut waiting);
        }
        waiting.sleeping = false;
        true
    }

    /// Takes everything that waits into `items`, which is empty.
    pub(crate) fn take(&self, items: &mut VecDeque<T>) {
        let mut waiting = self.waiting.lock();
        std::mem::swap(&mut waiting.items, items);
        let chores = std::mem::take(&mut waiting.chores);
        drop(waiting);
        self.places.add_permits(items.len() - chores);
    }

    /// Open, and nothing waits: who comes now is first.
    pub(crate) fn is_idle(&self) -> bool {
        let waiting = self.waiting.lock();
        waiting.items.is_empty() && !waiting.closed
    }

    /// No more items; those that wait are still taken.
    pub(crate) fn close(&self) {
        self.places.close();
        self.waiting.lock().closed = true;
        self.filled.notify_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_makes_callers_wait_and_then_refuses_them() {
        let queue = Queue::new(2, Duration::ZERO);
        queue.push_blocking(1).unwrap();
        queue.push_blocking(2).unwrap();
        assert!(matches!(queue.push_blocking(3), Err(StoreError::Busy { waiting: 2, .. })));
        // Chores need no place, and give none back.
        queue.push_chore(4);
        let mut items = VecDeque::new();
        assert!(queue.wait() && !queue.is_idle());
        queue.take(&mut items);
        assert_eq!(items, [1, 2, 4]);
        assert!(queue.is_idle());
        queue.push_blocking(5).unwrap();
        queue.push_blocking(6).unwrap();
        assert!(matches!(queue.push_blocking(7), Err(StoreError::Busy { .. })));
    }

    #[test]
    fn a_caller_that_waits_gets_the_place_that_is_freed() {
        let queue = Queue::new(1, Duration::from_secs(60));
        queue.push_blocking(1).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| queue.push_blocking(2).unwrap());
            let (mut items, mut all) = (VecDeque::new(), Vec::new());
            while all.len() < 2 && queue.wait() {
                queue.take(&mut items);
                all.extend(items.drain(..));
            }
            assert_eq!(all, [1, 2]);
        });
    }

    #[test]
    fn a_closed_queue_gives_what_it_has_and_takes_nothing() {
        let queue = Queue::new(2, Duration::ZERO);
        queue.push_blocking(1).unwrap();
        queue.close();
        assert!(matches!(queue.push_blocking(2), Err(StoreError::Closed)));
        assert!(queue.wait());
        queue.take(&mut VecDeque::new());
        assert!(!queue.wait() && !queue.is_idle());
    }
}
