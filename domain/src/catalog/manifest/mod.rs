//! Manifests: bytes to documents to declarations, with the line and column of everything.
//!
//! Three formats are read: Compass's `compass.yml`, Backstage's `catalog-info.yaml` and our own `bussola.yaml`
//! (`docs/manifests.md` is the user's guide). [`parse`] is the way in; it does no I/O and takes bounded time and memory for
//! any bytes. [`parse_documents`] gives a verdict for each document, for those who want the good ones of a bad file.
//!
//! INVARIANT: what Compass and Backstage accept is accepted, what they refuse is refused; exceptions are listed in
//! `docs/manifests.md`.
//! INVARIANT: a file with a problem declares nothing: half a file is worse than the file of yesterday.

pub mod backstage;
mod bussola;
mod compass;
mod complaint;
mod declare;
mod detect;
pub mod export;
mod mapping;
mod read;
mod rules;
pub mod scalar;
mod schema;
mod tag;
mod text;
pub mod tree;
mod write;

#[cfg(test)]
mod round_trip;

pub use self::export::{Exported, Loss, Names, NoNames, export};
use self::scalar::Dialect;
use self::tree::Node;
use super::limits::{FILE_BYTES_MAX, PROBLEMS_MAX};
use super::model::{Alias, Blob, Claim, Entity, Format, Origin};
use super::problem::{Code, Finding, Problem, Span};
use crate::id::BlobHash;

/// A manifest without problems.
#[derive(Clone, Debug)]
pub struct ParsedManifest {
    blob: Blob,
    documents: Vec<Document>,
    format: Format,
    path: String,
}

/// One document of a manifest.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it says.
    pub content: Content,
    /// Its index in the file, from 0.
    pub index: u32,
    /// Where it starts.
    pub span: Span,
    /// The document itself, with everything that the model has no place for.
    pub tree: Node,
}

/// What a document says.
#[derive(Clone, Debug)]
pub enum Content {
    /// It declares an entity.
    Entity(Box<Entity>),
    /// It gives families to components, and other names to entities.
    Claims {
        /// Families of components.
        claims: Vec<Claim>,
        /// Other names of entities.
        aliases: Vec<Alias>,
    },
    /// It is empty, which Backstage allows between two `---`.
    Nothing,
}

/// The verdict on one document.
#[derive(Debug)]
pub struct Verdict {
    /// Its index in the file, from 0.
    pub index: u32,
    /// The document, or what is wrong with it: at least one problem.
    pub result: Result<Document, Vec<Problem>>,
}

impl ParsedManifest {
    /// The text, to be kept aside under its hash.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// Every document, empty ones included.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Every document, to keep.
    pub fn into_documents(self) -> Vec<Document> {
        self.documents
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The file, as the caller named it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The entities that it declares, in order.
    pub fn entities(&self) -> impl Iterator<Item = &Entity> {
        self.documents.iter().filter_map(|document| match &document.content {
            Content::Entity(entity) => Some(entity.as_ref()),
            _ => None,
        })
    }

    /// The claims that it makes, in order.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.documents.iter().flat_map(|document| match &document.content {
            Content::Claims { claims, .. } => claims.as_slice(),
            _ => &[],
        })
    }

    /// The other names that it gives, in order.
    pub fn aliases(&self) -> impl Iterator<Item = &Alias> {
        self.documents.iter().flat_map(|document| match &document.content {
            Content::Claims { aliases, .. } => aliases.as_slice(),
            _ => &[],
        })
    }
}

/// A tree as YAML, in the dialect of Backstage.
pub(crate) fn write(tree: &Node) -> String {
    write::write(tree, Dialect::Yaml)
}

/// Reads a manifest; its format is told by its content, else by its name.
///
/// # Errors
/// Everything that is wrong with it, in order of the file, at most [`PROBLEMS_MAX`].
pub fn parse(path: &str, bytes: &[u8]) -> Result<ParsedManifest, Vec<Problem>> {
    let text = text_of(path, bytes)?;
    let format = detect::format(path, text).map_err(|finding| vec![finding.in_file(path)])?;
    parse_text(path, text, format)
}

/// Reads a manifest of a known format.
///
/// # Errors
/// As [`parse`].
pub fn parse_as(path: &str, bytes: &[u8], format: Format) -> Result<ParsedManifest, Vec<Problem>> {
    parse_text(path, text_of(path, bytes)?, format)
}

