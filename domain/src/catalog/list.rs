//! Lists of entities, filtered and in pages.

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
        let kind = query.kind.as_deref().map(str::to_lowercase);
        let entity_type = query.entity_type.as_deref().map(str::to_lowercase);
        let text = query.text.as_deref().map(str::to_lowercase);
        let mut page = Page { items: Vec::new(), total: 0 };
        for id in self.index.existing() {
            let vertex = self.index.vertex(id);
            let fits = kind.as_deref().is_none_or(|kind| vertex.reference.kind() == kind)
                && entity_type.as_deref().is_none_or(|wanted| vertex.shown_type() == Some(wanted))
                && query.state.is_none_or(|state| (state == EntityState::Declared) == vertex.declared)
                && text.as_deref().is_none_or(|text| vertex.search.contains(text))
                && query.owner.as_ref().is_none_or(|owner| self.owner_of(id).as_ref() == Some(owner))
                && (!query.only_unowned || self.can_be_owned(&vertex.reference) && self.owner_of(id).is_none())
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

    /// Groups, users and locations have no owner, and lack none.
    fn can_be_owned(&self, reference: &EntityRef) -> bool {
        !matches!(reference.kind(), "group" | "user" | "location")
    }

    fn has_tag(&self, reference: &EntityRef, tag: &str) -> bool {
        self.declared(reference).is_some_and(|declared| declared.entity.tags.iter().any(|other| other == tag))
    }
}
