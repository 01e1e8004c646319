//! Every limit of the ledger, in one place. Each is tested at the limit and one past it.

/// LIMIT: bytes of one payload. Entries are small by design, what is larger is stored aside once, by its SHA-256, and the
/// entry names the hash; the limit leaves room for the largest manifest that describes one entity.
pub const PAYLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// LIMIT: bytes of `principal`, of `authority` and of `subject`. They are references, not documents.
pub const REFERENCE_BYTES_MAX: usize = 1024;

/// LIMIT: bytes of `kind`. Kinds are words that a program chose.
pub const KIND_BYTES_MAX: usize = 128;

/// LIMIT: objects and arrays inside one another in a payload. The check recurses, so depth is stack.
pub const PAYLOAD_DEPTH_MAX: usize = 64;

/// LIMIT: the largest integer, either sign, of `seq`, `at` and `run`: 2^53 - 1. RFC 8785 numbers are IEEE doubles, so
/// beyond this a JSON tool could read another number than we wrote. As microseconds it reaches the year 2255.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// LIMIT: bytes of one leaf. A payload and four strings, each byte of which may need a six byte escape, and the frame.
pub const LEAF_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + 6 * (3 * REFERENCE_BYTES_MAX + KIND_BYTES_MAX) + 256;

/// LIMIT: bytes of an origin, which is also the name of the key. The value other C2SP implementations use.
pub const ORIGIN_BYTES_MAX: usize = 255;

/// LIMIT: bytes of one signed note. Sixteen post-quantum cosignatures of 5 kB would not fit; those we do not have.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;

/// LIMIT: signature lines of one note. C2SP signed-note asks verifiers to accept at least these many.
pub const NOTE_SIGNATURES_MAX: usize = 16;

/// LIMIT: bytes of a key in its text form: the longest origin, the prefix, the key id and the base64 of 33 bytes.
pub const KEY_TEXT_BYTES_MAX: usize = ORIGIN_BYTES_MAX + 80;

/// LIMIT: hashes of one proof. A tree has at most 64 levels; a consistency proof carries one more.
pub const PROOF_HASHES_MAX: usize = 65;

/// LIMIT: bytes of one entry in a C2SP entry bundle, whose length prefix has 16 bits.
pub const BUNDLE_ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// LIMIT: bytes of a proof in its text form: a note, the hashes, and as much extra data as a note may have.
pub const PROOF_TEXT_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX;
