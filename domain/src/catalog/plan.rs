//! What a set of manifests changes: a pure comparison with what is there.
//!
//! INVARIANT: a plan is all or nothing: when anything is in conflict, nothing changes.
//! INVARIANT: applying a plan and planning the same again gives no events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::event::{CatalogEvent, EntityDeclared, EntityRemoved, ManifestForgotten, ManifestRead};
use super::glob::FamilyGlob;
use super::limits::PLAN_PROBLEMS_MAX;
use super::manifest::ParsedManifest;
use super::model::{Alias, Blob, Entity};
use super::problem::{Code, Problem, Span, quoted};
use super::reference::EntityRef;
use super::state::Catalog;

/// Which manifests that are not handed in are gone, rather than only not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyScope {
    /// All that is handed in is all there is: every other manifest is gone.
    Everything,
    /// Only what is handed in was looked at: no other manifest is gone.
    Files,
    /// These directories or files were looked at: manifests at or below them that are not handed in are gone.
    Under(Vec<String>),
}

impl ApplyScope {
    fn holds(&self, path: &str) -> bool {
        match self {
            ApplyScope::Everything => true,
            ApplyScope::Files => false,
            ApplyScope::Under(roots) => roots.iter().any(|root| {
                let root = root.trim_end_matches('/');
                path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/')) || root.is_empty()
            }),
        }
    }
}

/// The texts that the store keeps aside, each once.
pub fn blobs(manifests: &[ParsedManifest]) -> Vec<&Blob> {
    let mut seen = BTreeSet::new();
    manifests.iter().map(ParsedManifest::blob).filter(|blob| seen.insert(blob.hash)).collect()
}

impl Catalog {
    /// What these manifests change. No event for what is as it was; removals only for manifests in the scope.
    ///
    /// # Errors
    /// When two manifests declare one entity, give one identifier to two entities, or claim families equally well.
    pub fn plan_apply(
        &self,
        scope: &ApplyScope,
        manifests: &[ParsedManifest],
    ) -> Result<Vec<CatalogEvent>, Vec<Problem>> {
        let mut sorted: Vec<&ParsedManifest> = manifests.iter().collect();
        sorted.sort_by_key(|manifest| manifest.path());
        let plan =
            Plan { catalog: self, given: sorted.iter().map(|manifest| (manifest.path(), *manifest)).collect(), scope };
        let mut problems = paths_twice(&sorted);
        plan.check_entities(&mut problems);
        plan.check_aliases(&mut problems);
        plan.check_claims(&mut problems);
        if !problems.is_empty() {
            problems.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
            problems.truncate(PLAN_PROBLEMS_MAX);
            return Err(problems);
        }
        Ok(plan.events())
    }
}

impl Catalog {
    /// The paths at which something else stood altogether: all that was declared there is declared there no more, although
    /// something is.
    pub fn replaced_by(&self, manifests: &[ParsedManifest]) -> Vec<String> {
        let is_replaced = |manifest: &&ParsedManifest| {
            let mut before = self.index.entities_of(manifest.path()).peekable();
            before.peek().is_some()
                && manifest.entities().next().is_some()
                && !before.any(|reference| manifest.entities().any(|entity| entity.reference == *reference))
        };
        manifests.iter().filter(is_replaced).map(|manifest| manifest.path().to_owned()).collect()
    }
}

struct Plan<'a> {
    catalog: &'a Catalog,
    given: BTreeMap<&'a str, &'a ParsedManifest>,
    scope: &'a ApplyScope,
}

/// Where something is said.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a str,
    span: Span,
}

impl<'a> Plan<'a> {
    /// Whether what a manifest said before no longer counts: it is handed in anew, or gone.
    fn replaced(&self, path: &str) -> bool {
        self.given.contains_key(path) || self.scope.holds(path)
    }

