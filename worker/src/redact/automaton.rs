//! An Aho-Corasick automaton: finds all of many patterns in one pass, however they overlap.
//!
//! Ours, because what it is built of is secret: its memory is reserved once and overwritten when it goes, which no library
//! does. And because the state after a byte tells exactly how much of a stream may still become a match, its depth, so
//! nothing else is held back.
//!
//! Almost all output holds nothing secret, so the automaton mostly sleeps: a filter says of four bytes at a time whether a pattern may
//! begin with them.
//!
//! Invariant: the time of a scan is linear in its input, whatever the patterns are.

use zeroize::{Zeroize as _, Zeroizing};

use crate::limits::SECRET_BYTES_MIN;

/// Where nothing is matched. Also stands for "no node" in links, since nothing leads to the root as a child.
pub(super) const ROOT: u32 = 0;

/// Size of the filter, as a power of two of bits: 16 KB, which the nearest cache holds, to 512 KB. With 64 bits a pattern, less
/// than 2 % of all text passes by chance.
const FILTER_BITS: std::ops::RangeInclusive<u32> = 17..=22;

/// Bytes that the filter looks at: no pattern is shorter.
const PREFIX: usize = SECRET_BYTES_MIN;

/// A pattern, and the number of the secret that it shows.
pub(super) type Pattern = (Zeroizing<Vec<u8>>, u16);

/// A prefix of patterns.
#[derive(Clone, Default)]
struct Node {
    first_child: u32,
    next_sibling: u32,
    /// The longest proper suffix that is a prefix of a pattern too.
    fail: u32,
    depth: u16,
    /// Length of the longest pattern that ends here; 0: none does.
    found_len: u16,
    found_secret: u16,
    byte: u8,
}

/// What ends at a state.
pub(super) struct Found {
    pub(super) len: usize,
    pub(super) secret: u16,
}

pub(super) struct Automaton {
    nodes: Vec<Node>,
    /// Where the first byte leads from the root.
    first: Box<[u32; 256]>,
    filter: Filter,
}

impl Automaton {
    /// Patterns are at least [`SECRET_BYTES_MIN`] long; where two are equal the first counts.
    pub(super) fn new(patterns: &[Pattern]) -> Automaton {
        let nodes_max = patterns.iter().map(|(pattern, _)| pattern.len()).sum::<usize>() + 1;
        // Reserved whole, so that growing leaves no copies behind.
        let mut nodes = Vec::with_capacity(nodes_max);
        nodes.push(Node::default());
        let mut automaton =
            Automaton { nodes, first: Box::new([ROOT; 256]), filter: Filter::for_patterns(patterns.len()) };
        for (pattern, secret) in patterns {
            automaton.insert(pattern, *secret);
        }
        automaton.link();
        automaton
    }

    fn insert(&mut self, pattern: &[u8], secret: u16) {
        assert!(pattern.len() >= PREFIX, "a pattern is shorter than the filter looks");
        let mut at = ROOT;
        for byte in pattern {
            at = match self.child(at, *byte) {
                ROOT => self.add(at, *byte),
                child => child,
            };
        }
        let node = &mut self.nodes[at as usize];
        if node.found_len == 0 {
            (node.found_len, node.found_secret) = (node.depth, secret);
        }
        self.filter.admit(pattern[..PREFIX].try_into().expect("four bytes"));
    }

    fn add(&mut self, parent: u32, byte: u8) -> u32 {
        let added = u32::try_from(self.nodes.len()).expect("limits keep nodes far below");
        let above = &mut self.nodes[parent as usize];
        let depth = above.depth.checked_add(1).expect("limits keep patterns far below 64 KB");
        let next_sibling = std::mem::replace(&mut above.first_child, added);
        self.nodes.push(Node { next_sibling, depth, byte, ..Node::default() });
        if parent == ROOT {
            self.first[usize::from(byte)] = added;
        }
        added
    }

    /// Gives each node its longest suffix, level by level.
    fn link(&mut self) {
        let mut queue = std::collections::VecDeque::from([ROOT]);
        while let Some(parent) = queue.pop_front() {
            let mut child = self.nodes[parent as usize].first_child;
            while child != ROOT {
                let byte = self.nodes[child as usize].byte;
                let fail = if parent == ROOT { ROOT } else { self.step(self.nodes[parent as usize].fail, byte) };
                let suffix = self.nodes[fail as usize].clone();
                let node = &mut self.nodes[child as usize];
                node.fail = fail;
                if node.found_len == 0 {
                    (node.found_len, node.found_secret) = (suffix.found_len, suffix.found_secret);
                }
                queue.push_back(child);
                child = self.nodes[child as usize].next_sibling;
            }
        }
    }

    fn child(&self, parent: u32, byte: u8) -> u32 {
        if parent == ROOT {
            return self.first[usize::from(byte)];
        }
        let mut child = self.nodes[parent as usize].first_child;
        while child != ROOT && self.nodes[child as usize].byte != byte {
            child = self.nodes[child as usize].next_sibling;
        }
        child
    }

