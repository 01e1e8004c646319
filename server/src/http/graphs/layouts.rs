//! Layouts that were worked out lately.

use std::collections::VecDeque;
use std::sync::Arc;

use bussola_domain::layout::{Graph, Layout, Structure, TooLarge, layout};
use parking_lot::Mutex;

use crate::http::error::{ApiError, ErrorCode};
use crate::http::limits::{LAYOUT_PLACES_MAX, LAYOUTS_MAX};

/// The layouts that were used last, the latest at the end.
#[derive(Debug, Default)]
pub(in crate::http) struct Layouts {
    kept: Mutex<VecDeque<(Structure, Arc<Layout>)>>,
}

impl Layouts {
    /// The layout of a graph, and the name of the graph's structure.
    pub fn of(&self, graph: &Graph<'_>) -> Result<(Structure, Arc<Layout>), ApiError> {
        let structure = graph.structure();
        let known = {
            let mut kept = self.kept.lock();
            let at = kept.iter().position(|(other, _)| *other == structure);
            at.and_then(|at| kept.remove(at)).inspect(|known| kept.push_back(known.clone()))
        };
        if let Some(known) = known {
            return Ok(known);
        }
        // Two that ask for the same at once both work it out: large reads are few at a time anyway.
        let fresh = Arc::new(layout(graph)?);
        let mut kept = self.kept.lock();
        if kept.iter().all(|(other, _)| *other != structure) {
            kept.push_back((structure, fresh.clone()));
        }
        let places = |kept: &VecDeque<(Structure, Arc<Layout>)>| -> usize {
            kept.iter().map(|(_, layout)| layout.places.len() + layout.routes.len()).sum()
        };
        while kept.len() > LAYOUTS_MAX || (kept.len() > 1 && places(&kept) > LAYOUT_PLACES_MAX) {
            kept.pop_front();
        }
        Ok((structure, fresh))
    }
}

impl From<TooLarge> for ApiError {
    fn from(error: TooLarge) -> ApiError {
        ApiError::new(ErrorCode::GraphTooLarge, error.to_string(), "ask for it with `collapse=all`, or for fewer steps")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bussola_domain::layout::Node;

    #[test]
    fn the_latest_are_kept() {
        let graph = |key: &'static str, nodes: u32| {
            let nodes = (0..nodes).map(|width| Node { key, width, height: 1 });
            Graph { nodes: nodes.collect(), edges: Vec::new() }
        };
        let names: Vec<String> = (0..=LAYOUTS_MAX).map(|number| number.to_string()).collect();
        let layouts = Layouts::default();
        let (structure, first) = layouts.of(&graph("first", 3)).expect("small");
        let again = layouts.of(&graph("first", 3)).expect("small");
        assert!(again.0 == structure && Arc::ptr_eq(&first, &again.1));
        for name in &names {
            let node = Node { key: name, width: 1, height: 1 };
            layouts.of(&Graph { nodes: vec![node], edges: Vec::new() }).expect("small");
        }
        assert_eq!(layouts.kept.lock().len(), LAYOUTS_MAX);
        assert!(!Arc::ptr_eq(&first, &layouts.of(&graph("first", 3)).expect("small").1));
        // Large ones drive out others.
        let large = bussola_domain::layout::NODES_MAX;
        for width in 0..=LAYOUT_PLACES_MAX / large {
            let nodes = vec![Node { key: "large", width: width as u32, height: 1 }; large];
            layouts.of(&Graph { nodes, edges: Vec::new() }).expect("within the limits");
        }
        assert_eq!(layouts.kept.lock().len(), LAYOUT_PLACES_MAX / large);
    }
}