    fn forgotten(&self) -> Vec<&'a str> {
        if *self.scope == ApplyScope::Files {
            return Vec::new();
        }
        self.catalog
            .manifests()
            .map(|(path, _)| path)
            .filter(|path| !self.given.contains_key(path) && self.scope.holds(path))
            .collect()
    }

    fn events(&self) -> Vec<CatalogEvent> {
        let mut events = Vec::new();
        let mut declared: BTreeSet<&EntityRef> = BTreeSet::new();
        for (path, manifest) in &self.given {
            let known = self.catalog.manifest(path);
            if known.is_none_or(|known| known.blob != manifest.blob().hash || known.format != manifest.format()) {
                events.push(CatalogEvent::ManifestRead(read(manifest)));
            }
            for entity in manifest.entities() {
                declared.insert(&entity.reference);
                if self.catalog.declared(&entity.reference).is_none_or(|known| known.entity != *entity) {
                    events.push(CatalogEvent::EntityDeclared(Box::new(EntityDeclared { entity: entity.clone() })));
                }
            }
        }
        let forgotten = self.forgotten();
        for path in self.given.keys().copied().chain(forgotten.iter().copied()) {
            for reference in self.catalog.index.entities_of(path).filter(|reference| !declared.contains(reference)) {
                let event = EntityRemoved { path: path.to_owned(), reference: reference.clone() };
                events.push(CatalogEvent::EntityRemoved(event));
            }
        }
        let forget = |path: &&str| CatalogEvent::ManifestForgotten(ManifestForgotten { path: (*path).to_owned() });
        events.extend(forgotten.iter().map(forget));
        events
    }

    /// Every entity that is handed in, with its place.
    fn entities(&self) -> impl Iterator<Item = (&'a Entity, Place<'a>)> {
        self.given.values().flat_map(|manifest| {
            let path = manifest.path();
            manifest.entities().map(move |entity| {
                let name = ["metadata.name", "slug", "name"].iter().find_map(|field| entity.fields.get(*field));
                (entity, Place { path, span: name.copied().unwrap_or(Span::new(entity.origin.line, 1)) })
            })
        })
    }

    fn check_entities(&self, problems: &mut Vec<Problem>) {
        let mut first: HashMap<&EntityRef, Place<'_>> = HashMap::new();
        for (entity, place) in self.entities() {
            let reference = &entity.reference;
            let elsewhere = match first.get(reference) {
                Some(other) => Some((other.path, other.span.line)),
                None => self
                    .catalog
                    .declared(reference)
                    .map(|known| (known.entity.origin.path.as_str(), known.entity.origin.line))
                    .filter(|(path, _)| !self.replaced(path)),
            };
            match elsewhere {
                Some((path, line)) => problems.push(problem(
                    Code::DeclaredTwice,
                    place,
                    format!("{reference} is declared twice, also at {path}:{line}"),
                    match self.given.contains_key(path) {
                        true => "remove one of the two, or give it another name",
                        false => "give one another name; if the file moved, apply its directory with --prune",
                    },
                )),
                None => {
                    first.insert(reference, place);
                }
            }
        }
    }

    /// What an alias stands for by what stays as it is.
    fn standing(&self, alias: &str) -> Option<&'a EntityRef> {
        self.catalog.index.candidates(alias).find(|candidate| {
            let own = self.catalog.declared(candidate).is_some_and(|known| {
                known.entity.aliases.iter().any(|other| other == alias) && !self.replaced(&known.entity.origin.path)
            });
            let given = || {
                let says = |other: &Alias| other.alias == alias && other.entity == **candidate;
                self.catalog
                    .manifests()
                    .any(|(path, manifest)| manifest.aliases.iter().any(says) && !self.replaced(path))
            };
            own || given()
        })
    }

    fn check_aliases(&self, problems: &mut Vec<Problem>) {
        let mut first: HashMap<&str, &EntityRef> = HashMap::new();
        let own = self.entities().flat_map(|(entity, place)| {
            let span = entity.fields.get("id").copied().unwrap_or(place.span);
            entity.aliases.iter().map(move |alias| (alias.as_str(), &entity.reference, Place { span, ..place }))
        });
        let given = self.given.values().flat_map(|manifest| {
            let path = manifest.path();
            manifest.aliases().map(move |alias| (alias.alias.as_str(), &alias.entity, Place { path, span: alias.span }))
        });
        for (alias, entity, place) in own.chain(given) {
            // What stays as it is counts first, so that the problem is shown where something changed.
            let other = *first.entry(alias).or_insert_with(|| self.standing(alias).unwrap_or(entity));
            if other != entity {
                problems.push(problem(
                    Code::AliasConflict,
                    place,
                    format!("{} stands for {entity} here and for {other} elsewhere", quoted(alias)),
                    "one identifier names one entity: correct one of the two",
                ));
            }
        }
    }

    fn check_claims(&self, problems: &mut Vec<Problem>) {
        if self.given.values().all(|manifest| manifest.claims().next().is_none()) {
            return;
        }
        let mut all: Vec<(&FamilyGlob, &EntityRef, Place<'_>, bool)> = Vec::new();
        for (path, manifest) in self.catalog.manifests().filter(|(path, _)| !self.replaced(path)) {
            for claim in &manifest.claims {
                all.extend(
                    claim.families.iter().map(|at| (&at.glob, &claim.component, Place { path, span: at.span }, false)),
                );
            }
        }
        for manifest in self.given.values() {
            let path = manifest.path();
            for claim in manifest.claims() {
                all.extend(
                    claim.families.iter().map(|at| (&at.glob, &claim.component, Place { path, span: at.span }, true)),
                );
            }
        }
        // Only globs that are equally specific can tie, so only they are compared with each other.
        all.sort_by(|a, b| a.0.specificity().cmp(&b.0.specificity()).then_with(|| a.3.cmp(&b.3)));
        for group in all.chunk_by(|a, b| a.0.specificity() == b.0.specificity()) {
            ties(group, problems);
        }
    }
}