    /// The state after one more byte.
    pub(super) fn step(&self, mut state: u32, byte: u8) -> u32 {
        loop {
            let child = self.child(state, byte);
            if child != ROOT || state == ROOT {
                return child;
            }
            state = self.nodes[state as usize].fail;
        }
    }

    /// How many of the last bytes may still become a match.
    pub(super) fn depth(&self, state: u32) -> usize {
        usize::from(self.nodes[state as usize].depth)
    }

    /// The longest pattern that ends at a state.
    pub(super) fn found(&self, state: u32) -> Option<Found> {
        let node = &self.nodes[state as usize];
        (node.found_len > 0).then(|| Found { len: usize::from(node.found_len), secret: node.found_secret })
    }

    /// From the root: how many bytes can be skipped since no pattern begins in them.
    pub(super) fn skip(&self, bytes: &[u8]) -> usize {
        let may_begin = |window: &[u8]| self.filter.admits(window.try_into().expect("a window has four bytes"));
        let undecided = bytes.len().saturating_sub(PREFIX - 1);
        bytes.windows(PREFIX).position(may_begin).unwrap_or(undecided)
    }

    /// Whether a text holds any pattern.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        let mut state = ROOT;
        text.iter().any(|byte| {
            state = self.step(state, *byte);
            self.found(state).is_some()
        })
    }
}

/// Says which four bytes may begin a pattern; now and then of others too.
struct Filter {
    words: Vec<u64>,
    shift: u32,
}

impl Filter {
    fn for_patterns(count: usize) -> Filter {
        let wanted = (count.max(1) * 64).next_power_of_two().ilog2();
        let bits = wanted.clamp(*FILTER_BITS.start(), *FILTER_BITS.end());
        Filter { words: vec![0; 1 << (bits - 6)], shift: u32::BITS - bits }
    }

    /// Fibonacci hashing: one multiplication spreads four letters well enough.
    fn bit(&self, prefix: [u8; PREFIX]) -> usize {
        (u32::from_le_bytes(prefix).wrapping_mul(0x9e37_79b1) >> self.shift) as usize
    }

    fn admit(&mut self, prefix: [u8; PREFIX]) {
        let bit = self.bit(prefix);
        self.words[bit / 64] |= 1 << (bit % 64);
    }

    fn admits(&self, prefix: [u8; PREFIX]) -> bool {
        let bit = self.bit(prefix);
        self.words[bit / 64] & (1 << (bit % 64)) != 0
    }
}

impl Drop for Automaton {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.byte.zeroize();
        }
        self.first.zeroize();
        self.filter.words.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patterns: &[&str], text: &str, expected: &[(usize, &str)]) {
        let list: Vec<Pattern> =
            patterns.iter().zip(0..).map(|(text, n)| (text.as_bytes().to_vec().into(), n)).collect();
        let automaton = Automaton::new(&list);
        let mut state = ROOT;
        let mut found = Vec::new();
        for (at, byte) in text.bytes().enumerate() {
            state = automaton.step(state, byte);
            if let Some(Found { len, .. }) = automaton.found(state) {
                found.push((at + 1 - len, &text[at + 1 - len..=at]));
            }
        }
        assert_eq!(found, expected, "{patterns:?} in {text}");
        assert_eq!(automaton.is_in(text.as_bytes()), !expected.is_empty());
    }

    #[test]
    fn the_longest_pattern_at_each_end_is_found() {
        check(&["abcd"], "xabcdabcd", &[(1, "abcd"), (5, "abcd")]);
        check(&["abcd", "cdef"], "abcdef", &[(0, "abcd"), (2, "cdef")]);
        check(&["bcde", "abcdef"], "abcdef", &[(1, "bcde"), (0, "abcdef")]);
        check(&["bcde", "abcdef"], "abcdeg", &[(1, "bcde")]);
        check(&["aaaa"], "aaaaaa", &[(0, "aaaa"), (1, "aaaa"), (2, "aaaa")]);
        check(&["abcd", "bcdx"], "abcabc", &[]);
        check(&["cdef", "abcdef"], "abcdef", &[(0, "abcdef")]);
    }

    #[test]
    fn skipping_stops_where_a_pattern_may_begin() {
        let automaton = Automaton::new(&[(b"secret".to_vec().into(), 0)]);
        assert_eq!(automaton.skip(b"a secret"), 2);
        assert_eq!(automaton.skip(b"nothing"), 4, "the last three bytes are not known yet");
        assert_eq!((automaton.skip(b"se"), automaton.skip(b"")), (0, 0));
        let state = b"xxsecr".iter().fold(ROOT, |state, byte| automaton.step(state, *byte));
        assert_eq!(automaton.depth(state), 4);
    }
}
