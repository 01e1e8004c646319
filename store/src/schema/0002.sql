-- What entries are about, in groups of some thousand up to `meta.indexed`: filters look here before they read an entry. An
-- index of `entries` would touch a page for almost every entry of a transaction; a group is written at its end, in one go.
CREATE TABLE entry_groups (
    first        INTEGER PRIMARY KEY,
    size         INTEGER NOT NULL,
    at_min       INTEGER NOT NULL,
    at_max       INTEGER NOT NULL,
    -- Lists in JSON, in order of first appearance.
    kinds        TEXT NOT NULL,
    principals   TEXT NOT NULL,
    -- For each entry its place in these lists, two bytes each, the low one first; empty where the list has one item.
    kind_of      BLOB NOT NULL,
    principal_of BLOB NOT NULL,
    -- For each entry eight bytes, the low one first, sorted as numbers: the high 48 bits are from a hash of its subject, the
    -- low 16 count from `first`.
    subjects     BLOB NOT NULL
);