/// LIMIT: comparisons of globs in one plan. A catalog with more claims of one length than this allows is checked in part;
/// which of two equal claims wins is then still the same each time.
const COMPARISONS_MAX: usize = 200_000;

fn ties(group: &[(&FamilyGlob, &EntityRef, Place<'_>, bool)], problems: &mut Vec<Problem>) {
    let exact = group.first().is_some_and(|first| first.0.is_exact());
    if exact {
        // Without wildcards, only equals overlap.
        let mut first: HashMap<&str, (&EntityRef, Place<'_>)> = HashMap::new();
        for (glob, component, place, _) in group {
            let (other, other_place) = *first.entry(glob.as_str()).or_insert((component, *place));
            if other != *component {
                problems.push(tie(glob, component, *place, glob, other, other_place));
            }
        }
        return;
    }
    let mut comparisons = 0;
    for (at, (glob, component, place, given)) in group.iter().enumerate() {
        for (other_glob, other, other_place, _) in &group[..at] {
            comparisons += 1;
            if comparisons > COMPARISONS_MAX || problems.len() > PLAN_PROBLEMS_MAX {
                return;
            }
            if *given && component != other && glob.overlaps(other_glob) {
                problems.push(tie(glob, component, *place, other_glob, other, *other_place));
            }
        }
    }
}

fn tie(
    glob: &FamilyGlob,
    component: &EntityRef,
    place: Place<'_>,
    other: &FamilyGlob,
    owner: &EntityRef,
    at: Place<'_>,
) -> Problem {
    let message = format!(
        "{} gives families to {component} that {} at {}:{} gives to {owner} equally well",
        quoted(glob.as_str()),
        quoted(other.as_str()),
        at.path,
        at.span.line
    );
    problem(Code::ClaimTie, place, message, "make one of the two globs longer: the most specific wins")
}

fn paths_twice(sorted: &[&ParsedManifest]) -> Vec<Problem> {
    let twice = sorted.windows(2).filter(|pair| pair[0].path() == pair[1].path());
    twice
        .map(|pair| {
            let place = Place { path: pair[1].path(), span: Span::START };
            problem(Code::PathTwice, place, "the manifest is handed in twice", "name each file once")
        })
        .collect()
}

fn problem(code: Code, place: Place<'_>, message: impl Into<String>, hint: &str) -> Problem {
    Problem {
        code,
        column: place.span.column,
        hint: hint.to_owned(),
        line: place.span.line,
        message: message.into(),
        path: place.path.to_owned(),
    }
}

fn read(manifest: &ParsedManifest) -> ManifestRead {
    ManifestRead {
        aliases: manifest.aliases().cloned().collect(),
        blob: manifest.blob().hash,
        claims: manifest.claims().cloned().collect(),
        format: manifest.format(),
        path: manifest.path().to_owned(),
    }
}
