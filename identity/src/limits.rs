//! Every limit of this crate, in one place, each with its reason.

use std::time::Duration;

/// LIMIT: bytes of a token. Providers that put every group into it reach 8 KB; HTTP servers refuse headers beyond 16.
pub const TOKEN_BYTES_MAX: usize = 16 << 10;

/// LIMIT: how deep arrays and objects of a token or a provider's answer may nest. An `act` chain of four links inside
/// `events` needs seven.
pub const JSON_DEPTH_MAX: usize = 12;

/// LIMIT: bytes of a key id. Thumbprints are 43, certificates' names in use below 100.
pub const KEY_ID_BYTES_MAX: usize = 256;

/// LIMIT: keys of one set. Entra publishes ten; each is tried in memory only, but a set is kept for long.
pub const KEYS_MAX: usize = 64;

/// LIMIT: how far clocks may disagree, in both directions.
pub const LEEWAY_S: i64 = 60;

/// LIMIT: the latest time a token may name, the end of year 9999: sums with it cannot overflow.
pub const TIME_MAX: i64 = 253_402_300_799;

/// LIMIT: age of a logout token, by `iat`. Providers send it at once and try again within minutes; whoever remembers
/// `jti` against replay must do so for this time.
pub const LOGOUT_TOKEN_AGE_S_MAX: i64 = 5 * 60;

/// LIMIT: age of a security event token, by `iat`. A transmitter keeps events for a receiver that was down; a day is
/// what a receiver must remember of `jti`.
pub const EVENT_TOKEN_AGE_S_MAX: i64 = 24 * 60 * 60;

/// LIMIT: lifetime of a token that we mint. Short enough that a stolen one dies before it is of use; refreshed while its
/// run lives.
pub const TOKEN_LIFETIME_S_MAX: i64 = 5 * 60;

/// How long before it signs a key is published. Verifiers cache key sets for minutes to an hour, some clouds longer.
pub const PUBLISHED_BEFORE_S: i64 = 24 * 60 * 60;

/// How long a key stays published after it signed last: a token's life, the leeway of both sides, and a few minutes for
/// replicas that rotate later.
pub const KEY_KEPT_S: i64 = TOKEN_LIFETIME_S_MAX + 2 * LEEWAY_S + 5 * 60;

/// LIMIT: a key signs at least this long; the next one must be published meanwhile.
pub const ROTATION_PERIOD_S_MIN: i64 = 2 * PUBLISHED_BEFORE_S;

/// LIMIT: bytes of a file with a signing key; ours have 300.
pub const KEY_FILE_BYTES_MAX: u64 = 4 << 10;

/// LIMIT: signing keys in a directory. On schedule there are four; each rotation at once adds two for ten minutes.
pub const SIGNING_KEYS_MAX: usize = 1_024;

/// LIMIT: one outbound call from its name to the last byte of its answer. Somebody waits in a browser meanwhile.
pub const CALL_TIME_MAX: Duration = Duration::from_secs(10);

/// LIMIT: bytes of an answer. Entra's key set has 15 KB, GitHub's list of a hundred teams 300.
pub const ANSWER_BYTES_MAX: usize = 1 << 20;

/// LIMIT: bytes of an answer's headers. Checked before each read, so the last one may go beyond by as much again.
pub const ANSWER_HEADER_BYTES_MAX: usize = 64 << 10;

/// LIMIT: addresses of one name that are tried.
pub const ADDRESSES_TRIED_MAX: usize = 4;

/// LIMIT: bytes of a URL that we call.
pub const URL_BYTES_MAX: usize = 8 << 10;

/// How long a fetched key set is fresh. Within this time a key that its provider withdrew is still accepted.
pub const KEYS_FRESH_S: i64 = 5 * 60;

/// LIMIT: how old keys may be that are used because their provider cannot be reached.
pub const KEYS_STALE_S_MAX: i64 = 6 * 60 * 60;

/// LIMIT: a document of somebody else is fetched at most this often, however many tokens name keys that are not in it.
pub const FETCH_INTERVAL_S: i64 = 10;

/// LIMIT: bytes of a key set. Entra's, with certificates, has 15 KB.
pub const KEY_SET_BYTES_MAX: usize = 256 << 10;

/// LIMIT: bytes of a discovery document. Keycloak's has 8 KB.
pub const DISCOVERY_BYTES_MAX: usize = 128 << 10;

/// How long a provider's discovery document is used without asking again.
pub const DISCOVERY_FRESH_S: i64 = 60 * 60;

/// LIMIT: how old it may be when the provider does not answer. Without the provider nobody signs in anyway.
pub const DISCOVERY_STALE_S_MAX: i64 = 24 * 60 * 60;

/// LIMIT: how long a sign-in may take from our redirect to the way back.
pub const SIGN_IN_TIME_S_MAX: i64 = 15 * 60;

/// LIMIT: bytes of a code, a refresh token or another opaque text of a provider.
pub const OPAQUE_BYTES_MAX: usize = 8 << 10;

/// LIMIT: bytes of one name: a person's, a group's, an e-mail address.
pub const NAME_BYTES_MAX: usize = 512;

/// LIMIT: groups of one person. Beyond it sign-in is refused: to leave some out would take rights away in silence.
pub const GROUPS_MAX: usize = 1_000;

/// RFC 8628: seconds between two questions of a device that was told none.
pub const DEVICE_INTERVAL_S: i64 = 5;

/// LIMIT: how long a device sign-in may take, whatever the provider says.
pub const DEVICE_TIME_S_MAX: i64 = 30 * 60;

/// LIMIT: pages of a list at GitHub, of a hundred each.
pub const GITHUB_PAGES_MAX: usize = 10;

/// LIMIT: teams of one organisation that are asked for one by one, where the server has no list of a person's teams.
pub const GITHUB_TEAMS_ASKED_MAX: usize = 100;

/// LIMIT: events in one security event token. Transmitters send one; the standard allows several about one occasion.
pub const EVENTS_MAX: usize = 16;

/// LIMIT: subjects within a subject: aliases, or the parts of a complex one.
pub const SUBJECTS_MAX: usize = 16;

/// LIMIT: conditions of one rule of trust.
pub const CONDITIONS_MAX: usize = 32;

/// LIMIT: bytes of a pattern or value of a condition.
pub const PATTERN_BYTES_MAX: usize = 512;
