//! Every limit of the catalog, in one place, each with its reason.

/// LIMIT: bytes of one manifest. The largest of 357 real manifests that we measured has 285 KiB (an API definition in
/// line); four times that leaves room, and a parsed megabyte still fits in a few tens of megabytes of memory. Checked
/// before anything else looks at the bytes, so that a 100 MB file costs nothing.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;

/// LIMIT: nesting of one document. It is js-yaml's own default, so what Compass reads we read; real manifests stay under 20.
pub const DEPTH_MAX: usize = 100;

/// LIMIT: documents in one file. Real files hold up to 40; the bound keeps one file from becoming a catalog of its own.
pub const DOCUMENTS_MAX: usize = 1_000;

/// LIMIT: nodes that aliases (`*name`) may add to one file. A "billion laughs" file stops here; nodes that are written out
/// are already bounded by [`FILE_BYTES_MAX`].
pub const ALIAS_NODES_MAX: usize = 50_000;

/// LIMIT: nodes of anchored values that are kept while reading one document. Anchors nested in each other are kept once for
/// each level, which is what this bounds; one without room can still be written, but not referred to.
pub const ANCHOR_NODES_MAX: usize = 200_000;

/// LIMIT: the weight of one anchor in a Backstage document (uses times nested uses), as in the `yaml` package.
pub const ALIAS_WEIGHT_MAX: u64 = 100;

/// LIMIT: problems reported for one file: enough to mend it, not enough to fill a log.
pub const PROBLEMS_MAX: usize = 50;

/// LIMIT: characters of the user's input that a message repeats.
pub const QUOTED_CHARS_MAX: usize = 60;

/// LIMIT: bytes of one text (a description, an annotation's value) that an event carries. The rest stays in the
/// manifest's blob: entries of the ledger are small.
pub const EVENT_TEXT_BYTES_MAX: usize = 4_096;

/// LIMIT: items of one list of an event that no decision needs (tags, labels, annotations, links, custom fields). The
/// manifest's blob has them all. Relations are never cut: answers about the graph must be right.
pub const EVENT_LIST_ITEMS_MAX: usize = 256;

/// LIMIT: bytes of an alias in a `bussola.yaml`. Compass's identifiers have about 130.
pub const ALIAS_BYTES_MAX: usize = 512;

/// LIMIT: bytes of a family glob.
pub const GLOB_BYTES_MAX: usize = 256;

/// LIMIT: claims in one `bussola.yaml` document, and globs in one claim.
pub const CLAIMS_MAX: usize = 1_000;

/// LIMIT: items of one page of a list.
pub const PAGE_ITEMS_MAX: usize = 1_000;

/// LIMIT: problems that one `plan_apply` returns.
pub const PLAN_PROBLEMS_MAX: usize = 1_000;

/// LIMIT: families, datasets or dependencies that one discovered pipeline keeps. Luigi families are classes in a code
/// base; a pipeline that has more has put a parameter into the class name.
pub const DISCOVERED_ITEMS_MAX: usize = 10_000;

/// LIMIT: bytes of the name of a discovered family or dataset. Longer ones are data that got into a name, and are not kept.
pub const DISCOVERED_NAME_BYTES_MAX: usize = 512;

/// LIMIT: values of one facet that a list counts out; the rest is only counted. Nobody reads down a longer list of boxes.
pub const FACET_VALUES_MAX: usize = 200;

/// LIMIT: words of one search.
pub const SEARCH_WORDS_MAX: usize = 8;

/// LIMIT: groups within one group that a question about it and its subgroups looks at.
pub const GROUPS_MAX: usize = 1_000;
