//! Graphs as SVG, for wikis, mails and terminals that show pictures.
//!
//! Light or dark as the viewer is, by a style sheet inside; no script, nothing that is loaded. The style sheet is always the same text,
//! so that a policy can allow this one by its hash and no other.

use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::http::error::{ApiError, ErrorCode};
use crate::http::limits::{SVG_EDGES_MAX, SVG_NODES_MAX};
use crate::http::wire::graph::{Drawing, EntityGraph, EntityNode, NodePlace, TaskGraph, TaskNode};
use crate::http::wire::run::TaskCounts;
use crate::reply::escape;

/// Around the picture.
const MARGIN: i32 = 24;

/// How far the ends of a curve run level, at most: longer ones would swing.
const LEVEL_MAX: i32 = 120;

/// Width of a letter of a title, which no program knows before it draws; ours are narrower on the average.
const LETTER: u32 = 7;

/// The colours of statuses hold 3:1 against the box in light and dark; words say the same beside them.
const STYLE: &str = "\
:root{color-scheme:light dark;--page:#fff;--box:#fff;--line:#c5cbd3;--edge:#9aa4b1;--text:#1b2430;--dim:#5b6674;\
--done:#2f9e44;--running:#1971c2;--failed:#e03131;--disabled:#9c36b5;--pending:#e67700;--unknown:#868e96;--critical:#1b2430}\
@media(prefers-color-scheme:dark){:root{--page:#14181d;--box:#1d232a;--line:#3b4550;--edge:#5f6b78;--text:#e8ecf0;--dim:#a3afbb;\
--done:#40c057;--running:#4dabf7;--failed:#ff6b6b;--disabled:#cc5de8;--pending:#ffa94d;--unknown:#909aa4;--critical:#f1f3f5}}\
.page{fill:var(--page)}.box{fill:var(--box);stroke:var(--line)}.edge{fill:none;stroke:var(--edge);stroke-width:1.25}\
.back{stroke-dasharray:5 4}.edge.critical,.box.critical{stroke:var(--critical);stroke-width:2.5}.middle{stroke-width:2.5}\
.foreign{stroke-dasharray:3 3}\
text{font:12px system-ui,sans-serif;fill:var(--text)}.dim{font-size:10.5px;fill:var(--dim)}.name{font-weight:600}\
.done{fill:var(--done)}.running{fill:var(--running)}.failed{fill:var(--failed)}.disabled{fill:var(--disabled)}\
.pending{fill:var(--pending)}.unknown{fill:var(--unknown)}";

/// What a browser may do with such a picture when it shows it by itself: apply this style sheet, and nothing else.
pub(super) fn policy() -> String {
    static HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE)));
    format!("default-src 'none'; style-src 'sha256-{}'", *HASH)
}

