-- The ledger. `leaf` is the entry in its only byte form; `run` repeats one member of it so that a run's entries are found.
CREATE TABLE entries (
    seq  INTEGER PRIMARY KEY,
    run  INTEGER,
    hash BLOB NOT NULL,
    leaf BLOB NOT NULL
);

-- Where a run's entries are, up to `meta.indexed`; those after it are few and found by a scan. Filled some thousand entries
-- at a time: as an index of `entries` it would touch a page for every run in every transaction. `places` counts from
-- `first`, four bytes each, the low one first.
CREATE TABLE entries_of_run (
    run    INTEGER NOT NULL,
    first  INTEGER NOT NULL,
    places BLOB NOT NULL,
    PRIMARY KEY (run, first)
) WITHOUT ROWID;

-- Full tiles of the Merkle tree; what is not full yet follows from `entries.hash`.
CREATE TABLE tiles (
    level  INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, idx)
) WITHOUT ROWID;

-- One row: what the ledger is after the last transaction.
CREATE TABLE head (
    id   INTEGER PRIMARY KEY CHECK (id = 0),
    size INTEGER NOT NULL,
    root BLOB NOT NULL
);

-- Signed notes. `at` is in microseconds and only thins them out.
CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    at   INTEGER NOT NULL,
    note TEXT NOT NULL
);

-- Texts that may name a person. An entry has SHA-256 of salt and text. Where both are NULL they were erased, as an entry says;
-- the row stays, so that its number is not used again.
CREATE TABLE names (
    id   INTEGER PRIMARY KEY,
    salt BLOB,
    text TEXT
);

-- Texts that an entry names by their SHA-256. `kept` ones (not error texts) outlive the retention of runs.
CREATE TABLE blobs (
    id      INTEGER PRIMARY KEY,
    hash    BLOB NOT NULL UNIQUE,
    at      INTEGER NOT NULL,
    kept    INTEGER NOT NULL,
    content TEXT NOT NULL
);

-- The history: follows from the entries, pruned by the retention setting.
CREATE TABLE runs (
    id          INTEGER PRIMARY KEY,
    family      TEXT NOT NULL,
    root        TEXT NOT NULL,
    worker      INTEGER NOT NULL,
    worker_name INTEGER NOT NULL,
    info        INTEGER,
    started     INTEGER NOT NULL,
    ended       INTEGER,
    outcome     TEXT
);
CREATE INDEX runs_of_family ON runs (family, id);

CREATE TABLE attempts (
    id      INTEGER PRIMARY KEY,
    run     INTEGER,
    task    TEXT NOT NULL,
    family  TEXT NOT NULL,
    worker  INTEGER,
    started INTEGER,
    ended   INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    error   BLOB
);
CREATE INDEX attempts_of_run ON attempts (run);
CREATE INDEX attempts_of_task ON attempts (task);
CREATE INDEX attempts_of_family ON attempts (family);
CREATE INDEX attempts_with_error ON attempts (error) WHERE error IS NOT NULL;

-- One row: whose ledger this is.
CREATE TABLE meta (
    id      INTEGER PRIMARY KEY CHECK (id = 0),
    origin  TEXT NOT NULL,
    vkey    TEXT NOT NULL,
    created INTEGER NOT NULL,
    probes  INTEGER NOT NULL,
    -- Entries before this are in `entries_of_run`.
    indexed INTEGER NOT NULL
);
