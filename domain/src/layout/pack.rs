//! How the parts of a graph stand beside each other: in shelves, the highest first.

use super::place::Placed;

/// Between parts.
const PART_GAP: f64 = 48.0;

/// How wide the picture should be for its height.
const ASPECT: f64 = 1.6;

/// Where each part is moved, and how large the whole is.
#[derive(Debug, Default)]
pub(super) struct Packed {
    pub offsets: Vec<(i32, i32)>,
    pub width: u32,
    pub height: u32,
}

/// Packs parts.
pub(super) fn pack(parts: &[Placed]) -> Packed {
    let area: f64 = parts.iter().map(|part| (part.width + PART_GAP) * (part.height + PART_GAP)).sum();
    let widest = parts.iter().map(|part| part.width).fold(0.0, f64::max);
    let width_max = widest.max((area * ASPECT).sqrt());
    let mut by_height: Vec<usize> = (0..parts.len()).collect();
    // Parts of the same size stay in order of their first node.
    by_height.sort_by(|&a, &b| {
        parts[b].height.total_cmp(&parts[a].height).then(parts[b].width.total_cmp(&parts[a].width)).then(a.cmp(&b))
    });
    let mut packed = Packed { offsets: vec![(0, 0); parts.len()], ..Packed::default() };
    let (mut x, mut y, mut shelf) = (0.0_f64, 0.0_f64, 0.0_f64);
    let (mut width, mut height) = (0.0_f64, 0.0_f64);
    for number in by_height {
        let part = &parts[number];
        if x > 0.0 && x + part.width > width_max {
            (x, y, shelf) = (0.0, y + shelf + PART_GAP, 0.0);
        }
        packed.offsets[number] = (x.round() as i32, y.round() as i32);
        (width, height) = (width.max(x + part.width), height.max(y + part.height));
        x += part.width + PART_GAP;
        shelf = shelf.max(part.height);
    }
    (packed.width, packed.height) = (width.ceil() as u32, height.ceil() as u32);
    packed
}