/// Draws a graph of tasks.
pub(super) fn of_tasks(graph: &TaskGraph) -> Result<String, ApiError> {
    let title = match graph.run {
        Some(run) => format!("Run {run}: {}", graph.root),
        None => format!("Around {}", graph.root),
    };
    let mut svg = open(&title, &graph.drawing, graph.nodes.len())?;
    let places: Vec<NodePlace> = graph.nodes.iter().map(|node| node.place).collect();
    edges(&mut svg, &graph.drawing, &places, &graph.critical);
    for node in &graph.nodes {
        task(&mut svg, graph, node);
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Draws the graph around an entity.
pub(super) fn of_entities(graph: &EntityGraph) -> Result<String, ApiError> {
    let mut svg = open(&format!("Around {}", graph.reference), &graph.drawing, graph.nodes.len())?;
    let places: Vec<NodePlace> = graph.nodes.iter().map(|node| node.place).collect();
    edges(&mut svg, &graph.drawing, &places, &[]);
    for node in &graph.nodes {
        entity(&mut svg, node);
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn open(title: &str, drawing: &Drawing, nodes: usize) -> Result<String, ApiError> {
    if nodes > SVG_NODES_MAX || drawing.edges.len() > SVG_EDGES_MAX {
        let message = format!(
            "the graph has {nodes} nodes and {} edges, an SVG can have {SVG_NODES_MAX} and {SVG_EDGES_MAX}",
            drawing.edges.len()
        );
        let hint = "ask for it with `collapse=all`, for fewer steps, or as JSON";
        return Err(ApiError::new(ErrorCode::GraphTooLarge, message, hint));
    }
    let margin = MARGIN as u32;
    let (width, height) = (drawing.width + 2 * margin, drawing.height + 2 * margin);
    let mut svg = String::with_capacity(2_048 + nodes * 400 + drawing.edges.len() * 90);
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"{} {} {width} {height}\" \
         role=\"img\">\n<title>{}</title>\n<style>{STYLE}</style>\n<rect class=\"page\" x=\"{0}\" y=\"{1}\" width=\"{width}\" \
         height=\"{height}\"/>",
        -MARGIN,
        -MARGIN,
        safe(title)
    );
    Ok(svg)
}

fn edges(svg: &mut String, drawing: &Drawing, places: &[NodePlace], critical: &[u32]) {
    let mut bends: Vec<&[i32]> = vec![&[]; drawing.edges.len()];
    for bend in &drawing.bends {
        if let Some((at, points)) = bend.split_first()
            && let Some(of) = usize::try_from(*at).ok().and_then(|at| bends.get_mut(at))
        {
            *of = points;
        }
    }
    let mut critical_at = vec![false; drawing.edges.len()];
    critical.iter().for_each(|&at| critical_at[at as usize] = true);
    let mut back_at = vec![false; drawing.edges.len()];
    drawing.back.iter().for_each(|&at| back_at[at as usize] = true);
    // What matters is drawn last, above the others.
    let mut order: Vec<usize> = (0..drawing.edges.len()).collect();
    order.sort_by_key(|&at| critical_at[at]);
    for at in order {
        let [from, to] = drawing.edges[at];
        let (from, to) = (places[from as usize], places[to as usize]);
        let class = match (critical_at[at], back_at[at]) {
            (true, _) => "edge critical",
            (false, true) => "edge back",
            (false, false) => "edge",
        };
        let _ = writeln!(svg, "<path class=\"{class}\" d=\"{}\"/>", way(from, to, bends[at], back_at[at]));
    }
}

/// The way of an edge: level at both ends and between points at the same height, curved elsewhere.
fn way(from: NodePlace, to: NodePlace, bends: &[i32], back: bool) -> String {
    let middle = |place: NodePlace| place.y + place.h as i32 / 2;
    let right = |place: NodePlace| place.x + place.w as i32;
    if from == to {
        let (x, y) = (right(from), middle(from));
        return format!("M{x} {}c28 -18 28 28 0 10", y - 5);
    }
    // From right to left: out of the left side, into the right one.
    let (start, end) = if back { (from.x, right(to)) } else { (right(from), to.x) };
    let (mut x, mut y) = (start, middle(from));
    let mut way = format!("M{x} {y}");
    for point in bends.chunks_exact(2).chain([&[end, middle(to)][..]]) {
        let &[next_x, next_y] = point else { continue };
        if next_y == y {
            let _ = write!(way, "H{next_x}");
        } else {
            let level = ((next_x - x) / 2).clamp(-LEVEL_MAX, LEVEL_MAX);
            let _ = write!(way, "C{} {y} {} {next_y} {next_x} {next_y}", x + level, next_x - level);
        }
        (x, y) = (next_x, next_y);
    }
    way
}

fn class(status: &str) -> &'static str {
    match status {
        "DONE" | "healthy" => "done",
        "RUNNING" | "BATCH_RUNNING" => "running",
        "FAILED" | "failing" => "failed",
        "DISABLED" => "disabled",
        "PENDING" => "pending",
        _ => "unknown",
    }
}

/// "3.2 s", "5 min", as people say it.
fn took(milliseconds: i64) -> String {
    match milliseconds {
        ..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        60_000..7_200_000 => format!("{} min", milliseconds / 60_000),
        _ => format!("{} h", milliseconds / 3_600_000),
    }
}

fn counts_text(counts: &TaskCounts) -> String {
    let all = [
        (counts.failed, "failed"),
        (counts.disabled, "disabled"),
        (counts.running, "running"),
        (counts.pending, "pending"),
        (counts.unknown, "unknown"),
        (counts.done, "done"),
    ];
    let some: Vec<String> =
        all.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    some.join(", ")
}

fn task(svg: &mut String, graph: &TaskGraph, node: &TaskNode) {
    let family = graph.families.get(node.family as usize);
    let name = family.map_or("", |family| &family.name);
    let short = name.rsplit('.').next().unwrap_or(name);
    let took = node.started_ms.zip(node.ended_ms).map(|(started, ended)| took(ended - started));
    let status = node.status.to_lowercase().replace('_', " ");
    let below = match (&node.counts, &node.detail, &took) {
        (Some(counts), ..) => counts_text(counts),
        // That all is well is said by the colour alone; what is not, also by a word.
        (None, Some(detail), _) if node.status == "DONE" => detail.clone(),
        (None, Some(detail), _) => format!("{status}, {detail}"),
        (None, None, Some(took)) => format!("{status}, {took}"),
        (None, None, None) => status.clone(),
    };
    let full = match &node.id {
        Some(id) => format!("{id}: {status}{}", took.map(|took| format!(", {took}")).unwrap_or_default()),
        None => format!("{name}: {below}"),
    };
    let mut classes = String::from("box");
    if node.critical {
        classes.push_str(" critical");
    }
    if family.is_some_and(|family| family.foreign) {
        classes.push_str(" foreign");
    }
    let title = match &node.counts {
        Some(counts) => format!("{short} \u{00d7} {}", counts.total()),
        None => short.to_owned(),
    };
    boxed(svg, node.place, &classes, class(&node.status), &full, &title, &below);
    if let Some(counts) = &node.counts {
        shares(svg, node.place, counts);
    }
    svg.push_str("</g>\n");
}

/// A bar along the lower side of a family's box: how many of its tasks are how far.
fn shares(svg: &mut String, place: NodePlace, counts: &TaskCounts) {
    let width = place.w.saturating_sub(24) as usize;
    let total = counts.total().max(1);
    let parts = [
        (counts.done, "done"),
        (counts.running, "running"),
        (counts.failed, "failed"),
        (counts.disabled, "disabled"),
        (counts.pending, "pending"),
        (counts.unknown, "unknown"),
    ];
    let mut before = 0;
    for (count, class) in parts.into_iter().filter(|(count, _)| *count > 0) {
        let (left, right) = (before * width / total, (before + count) * width / total);
        before += count;
        let (x, y) = (place.x + 14 + left as i32, place.y + place.h as i32 - 10);
        // One failed task of a thousand is seen all the same.
        let shown = (right - left).max(2);
        let _ = write!(svg, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{shown}\" height=\"4\"/>");
    }
}

fn entity(svg: &mut String, node: &EntityNode) {
    let owner = node.owner.as_ref().map_or("unowned", |owner| &owner.name);
    let kind = match &node.entity_type {
        Some(entity_type) => entity_type.as_str(),
        None => node.reference.split(':').next().unwrap_or(""),
    };
    let below = if node.health == "missing" { "not in the catalog".to_owned() } else { format!("{kind}, {owner}") };
    let full = format!("{}: {}, {owner}", node.reference, node.health);
    let classes = match (node.distance, node.health.as_str()) {
        (0, _) => "box middle",
        (_, "missing") => "box foreign",
        _ => "box",
    };
    boxed(svg, node.place, classes, class(&node.health), &full, &node.title, &below);
    svg.push_str("</g>\n");
}

/// A box with its colour, its title and a line below; the group is left open.
fn boxed(svg: &mut String, place: NodePlace, classes: &str, status: &str, full: &str, title: &str, below: &str) {
    let NodePlace { x, y, w, h, .. } = place;
    let (stripe, top, length) = (x + 5, y + 6, h.saturating_sub(12));
    let (left, first, second) = (x + 14, y + 17, y + 32);
    let letters = w.saturating_sub(20) / LETTER;
    // The second line is smaller.
    let (title, below) = (safe(&fitting(title, letters)), safe(&fitting(below, letters * 5 / 4)));
    let _ = write!(
        svg,
        "<g><title>{}</title><rect class=\"{classes}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"5\"/>\
         <rect class=\"{status}\" x=\"{stripe}\" y=\"{top}\" width=\"4\" height=\"{length}\" rx=\"2\"/>\
         <text class=\"name\" x=\"{left}\" y=\"{first}\">{title}</text>\
         <text class=\"dim\" x=\"{left}\" y=\"{second}\">{below}</text>",
        safe(full)
    );
}

/// A text that is cut where it is too long for its place.
fn fitting(text: &str, letters: u32) -> String {
    let letters = letters as usize;
    if text.chars().nth(letters).is_none() {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

/// A text from elsewhere as XML takes it: marks escaped, and without letters that XML does not know.
fn safe(text: &str) -> String {
    let known = |letter: char| match letter {
        '\t' | '\n' | '\r' => ' ',
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    };
    escape(&text.chars().map(known).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_run_level_where_they_can() {
        let at = |x: i32, y: i32| NodePlace { x, y, w: 100, h: 40, layer: 0 };
        let check = |from: NodePlace, to: NodePlace, bends: &[i32], back: bool, expected: &str| {
            assert_eq!(way(from, to, bends, back), expected);
        };
        check(at(0, 0), at(200, 0), &[], false, "M100 20H200");
        check(at(0, 0), at(200, 50), &[], false, "M100 20C150 20 150 70 200 70");
        check(
            at(0, 0),
            at(400, 0),
            &[200, 60, 300, 60],
            false,
            "M100 20C150 20 150 60 200 60H300C350 60 350 20 400 20",
        );
        check(at(400, 0), at(0, 0), &[], true, "M400 20H100");
        check(at(0, 0), at(0, 0), &[], true, "M100 15c28 -18 28 28 0 10");
    }

    #[test]
    fn texts_from_elsewhere_are_only_text() {
        assert_eq!(
            safe("<a b=\"c\">&\u{0}\u{1b}\n\u{ffff}é"),
            "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}\u{fffd} \u{fffd}é"
        );
        assert_eq!(fitting("abcdef", 6), "abcdef");
        assert_eq!(fitting("abcdefg", 6), "abcde…");
    }
}
