//! Text to trees: one per document, with the place of everything.
//!
//! The grammar is `granit-parser`'s, event by event; what scalars mean is [`scalar`](super::scalar)'s. This module
//! builds trees, expands aliases and merge keys, and turns what is wrong into findings.
//!
//! INVARIANT: time and memory are bounded by the limits, whatever the text: nesting by the parser's options, aliases by a
//! budget that is charged before a copy is made.
//! INVARIANT: a document that is wrong does not hide those after it: reading goes on at the next `---`.

use std::collections::{BTreeSet, HashMap, HashSet};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag, options};

use super::scalar::{self, Dialect};
use super::tree::{Entry, Node, Number, Value};
use crate::catalog::limits::{
    ALIAS_NODES_MAX, ALIAS_WEIGHT_MAX, ANCHOR_NODES_MAX, DEPTH_MAX, DOCUMENTS_MAX, PROBLEMS_MAX,
};
use crate::catalog::problem::{Code, Finding, Span, quoted};

/// LIMIT: keys that merge keys (`<<`) may copy in one file: js-yaml's own bound.
const MERGE_KEYS_MAX: usize = 10_000;

/// LIMIT: mappings in one merge sequence: js-yaml's own bound.
const MERGE_SOURCES_MAX: usize = 100;

/// One document of a file.
#[derive(Debug)]
pub(crate) struct RawDocument {
    /// Where it starts.
    pub span: Span,
    /// Its tree, or what is wrong with its YAML (at least one finding).
    pub tree: Result<Node, Vec<Finding>>,
}

/// Reads every document of a text. An error of the whole file (too many documents) ends the list with a failed document.
pub(crate) fn read(text: &str, dialect: Dialect) -> Vec<RawDocument> {
    if let Some(finding) = refused_characters(text, dialect) {
        return vec![RawDocument { span: finding.span, tree: Err(vec![finding]) }];
    }
    let replaced = if dialect == Dialect::Yaml { with_stand_ins(text) } else { None };
    let text = replaced.as_deref().unwrap_or(text);
    let mut reader = Reader {
        dialect,
        stand_ins: replaced.is_some(),
        used: used_anchors(text, dialect),
        anchors: HashMap::new(),
        copied: 0,
        kept: 0,
        merged: 0,
        stack: Vec::new(),
        root: None,
        findings: Vec::new(),
    };
    let mut parser = parser(text, dialect);
    let mut documents: Vec<RawDocument> = Vec::new();
    let mut start: Option<Span> = None;
    loop {
        let (event, span) = match parser.next() {
            None => return documents,
            Some(Ok((event, span))) => (event, place(&span.start)),
            Some(Err(error)) => {
                let finding = syntax(&error, text);
                // Text that goes on where a document could only end belongs to that document.
                let goes_on = start.is_none() && *error.kind() == ErrorKind::ExpectedDocumentStart;
                if let Some(last) = documents.last_mut().filter(|_| goes_on) {
                    last.tree = Err(vec![finding]);
                    if !matches!(parser.proceed_next_document(), Ok(true)) {
                        return documents;
                    }
                    continue;
                }
                let span = start.take().unwrap_or(finding.span);
                let mut findings = reader.take_findings();
                findings.push(finding);
                documents.push(RawDocument { span, tree: Err(findings) });
                if documents.len() > DOCUMENTS_MAX || !matches!(parser.proceed_next_document(), Ok(true)) {
                    return documents;
                }
                continue;
            }
        };
        match event {
            Event::DocumentStart(..) => {
                if documents.len() == DOCUMENTS_MAX {
                    documents.push(RawDocument { span, tree: Err(vec![too_many_documents(span)]) });
                    return documents;
                }
                start = Some(span);
                reader.begin();
            }
            Event::DocumentEnd => {
                let span = start.take().unwrap_or(span);
                documents.push(RawDocument { span, tree: reader.finish(span) });
            }
            event => {
                if let Err(finding) = reader.event(event, span) {
                    // Past a limit there is no use in reading on: the file is hostile or broken.
                    let mut findings = reader.take_findings();
                    findings.push(finding);
                    documents.push(RawDocument { span: start.take().unwrap_or(span), tree: Err(findings) });
                    return documents;
                }
            }
        }
    }
}

