//! Every limit of the network edge, in one place.

use std::time::Duration;

/// LIMIT: one request's body. A real client's largest call lists a task's dependencies: 100,000 ids are 8 MiB.
pub const BODY_BYTES_MAX: usize = 64 << 20;

/// LIMIT: request line and headers together, as in luigid: a visualiser's search travels in the URL.
pub const HEAD_BYTES_MAX: usize = 64 << 10;

/// LIMIT: headers of one request.
pub const HEADERS_MAX: usize = 100;

/// LIMIT: an idle connection is closed after this time, as in luigid. Much shorter would hurt: a client whose kept
/// connection was closed under it waits 30 s before its next attempt.
pub const IDLE_MAX: Duration = Duration::from_secs(3_600);

/// LIMIT: silence in the middle of a body.
pub const BODY_SILENCE_MAX: Duration = Duration::from_secs(30);

/// LIMIT: open connections; further ones wait in the kernel's queue until one closes.
pub const CONNECTIONS_MAX: usize = 10_000;

/// LIMIT: large lists and graphs that are made, and large replies that are hashed and compressed, at once; the rest waits.
pub const HEAVY_MAX: usize = 2;

/// Bytes that are hashed or compressed before other threads go first: about a quarter of a millisecond.
pub const SLICE_BYTES: usize = 64 << 10;

/// Tasks looked at under one hold of the model's lock. At 1 to 2 us a task, a worker's call waits for less than 1 ms.
pub const SLICE_TASKS: usize = 256;

/// LIMIT: how long a list waits for the pruning before it, where the writer waits for something. Half of what Luigi's clients
/// wait for a reply; pruning itself takes milliseconds.
pub const PRUNE_WAIT_MAX: Duration = Duration::from_secs(5);

/// A list over this many tasks is made off the threads that answer workers.
pub const SMALL_READ_TASKS: usize = 256;

/// A reply shorter than this is not compressed (luigid's own limit): it fits one packet anyway.
pub const COMPRESS_BYTES_MIN: usize = 1_024;

/// A reply longer than this is hashed and compressed off the threads that answer workers.
pub const SMALL_REPLY_BYTES: usize = 64 << 10;

/// LIMIT: rows on one page of history.
pub const HISTORY_ROWS_MAX: usize = 1_000;

/// LIMIT: bytes of a configuration file.
pub const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// How long a graceful stop waits for calls under way.
pub const DRAIN_MAX: Duration = Duration::from_millis(600);

/// How often time alone is looked at (lost workers, due retries), as in luigid.
pub const PRUNE_INTERVAL: Duration = Duration::from_secs(60);

/// LIMIT: bytes of a token or of a session's secret. Tokens of other issuers carry claims: 16 KB is what the largest do with.
pub const CREDENTIAL_BYTES_MAX: usize = 16 * 1024;

/// LIMIT: bytes of a body of a sign-in: a code, or a token of a provider.
pub const LOGIN_BODY_BYTES_MAX: usize = 64 * 1024;

/// LIMIT: bytes of the path that a sign-in leads back to.
pub const RETURN_PATH_BYTES_MAX: usize = 2 * 1024;

/// LIMIT: sign-ins on the way at once, of each sort. Each is less than 2 kB.
pub const PENDING_MAX: usize = 10_000;

/// LIMIT: seconds in which a command line fetches its session: it waits for the code.
pub const CODE_TIME_S_MAX: i64 = 60;

/// How soon a witness is asked again after it cosigned, and how long after its first failure; then twice as long, and so on.
pub const WITNESS_PAUSE: Duration = Duration::from_secs(1);

/// LIMIT: see [`WITNESS_PAUSE`].
pub const WITNESS_DELAY_MAX: Duration = Duration::from_secs(60);

/// A witness is asked again after this time although nothing is new: its time says how fresh a checkpoint is.
pub const WITNESS_AGAIN: Duration = Duration::from_secs(600);

/// LIMIT: witnesses: a note has at most 16 signature lines, and one is ours.
pub const WITNESSES_MAX: usize = bussola_ledger::limits::NOTE_SIGNATURES_MAX - 1;
