//! Lists of entities, filtered and in pages.

use super::index::{NO_OWNER, NodeId};
use super::limits::PAGE_ITEMS_MAX;
use super::model::Owner;
use super::question::{EntityState, EntityView};
use super::reference::EntityRef;
use super::state::Catalog;

/// What to list. An empty filter lists everything.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Only this kind: `component`.
    pub kind: Option<String>,
    /// At most so many, and never more than [`PAGE_ITEMS_MAX`]; none: that many.
    pub limit: Option<usize>,
    /// Skip so many.
    pub offset: usize,
    /// Only what this owner answers for.
    pub owner: Option<Owner>,
    /// Only what nobody answers for.
    pub only_unowned: bool,
    /// Only declared, or only discovered.
    pub state: Option<EntityState>,
    /// Only what has this tag.
    pub tag: Option<String>,
    /// Only what has this text in its ref, title or description; case does not count.
    pub text: Option<String>,
    /// Only this type; case does not count.
    pub entity_type: Option<String>,
}

/// A page of a list, in order of ref.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// The entities of this page.
    pub items: Vec<EntityView<'a>>,
    /// How many there are in all pages.
    pub total: usize,
}

impl Catalog {
    /// Lists entities, in order of ref.
    pub fn list(&self, query: &ListQuery) -> Page<'_> {
        let limit = query.limit.unwrap_or(PAGE_ITEMS_MAX).min(PAGE_ITEMS_MAX);
        let mut page = Page { items: Vec::new(), total: 0 };
        let word = |text: &Option<String>| text.as_deref().map(|text| self.index.word(&text.to_lowercase()));
        let (kind, entity_type) = (word(&query.kind), word(&query.entity_type));
        if kind == Some(None) || entity_type == Some(None) {
            return page; // nothing is of that kind or type
        }
        let (kind, entity_type) = (kind.flatten(), entity_type.flatten());
        let text = query.text.as_deref().map(str::to_lowercase);
        let owner = query.owner.as_ref().map(|owner| OwnerFilter::new(self, owner));
        for id in self.index.existing() {
            let facets = self.index.facets(id);
            // What is cheap goes first.
            if kind.is_some_and(|kind| kind != facets.kind)
                || entity_type.is_some_and(|wanted| wanted != facets.entity_type)
            {
                continue;
            }
            if owner.as_ref().is_some_and(|owner| !owner.fits(self, id, facets.owner)) {
                continue;
            }
            let vertex = self.index.vertex(id);
            let fits = query.state.is_none_or(|state| (state == EntityState::Declared) == vertex.declared)
                && text.as_deref().is_none_or(|text| vertex.search.contains(text))
                && (!query.only_unowned || can_be_owned(&vertex.reference) && self.owner_of(id).is_none())
                && query.tag.as_deref().is_none_or(|tag| self.has_tag(&vertex.reference, tag));
            if !fits {
                continue;
            }
            if page.total >= query.offset && page.items.len() < limit {
                page.items.push(self.view(id));
            }
            page.total += 1;
        }
        page
    }

    fn has_tag(&self, reference: &EntityRef, tag: &str) -> bool {
        self.declared(reference).is_some_and(|declared| declared.entity.tags.iter().any(|other| other == tag))
    }
}

/// An owner to compare with: by number, as far as owners are declared.
struct OwnerFilter<'a> {
    id: Option<NodeId>,
    owner: &'a Owner,
}

impl<'a> OwnerFilter<'a> {
    fn new(catalog: &Catalog, owner: &'a Owner) -> OwnerFilter<'a> {
        let id = match owner {
            Owner::Entity(reference) => catalog.index.id(reference),
            Owner::Named(_) => None,
        };
        OwnerFilter { id, owner }
    }

    fn fits(&self, catalog: &Catalog, id: NodeId, declared: NodeId) -> bool {
        if declared == NO_OWNER { catalog.owner_of(id).as_ref() == Some(self.owner) } else { self.id == Some(declared) }
    }
}

/// Groups, users and locations have no owner, and lack none.
fn can_be_owned(reference: &EntityRef) -> bool {
    !matches!(reference.kind(), "group" | "user" | "location")
}