fn parser(text: &str, dialect: Dialect) -> Parser<'_, granit_parser::StrInput<'_>> {
    // js-yaml lets the lines of a quoted scalar or a flow collection start anywhere; the `yaml` package does not.
    let strict = dialect == Dialect::Yaml;
    let mut options = options! { strict_indentation: strict, bom_inside_document_as_content: true, flow_nesting_limit: DEPTH_MAX, block_nesting_limit: DEPTH_MAX };
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options)
}

/// The anchors that some alias names: only these are kept while reading, so that a file of nested anchors is not copied
/// once for each level.
fn used_anchors(text: &str, dialect: Dialect) -> HashSet<usize> {
    let mut used = HashSet::new();
    if !text.contains('*') {
        return used;
    }
    let mut parser = parser(text, dialect);
    loop {
        match parser.next() {
            None => return used,
            Some(Ok((Event::Alias(id), _))) => {
                used.insert(id);
            }
            Some(Ok(_)) => {}
            Some(Err(_)) => {
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    return used;
                }
            }
        }
    }
}

fn too_many_documents(span: Span) -> Finding {
    Finding::new(
        Code::TooManyDocuments,
        span,
        format!("the file holds more than {DOCUMENTS_MAX} documents"),
        "split it into several files",
    )
}

fn place(marker: &granit_parser::Marker) -> Span {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span::new(number(marker.line()), number(marker.col()).saturating_add(1))
}

/// A value that is ready, with what a parent needs to know about it.
struct Ready {
    node: Node,
    /// Written plain (not quoted, not tagged): `<<` is a merge key only then.
    plain: bool,
    weight: Weight,
}

/// What an anchored value weighs in the `yaml` package's guard against alias bombs.
#[derive(Clone, Default)]
struct Weight {
    scalar: bool,
    aliases: BTreeSet<usize>,
}

impl Weight {
    fn absorb(&mut self, mut other: Weight) {
        self.scalar |= other.scalar;
        if other.aliases.len() > self.aliases.len() {
            std::mem::swap(&mut self.aliases, &mut other.aliases);
        }
        // The smaller into the larger, one by one: `append` would build the larger anew each time.
        self.aliases.extend(other.aliases);
    }
}

struct Anchor {
    /// None when there was no room to keep it: its first use would be too much as well.
    node: Option<Node>,
    size: usize,
    weight: Weight,
    /// As in the `yaml` package: uses, the definition counted as one, times the weight of the first use.
    uses: u64,
    factor: u64,
}

enum Frame {
    List { span: Span, anchor: usize, items: Vec<Node>, weight: Weight },
    Map { span: Span, anchor: usize, map: MapFrame, weight: Weight },
}

#[derive(Default)]
struct MapFrame {
    entries: Vec<Entry>,
    /// Index in `entries` by key.
    by_key: HashMap<String, usize>,
    /// Keys as their dialect tells them apart: `1` and `"1"` differ for the `yaml` package.
    identities: HashSet<(u8, String)>,
    /// Keys that a merge brought: a later key of the same name replaces them.
    merged: HashSet<String>,
    key: Option<PendingKey>,
}

struct PendingKey {
    text: String,
    span: Span,
    merge: bool,
}

struct Reader {
    dialect: Dialect,
    stand_ins: bool,
    used: HashSet<usize>,
    anchors: HashMap<usize, Anchor>,
    copied: usize,
    kept: usize,
    merged: usize,
    stack: Vec<Frame>,
    root: Option<Node>,
    findings: Vec<Finding>,
}

impl Reader {
    fn begin(&mut self) {
        self.anchors.clear();
        self.kept = 0;
        self.stack.clear();
        self.root = None;
        self.findings.clear();
    }

    fn finish(&mut self, span: Span) -> Result<Node, Vec<Finding>> {
        if !self.findings.is_empty() {
            return Err(self.take_findings());
        }
        Ok(self.root.take().unwrap_or(Node { span, value: Value::Null }))
    }

    fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Finding> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = if self.stand_ins { without_stand_ins(&text).into() } else { text };
                let value = match tagged_scalar(&text, style, tag.as_deref(), self.dialect, span) {
                    Ok(value) => value,
                    Err(finding) => {
                        self.complain(finding);
                        Value::Null
                    }
                };
                let plain = style == ScalarStyle::Plain && tag.as_deref().is_none_or(|tag| name_of(tag) == TAG_MERGE);
                let weight = Weight { scalar: true, aliases: BTreeSet::new() };
                self.ready(Ready { node: Node { span, value }, plain, weight }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_depth(span)?;
                self.check_collection_tag(tag.as_deref(), TAG_SEQ, span);
                self.stack.push(Frame::List { span, anchor, items: Vec::new(), weight: Weight::default() });
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_depth(span)?;
                self.check_collection_tag(tag.as_deref(), TAG_MAP, span);
                self.stack.push(Frame::Map { span, anchor, map: MapFrame::default(), weight: Weight::default() });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Frame::List { span, anchor, items, weight }) => {
                    self.ready(Ready { node: Node { span, value: Value::List(items) }, plain: false, weight }, anchor)
                }
                Some(Frame::Map { span, anchor, map, weight }) => self
                    .ready(Ready { node: Node { span, value: Value::Map(map.entries) }, plain: false, weight }, anchor),
                None => Ok(()),
            },
            Event::Alias(id) => self.alias(id, span),
            _ => Ok(()),
        }
    }

    fn complain(&mut self, finding: Finding) {
        if self.findings.len() < PROBLEMS_MAX {
            self.findings.push(finding);
        }
    }

    fn check_depth(&self, span: Span) -> Result<(), Finding> {
        if self.stack.len() < DEPTH_MAX {
            return Ok(());
        }
        Err(too_deep(span))
    }

    fn check_collection_tag(&mut self, tag: Option<&Tag>, expected: &str, span: Span) {
        let Some(tag) = tag else { return };
        let name = name_of(tag);
        // The `yaml` package warns about a tag it does not know and goes on; js-yaml refuses it.
        if self.dialect == Dialect::JsYaml && name != expected && name != "!" {
            self.complain(bad_tag(&name, span));
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Finding> {
        let Some(anchor) = self.anchors.get(&id) else {
            return Err(Finding::new(
                Code::BadAlias,
                span,
                "the alias names the node that contains it",
                "write the value out instead of the alias",
            ));
        };
        self.copied += anchor.size;
        let Some(node) = anchor.node.as_ref().filter(|_| self.copied <= ALIAS_NODES_MAX) else {
            return Err(bomb(span));
        };
        let value = node.value.clone();
        let depth = self.stack.len() + node.depth();
        if depth > DEPTH_MAX {
            return Err(too_deep(span));
        }
        if self.dialect == Dialect::Yaml {
            let factor = if anchor.factor > 0 { anchor.factor } else { self.factor(&anchor.weight) };
            let anchor = self.anchors.get_mut(&id).expect("the anchor was there a moment ago");
            anchor.factor = factor;
            anchor.uses += 1;
            if anchor.uses.saturating_mul(factor) > ALIAS_WEIGHT_MAX {
                return Err(bomb(span));
            }
        }
        let node = Node { span, value };
        let weight = Weight { scalar: false, aliases: BTreeSet::from([id]) };
        self.ready(Ready { node, plain: false, weight }, 0)
    }

    fn factor(&self, weight: &Weight) -> u64 {
        let own = u64::from(weight.scalar);
        let nested =
            weight.aliases.iter().filter_map(|id| self.anchors.get(id)).map(|a| a.uses.saturating_mul(a.factor)).max();
        own.max(nested.unwrap_or(0))
    }

    fn keep(&mut self, anchor: usize, node: &Node, weight: &Weight) {
        let size = node.size();
        self.kept = self.kept.saturating_add(size);
        let room = size <= ALIAS_NODES_MAX && self.kept <= ANCHOR_NODES_MAX;
        let node = room.then(|| node.clone());
        self.anchors.insert(anchor, Anchor { node, size, weight: weight.clone(), uses: 1, factor: 0 });
    }

    /// Hands a finished value to its parent.
    fn ready(&mut self, ready: Ready, anchor: usize) -> Result<(), Finding> {
        let Ready { node, plain, weight } = ready;
        if anchor != 0 && self.used.contains(&anchor) {
            self.keep(anchor, &node, &weight);
        }
        let track = self.dialect == Dialect::Yaml && !self.used.is_empty();
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match frame {
            Frame::List { items, weight: total, .. } => {
                items.push(node);
                if track {
                    total.absorb(weight);
                }
            }
            Frame::Map { map, weight: total, .. } => {
                if track {
                    total.absorb(weight);
                }
                match map.key.take() {
                    None => {
                        let merge = self.dialect == Dialect::JsYaml && plain && node.as_str() == Some("<<");
                        if let Err(finding) = map.key_of(&node, merge, self.dialect) {
                            self.complain(finding);
                        }
                    }
                    Some(key) if key.merge => {
                        let span = node.span;
                        match map.merge(node) {
                            Ok(looked_at) => self.merged += looked_at,
                            Err(finding) => self.complain(finding),
                        }
                        if self.merged > MERGE_KEYS_MAX {
                            return Err(bomb(span));
                        }
                    }
                    Some(key) => map.put(key, node),
                }
            }
        }
        Ok(())
    }
}

impl MapFrame {
    /// Takes a node as the next key; complains when it is there already.
    fn key_of(&mut self, node: &Node, merge: bool, dialect: Dialect) -> Result<(), Finding> {
        let text = match key_text(node, dialect) {
            Ok(text) => text,
            Err(finding) => {
                self.key = Some(PendingKey { text: String::new(), span: node.span, merge: false });
                return Err(finding);
            }
        };
        let identity = match (dialect, &node.value) {
            (Dialect::JsYaml, _) => (0, text.clone()),
            (_, Value::Null) => (1, text.clone()),
            (_, Value::Bool(_)) => (2, text.clone()),
            (_, Value::Number(_)) => (3, text.clone()),
            (_, Value::String(_)) => (4, text.clone()),
            // Two collections are never the same key for the `yaml` package.
            _ => (5, format!("{}", self.entries.len())),
        };
        let replaces = self.merged.remove(&text);
        let fresh = merge || self.identities.insert(identity);
        let duplicate = (!fresh && !replaces).then(|| {
            let first = self.by_key.get(&text).map(|at| self.entries[*at].key_span.line);
            let where_first = first.map(|line| format!(" (first on line {line})")).unwrap_or_default();
            Finding::new(
                Code::DuplicateKey,
                node.span,
                format!("the key {} is given twice in one mapping{where_first}", quoted(&text)),
                "remove one of the two",
            )
        });
        self.key = Some(PendingKey { text, span: node.span, merge });
        duplicate.map_or(Ok(()), Err)
    }

    fn put(&mut self, key: PendingKey, node: Node) {
        match self.by_key.get(&key.text) {
            Some(at) => self.entries[*at] = Entry { key: key.text, key_span: key.span, node },
            None => {
                self.by_key.insert(key.text.clone(), self.entries.len());
                self.entries.push(Entry { key: key.text, key_span: key.span, node });
            }
        }
    }

    /// js-yaml's merge key: copies what is not there yet. Returns the number of keys looked at.
    fn merge(&mut self, source: Node) -> Result<usize, Finding> {
        let refuse = |span| {
            Finding::new(
                Code::WrongType,
                span,
                "the merge key `<<` needs a mapping or a list of mappings",
                "name a mapping, as in `<<: *defaults`",
            )
        };
        let span = source.span;
        let sources = match source.value {
            Value::Map(entries) => vec![entries],
            Value::List(items) if items.len() <= MERGE_SOURCES_MAX => {
                let mut sources = Vec::new();
                for item in items {
                    match item.value {
                        Value::Map(entries) => sources.push(entries),
                        _ => return Err(refuse(item.span)),
                    }
                }
                sources
            }
            _ => return Err(refuse(span)),
        };
        let mut looked_at = 0;
        for entries in sources {
            looked_at += 1 + entries.len();
            for entry in entries {
                if !self.by_key.contains_key(&entry.key) {
                    self.merged.insert(entry.key.clone());
                    self.identities.insert((0, entry.key.clone()));
                    self.put(PendingKey { text: entry.key, span: entry.key_span, merge: false }, entry.node);
                }
            }
        }
        Ok(looked_at)
    }
}

/// A key as text, as each program makes it.
fn key_text(node: &Node, dialect: Dialect) -> Result<String, Finding> {
    Ok(match (&node.value, dialect) {
        (Value::String(text) | Value::Timestamp(text), _) => text.clone(),
        (Value::Bool(value), _) => value.to_string(),
        (Value::Number(number), _) => number.to_js_string(),
        (Value::Null, Dialect::Yaml) => String::new(),
        (Value::Null, Dialect::JsYaml) => "null".into(),
        (Value::List(_) | Value::Map(_), Dialect::Yaml) => flow_text(node),
        (Value::Map(_), Dialect::JsYaml) => "[object Object]".into(),
        (Value::List(items), Dialect::JsYaml) => {
            let mut parts = Vec::new();
            for item in items {
                parts.push(match &item.value {
                    Value::List(_) => {
                        return Err(Finding::new(
                            Code::BadValue,
                            item.span,
                            "a key cannot hold a list within a list",
                            "write the key as text",
                        ));
                    }
                    Value::Null => String::new(),
                    _ => key_text(item, dialect)?,
                });
            }
            parts.join(",")
        }
    })
}

/// A collection on one line, for keys that are collections: `{ a: b }`.
fn flow_text(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.text.clone(),
        Value::String(text) | Value::Timestamp(text) => text.clone(),
        Value::List(items) if items.is_empty() => "[]".into(),
        Value::List(items) => format!("[ {} ]", items.iter().map(flow_text).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) if entries.is_empty() => "{}".into(),
        Value::Map(entries) => {
            let pair = |entry: &Entry| match entry.node.value {
                Value::Null => entry.key.clone(),
                _ => format!("{}: {}", entry.key, flow_text(&entry.node)),
            };
            format!("{{ {} }}", entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

const TAG_PREFIX: &str = "tag:yaml.org,2002:";
const TAG_SEQ: &str = "tag:yaml.org,2002:seq";
const TAG_MAP: &str = "tag:yaml.org,2002:map";
const TAG_MERGE: &str = "tag:yaml.org,2002:merge";

fn name_of(tag: &Tag) -> String {
    format!("{}{}", tag.handle(), tag.suffix())
}

fn tagged_scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    dialect: Dialect,
    span: Span,
) -> Result<Value, Finding> {
    let string = || Value::String(text.to_owned());
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { scalar::resolve(text, dialect) } else { string() });
    };
    let name = name_of(tag);
    let number = |value: Option<f64>| value.map(|value| Value::Number(Number { value, text: text.to_owned() }));
    let empty = style == ScalarStyle::Plain && text.is_empty();
    let resolved = match name.strip_prefix(TAG_PREFIX) {
        None if name == "!" => return Ok(string()),
        Some("str") => return Ok(string()),
        Some("null") => {
            (scalar::is_null(text) && (dialect == Dialect::Yaml || empty || !text.is_empty())).then_some(Value::Null)
        }
        Some("bool") => scalar::boolean(text).map(Value::Bool),
        Some("int") => number(scalar::integer(text, dialect)),
        // js-yaml's float takes integers too when it is asked for.
        Some("float") => number(scalar::float(text, dialect).or_else(|| {
            (dialect == Dialect::JsYaml && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-')))
                .then(|| scalar::integer(text, dialect))
                .flatten()
        })),
        Some("merge") if text == "<<" => return Ok(string()),
        Some("timestamp") if dialect == Dialect::JsYaml => {
            scalar::is_timestamp(text).then(|| Value::Timestamp(text.to_owned()))
        }
        Some("map") if dialect == Dialect::JsYaml && empty => Some(Value::Map(Vec::new())),
        Some("seq") if dialect == Dialect::JsYaml && empty => Some(Value::List(Vec::new())),
        // Bytes are of no use in a manifest, and JSON cannot hold them.
        Some("binary") => return Err(bad_tag(&name, span)),
        _ => None,
    };
    match (resolved, dialect) {
        (Some(value), _) => Ok(value),
        (None, Dialect::Yaml) => Ok(string()),
        (None, Dialect::JsYaml) => Err(bad_tag(&name, span)),
    }
}

fn bad_tag(name: &str, span: Span) -> Finding {
    let short = name.strip_prefix(TAG_PREFIX).map_or_else(|| name.to_owned(), |suffix| format!("!!{suffix}"));
    Finding::new(
        Code::BadTag,
        span,
        format!("the YAML tag {} cannot be used here", quoted(&short)),
        "remove the tag; quote the value if it must be text",
    )
}

fn bomb(span: Span) -> Finding {
    Finding::new(
        Code::AliasBomb,
        span,
        "aliases expand to more than a manifest may hold",
        "write the values out, or use fewer aliases",
    )
}

fn too_deep(span: Span) -> Finding {
    Finding::new(
        Code::TooDeep,
        span,
        format!("the YAML is nested deeper than {DEPTH_MAX} levels"),
        "flatten the document",
    )
}

/// Where the stand-ins for characters begin: a plane for private use, of which no manifest makes use.
const STAND_INS: u32 = 0xF_0000;

/// The text with stand-ins for the characters that the `yaml` package takes as they come and the parser does not: control
/// characters, and a carriage return that ends no line. None when there are none, or a stand-in is in the text itself.
fn with_stand_ins(text: &str) -> Option<String> {
    let special = |c: char, next: Option<char>| match c {
        '\t' | '\n' | '\u{85}' => false,
        '\r' => next != Some('\n'),
        c => c.is_control(),
    };
    let mut found = false;
    for (at, c) in text.char_indices() {
        if (STAND_INS..STAND_INS + 0x100).contains(&u32::from(c)) {
            return None;
        }
        found = found || (c.is_control() && special(c, text[at + c.len_utf8()..].chars().next()));
    }
    if !found {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let stand_in = char::from_u32(STAND_INS + u32::from(c)).filter(|_| special(c, chars.peek().copied()));
        out.push(stand_in.unwrap_or(c));
    }
    Some(out)
}

fn without_stand_ins(text: &str) -> String {
    let original = |c: char| match u32::from(c).checked_sub(STAND_INS) {
        Some(code @ 0..0x100) => char::from_u32(code).unwrap_or(c),
        _ => c,
    };
    text.chars().map(original).collect()
}

/// Characters that the reference refuses and the parser lets pass.
fn refused_characters(text: &str, dialect: Dialect) -> Option<Finding> {
    let refused = |c: char| match dialect {
        Dialect::JsYaml => c == '\0',
        Dialect::Yaml => false,
    };
    let at = text.find(refused)?;
    Some(Finding::new(
        Code::YamlSyntax,
        span_at(text, at),
        "a NUL character is not allowed",
        "remove the character, or write it as `\\0` in double quotes",
    ))
}

/// The place of a byte of the text.
pub(crate) fn span_at(text: &str, byte: usize) -> Span {
    let before = &text[..byte];
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span::new(number(line), number(column))
}

fn tab(span: Span) -> Finding {
    Finding::new(Code::YamlTab, span, "a tab stands where YAML wants spaces", "indent with spaces")
}

/// The parser's complaint, in our words.
fn syntax(error: &ScanError, text: &str) -> Finding {
    let span = place(error.marker());
    let (code, hint) = match error.kind() {
        ErrorKind::RecursionLimitExceeded => return too_deep(span),
        ErrorKind::UnknownAnchor => {
            return Finding::new(
                Code::BadAlias,
                span,
                "the alias names an anchor that is not defined before it",
                "define it with `&name` above, or quote the value if it is text that starts with `*`",
            );
        }
        ErrorKind::UndeclaredTagHandle => (Code::BadTag, "quote the value if it is text that starts with `!`"),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => return tab(span),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            (Code::YamlSyntax, "close the quote")
        }
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::MisplacedFlowCollectionEnd => {
            (Code::YamlSyntax, "close every `[` and `{` that was opened, in order")
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => {
            (Code::YamlSyntax, "separate the entries with commas; quote text that holds `[`, `]`, `{`, `}` or `,`")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidSimpleKey | ErrorKind::SimpleKeyExpected => {
            (Code::YamlSyntax, "quote the text if it holds `: `, or check the indentation of this line")
        }
        ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape => {
            (Code::YamlSyntax, "write `\\\\` for a backslash in double quotes, or use single quotes")
        }
        ErrorKind::UnexpectedCharacter { character: '%' | '@' | '`' } => {
            (Code::YamlSyntax, "quote the value: plain text cannot start with this character")
        }
        ErrorKind::ExpectedDocumentStart
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed => {
            (Code::YamlSyntax, "check the indentation of this line and the one before it")
        }
        _ => (Code::YamlSyntax, "check this line and the one before it; quote text that holds special characters"),
    };
    let line = text.lines().nth(span.line.saturating_sub(1) as usize).unwrap_or("");
    if code == Code::YamlSyntax && line.trim_start_matches(' ').starts_with('\t') {
        return tab(span);
    }
    Finding::new(code, span, format!("not well-formed YAML: {}", error.kind()), hint)
}
