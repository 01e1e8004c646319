//! Every limit of bundles, in one place.

/// LIMIT: bytes of a bundle. It is verified in memory; a quarter of a busy company is some hundred megabytes.
pub const BUNDLE_BYTES_MAX: usize = 2 << 30;

/// LIMIT: bytes of a path in a bundle: what fits the first field of a tar header.
pub const PATH_BYTES_MAX: usize = 100;

/// LIMIT: entries of one bundle. Export by shorter periods instead.
pub const ENTRIES_MAX: usize = 5_000_000;

/// LIMIT: files of one bundle.
pub const FILES_MAX: usize = 100_000;

/// LIMIT: recoveries that the report lists; more are counted.
pub const RECOVERIES_SHOWN_MAX: usize = 100;
