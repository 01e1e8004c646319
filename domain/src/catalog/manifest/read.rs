//! Text to trees: one per document, with the place of everything.
//!
//! The grammar is `granit-parser`'s, event by event; what scalars mean is [`scalar`](super::scalar)'s. This module
//! builds trees, expands aliases and merge keys, and turns what is wrong into findings.
//!
//! INVARIANT: time and memory are bounded by the limits, whatever the text: nesting by the parser's options, aliases by a
//! budget that is charged before a copy is made.
//! INVARIANT: a document that is wrong does not hide those after it: reading goes on at the next `---`.

use std::collections::{BTreeSet, HashMap, HashSet};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Tag, options};

use super::complaint::{bomb, syntax, tab, too_deep, too_many_documents};
use super::mapping::MapFrame;
use super::scalar::Dialect;
use super::tag::{TAG_MAP, TAG_MERGE, TAG_SEQ, bad_tag, name_of, tagged_scalar};
use super::text::{place, refused_characters, short_tab, starts_after_tab, with_stand_ins, without_stand_ins};
use super::tree::{Node, Value};
use crate::catalog::limits::{
    ALIAS_NODES_MAX, ALIAS_WEIGHT_MAX, ANCHOR_NODES_MAX, DEPTH_MAX, DOCUMENTS_MAX, PROBLEMS_MAX,
};
use crate::catalog::problem::{Code, Finding, Span};

/// LIMIT: keys that merge keys (`<<`) may copy in one file: js-yaml's own bound.
const MERGE_KEYS_MAX: usize = 10_000;

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
            Some(Ok((event, span))) => {
                if starts_after_tab(&event, span.start.byte_offset(), text) {
                    reader.complain(tab(place(&span.start)));
                }
                if dialect == Dialect::Yaml
                    && let Some(at) = short_tab(&event, &span.start, text)
                {
                    reader.complain(tab(at));
                }
                (event, place(&span.start))
            }
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