fn parse_text(path: &str, text: &str, format: Format) -> Result<ParsedManifest, Vec<Problem>> {
    let blob = Blob { hash: BlobHash::of(text.as_bytes()), text: text.to_owned() };
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    for verdict in verdicts(path, text, format, &blob.hash) {
        match verdict.result {
            Ok(document) => documents.push(document),
            Err(more) => problems.extend(more),
        }
    }
    if !problems.is_empty() {
        problems.truncate(PROBLEMS_MAX);
        return Err(problems);
    }
    Ok(ParsedManifest { blob, documents, format, path: path.to_owned() })
}

/// Reads each document by itself: what `parse` refuses as a whole may hold documents that are good.
///
/// # Errors
/// When the file cannot be read at all: too large, not UTF-8, of no known format.
pub fn parse_documents(path: &str, bytes: &[u8], format: Option<Format>) -> Result<Vec<Verdict>, Vec<Problem>> {
    let text = text_of(path, bytes)?;
    let format = match format {
        Some(format) => format,
        None => detect::format(path, text).map_err(|finding| vec![finding.in_file(path)])?,
    };
    Ok(verdicts(path, text, format, &BlobHash::of(bytes)))
}

/// The text of a file that is small enough and UTF-8.
fn text_of<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str, Vec<Problem>> {
    if bytes.len() > FILE_BYTES_MAX {
        let finding = Finding::new(
            Code::FileTooLarge,
            Span::START,
            format!("the manifest has {} bytes, {FILE_BYTES_MAX} are allowed", bytes.len()),
            "split it, or keep large definitions in files of their own and refer to them with `$text`",
        );
        return Err(vec![finding.in_file(path)]);
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or("");
        let span = text::span_at(valid, valid.len());
        let byte = bytes[error.valid_up_to()];
        let hint = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file looks like UTF-16; save it as UTF-8",
            _ => "save the file as UTF-8",
        };
        vec![Finding::new(Code::NotUtf8, span, format!("the byte 0x{byte:02x} is not UTF-8 here"), hint).in_file(path)]
    })
}

fn verdicts(path: &str, text: &str, format: Format, blob: &BlobHash) -> Vec<Verdict> {
    let dialect = match format {
        Format::Compass => Dialect::JsYaml,
        Format::Backstage | Format::Bussola => Dialect::Yaml,
    };
    let raw = read::read(text, dialect);
    if format == Format::Compass && raw.len() != 1 {
        return vec![Verdict { index: 0, result: Err(vec![not_one_document(&raw).in_file(path)]) }];
    }
    let in_file = |findings: Vec<Finding>| findings.into_iter().map(|finding| finding.in_file(path)).collect();
    raw.into_iter()
        .enumerate()
        .map(|(index, raw)| {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let origin = Origin { blob: *blob, document: index, format, line: raw.span.line, path: path.to_owned() };
            let result = raw
                .tree
                .and_then(|tree| Ok((content(&tree, format, origin, text)?, tree)))
                .map(|(content, tree)| Document { content, index, span: raw.span, tree })
                .map_err(in_file);
            Verdict { index, result }
        })
        .collect()
}

fn not_one_document(raw: &[read::RawDocument]) -> Finding {
    match raw.get(1) {
        None => compass::empty(Span::START),
        Some(second) => Finding::new(
            Code::TooManyDocuments,
            second.span,
            "a compass.yml holds one component, and this is a second document",
            "move it to a compass.yml of its own",
        ),
    }
}

fn content(tree: &Node, format: Format, origin: Origin, text: &str) -> Result<Content, Vec<Finding>> {
    match format {
        Format::Compass => {
            if tree.is_null() {
                return Err(vec![compass::empty(tree.span)]);
            }
            refuse(compass::check(tree))?;
            Ok(declared(declare::compass(tree, origin)))
        }
        Format::Backstage => {
            if tree.is_null() {
                return Ok(Content::Nothing);
            }
            if !text.contains(backstage::PLACEHOLDER) {
                refuse(backstage::check(tree))?;
                return Ok(declared(declare::backstage(tree, origin)));
            }
            let tree = backstage::without_placeholders(tree);
            refuse(backstage::check(&tree))?;
            Ok(declared(declare::backstage(&tree, origin)))
        }
        Format::Bussola => {
            if tree.is_null() {
                return Ok(Content::Nothing);
            }
            let bussola::Claims { claims, aliases } = bussola::read(tree)?;
            Ok(Content::Claims { claims, aliases })
        }
    }
}

fn refuse(findings: Vec<Finding>) -> Result<(), Vec<Finding>> {
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

fn declared(entity: Option<Entity>) -> Content {
    // A bug, not an error: the rules have just said that the document has a kind and a name.
    Content::Entity(Box::new(entity.expect("a document that keeps the rules declares an entity")))
}
