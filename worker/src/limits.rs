//! Every limit of this crate, in one place, each with its reason.

use std::time::Duration;

/// LIMIT: bytes of a value that can be hidden. Three characters stand in any text by chance: all output would be markers.
pub const SECRET_BYTES_MIN: usize = 4;

/// LIMIT: bytes of all values that are hidden at a time. Each costs about 50 forms of itself at 20 bytes a character, so this is
/// 64 MB; a private key has 3 KB, what AWS keeps in one secret at most 64.
pub const SECRETS_BYTES_MAX: usize = 64 << 10;

/// LIMIT: how many secrets are hidden at a time. Pipelines need a handful.
pub const SECRETS_MAX: usize = 256;

/// LIMIT: values of one name that are hidden at a time: the last ones. A run token lives for five minutes and is replaced
/// after four, so those before are dead.
pub const VALUES_PER_NAME_MAX: usize = 4;

/// LIMIT: bytes of a line of a longer value that is hidden by itself. Shorter ones are `{` and `"port": 5`.
pub const SECRET_LINE_BYTES_MIN: usize = 8;

/// Bytes of output that are read at a time, and the most that a chunk has before redaction: what a pipe holds.
pub const READ_BYTES: usize = 64 << 10;

/// LIMIT: bytes of a line of output that are kept, of the redacted text. Longer ones are no text for people, and would make
/// every viewer of a run slow.
pub const LINE_BYTES_KEPT_MAX: usize = 64 << 10;

/// LIMIT: bytes of output that are kept of a run, both streams together. A build with all warnings has 10 MB.
pub const OUTPUT_BYTES_KEPT_MAX: u64 = 256 << 20;

/// LIMIT: chunks that wait for the terminal. When it is full the command waits, as it would without us.
pub const TERMINAL_CHUNKS_MAX: usize = 8;

/// LIMIT: how long output is waited for after everything that we started has ended. Only a process that left its group can
/// still hold the pipe.
pub const OUTPUT_IDLE_MAX: Duration = Duration::from_secs(2);

/// How long a group of processes has from SIGTERM to SIGKILL, unless said otherwise. Kubernetes gives 30 s, and takes us
/// away with them: we must be done before.
pub const GRACE: Duration = Duration::from_secs(10);

/// LIMIT: how long is waited for processes to be gone after SIGKILL. Those that hang in the kernel longer cannot be ended
/// by anybody.
pub const KILLED_WAIT_MAX: Duration = Duration::from_secs(5);

/// How often a group is looked at while it ends.
pub const GROUP_POLL: Duration = Duration::from_millis(20);

/// LIMIT: bytes of a reference to a secret. ARNs have at most 700.
pub const REFERENCE_BYTES_MAX: usize = 1_024;

/// LIMIT: bytes of a secret in a file or variable, which is what AWS Secrets Manager has.
pub const VALUE_BYTES_MAX: usize = 64 << 10;

/// LIMIT: bytes of a provider's answer: the largest value, every character of it escaped.
pub const SECRET_ANSWER_BYTES_MAX: usize = 512 << 10;

/// LIMIT: characters of what a provider said that an error shows.
pub const SAID_MAX: usize = 200;

/// LIMIT: seconds that credentials of AWS live. The shortest that it gives: a run reads all secrets at its start.
pub const AWS_SESSION_S: u32 = 900;

/// Which part of its life a lease or token lives before it is renewed. What is left is for trying again.
pub const RENEWED_AFTER: f64 = 2.0 / 3.0;

/// By which part, at most, a renewal comes earlier by chance, so that runs that started together do not ask together.
pub const RENEWAL_JITTER: f64 = 0.2;

/// LIMIT: the shortest time between two attempts to renew one thing. A lease that gets shorter at its end is given up below it.
pub const RENEWAL_INTERVAL_MIN: Duration = Duration::from_secs(1);

/// LIMIT: the longest time between two attempts while a provider is down.
pub const RETRY_INTERVAL_MAX: Duration = Duration::from_secs(30);

/// Which part of its life a run token lives before its file gets the next one: four minutes of five.
pub const TOKEN_RENEWED_AFTER: f64 = 0.8;
