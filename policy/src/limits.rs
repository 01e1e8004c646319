//! Every bound of this crate, and what happens at it.

/// LIMIT: files of a policy set. One more is refused when it is compiled.
pub const FILES_MAX: usize = 256;

/// LIMIT: bytes of a file. Cedar's parser needs some hundred times as much memory while it reads one policy.
pub const FILE_BYTES_MAX: usize = 256 * 1024;

/// LIMIT: bytes of all files together: each set that was ever in force stays in the ledger.
pub const SET_BYTES_MAX: usize = 2 * 1024 * 1024;

/// LIMIT: policies of a set.
pub const POLICIES_MAX: usize = 5_000;

/// LIMIT: bytes of one policy. Cedar walks an expression recursively: what is longer might nest too deep for a thread's stack.
pub const POLICY_BYTES_MAX: usize = 16 * 1024;

/// LIMIT: brackets and negations that may be open within one policy, for the same reason.
pub const NESTING_MAX: usize = 64;

/// LIMIT: bytes of a policy's id: entries of the ledger hold them.
pub const ID_BYTES_MAX: usize = 64;

/// LIMIT: bytes of a file's name, below the directory that is read: a policy without an id is called after its file.
pub const NAME_BYTES_MAX: usize = 120;

/// LIMIT: problems that are told of a set; the rest is found when these are mended.
pub const PROBLEMS_MAX: usize = 100;

/// LIMIT: ids that a reason names; of more it says how many.
pub const REASON_IDS_MAX: usize = 3;

/// LIMIT: groups and wholes above a principal or a resource. With more the answer is no: which of them to leave out
/// would decide.
pub const ANCESTORS_MAX: usize = 1_000;

/// LIMIT: compiled sets that a decider holds. The one asked longest ago leaves; the one in force never does.
pub const SETS_MAX: usize = 4;

/// LIMIT: answers of each of the two generations that are remembered; when one is full, the older one is forgotten.
pub const REMEMBERED_MAX: usize = 16 * 1024;

/// LIMIT: lines that a file of expectations may stand for, its lists of names and actions multiplied out.
pub const EXPECTED_MAX: usize = 10_000;
