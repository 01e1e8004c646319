//! Hides secrets in output: every occurrence of a declared value, as it is or in a form that encoders commonly write, becomes
//! `[redacted NAME]`, NAME being the reference of the secret, never its value.
//!
//! A [`Redaction`] knows what is to be hidden, and is shared; each stream has a [`Redactor`] of its own, which takes chunks as
//! they come. What it gives does not depend on how a stream was cut into chunks. It holds back only bytes that may be
//! the beginning of a secret, so an ordinary line passes at once; they leave with the bytes that decide, or at the end.
//!
//! Invariants: occurrences that overlap are hidden as one, so none shows the rest of another; a marker never holds a value;
//! memory that held values is overwritten when it goes.
//!
//! What it deliberately does not do: undo compression, encryption or transformations of a program's own. `docs/secrets.md`
//! lists what is hidden and what is not, and tests keep both lists true.

mod automaton;
mod forms;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};

use bussola_identity::Secret;
use zeroize::{Zeroize as _, Zeroizing};

use crate::limits::{SECRET_BYTES_MIN, SECRETS_BYTES_MAX, SECRETS_MAX, VALUES_PER_NAME_MAX};
use automaton::{Automaton, Pattern, ROOT};

/// Why a secret cannot be hidden.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedactionFault {
    /// It is too short.
    #[error("cannot redact `{name}`: its value is shorter than {SECRET_BYTES_MIN} bytes without surrounding space")]
    Short {
        /// Its reference.
        name: String,
    },
    /// All values together are too long.
    #[error("cannot redact `{name}`: all secrets together would be longer than {SECRETS_BYTES_MAX} bytes")]
    Long {
        /// The reference of the one that is too much.
        name: String,
    },
    /// There are too many.
    #[error("cannot redact `{name}`: there are more than {SECRETS_MAX} secrets")]
    Many {
        /// The reference of the one that is too much.
        name: String,
    },
}

impl RedactionFault {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RedactionFault::Short { .. } => "so few characters stand in any output by chance: choose a longer secret",
            RedactionFault::Long { .. } => "hand over large files by another way than as a secret",
            RedactionFault::Many { .. } => "declare only what this pipeline reads",
        }
    }
}

/// A value and its name.
#[derive(Clone)]
struct Hidden {
    name: Arc<str>,
    value: Secret,
}

/// What is hidden at a time.
struct Known {
    hidden: Vec<Hidden>,
    automaton: Automaton,
    /// By number of the secret.
    markers: Vec<String>,
}

impl Known {
    fn new(hidden: Vec<Hidden>) -> Known {
        let mut patterns: Vec<Pattern> = Vec::new();
        for (number, one) in (0..).zip(&hidden) {
            patterns.extend(forms::forms(one.value.expose()).into_iter().map(|form| (form, number)));
        }
        let automaton = Automaton::new(&patterns);
        let markers = hidden.iter().map(|one| marker(&one.name, &automaton)).collect();
        Known { hidden, automaton, markers }
    }
}

/// A value may be part of its own name, or of the word `redacted`.
fn marker(name: &str, automaton: &Automaton) -> String {
    let candidates = [format!("[redacted {name}]"), "[redacted]".to_string()];
    let unsuspicious = candidates.into_iter().find(|text| !automaton.is_in(text.as_bytes()));
    unsuspicious.unwrap_or_else(|| "***".to_string())
}

/// What is to be hidden. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Redaction(Arc<RwLock<Arc<Known>>>);

impl std::fmt::Debug for Redaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redaction").field("secrets", &self.known().hidden.len()).finish()
    }
}

impl Default for Redaction {
    fn default() -> Redaction {
        Redaction::new()
    }
}

impl Redaction {
    /// Hides nothing yet.
    pub fn new() -> Redaction {
        Redaction(Arc::new(RwLock::new(Arc::new(Known::new(Vec::new())))))
    }

    /// Hides a value from now on, in all streams. A name may have several values, as tokens that are replaced do: the last
    /// [`VALUES_PER_NAME_MAX`] are hidden.
    pub fn declare(&self, name: &str, value: &Secret) -> Result<(), RedactionFault> {
        self.declare_all(&[(name, value)])
    }

    /// Hides several, or none of them if one cannot be. Quicker than one by one.
    pub fn declare_all(&self, secrets: &[(&str, &Secret)]) -> Result<(), RedactionFault> {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut hidden = known.hidden.clone();
        for (name, value) in secrets {
            let name = || (*name).to_string();
            if value.expose().trim().len() < SECRET_BYTES_MIN {
                return Err(RedactionFault::Short { name: name() });
            }
            if hidden.iter().any(|one| *one.name == *name() && one.value.matches(value.expose())) {
                continue;
            }
            hidden.push(Hidden { name: name().into(), value: (*value).clone() });
            forget_oldest(&mut hidden, &name());
            if hidden.len() > SECRETS_MAX {
                return Err(RedactionFault::Many { name: name() });
            }
            if hidden.iter().map(|one| one.value.expose().len()).sum::<usize>() > SECRETS_BYTES_MAX {
                return Err(RedactionFault::Long { name: name() });
            }
        }
        *known = Arc::new(Known::new(hidden));
        Ok(())
    }

    /// Begins a stream.
    pub fn redactor(&self) -> Redactor {
        Redactor {
            redaction: self.clone(),
            known: self.known(),
            state: ROOT,
            position: 0,
            decided: 0,
            held: Zeroizing::new(Vec::new()),
            spans: Vec::new(),
            last: None,
        }
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn forget_oldest(hidden: &mut Vec<Hidden>, name: &str) {
    let of_name: Vec<usize> = (0..hidden.len()).filter(|index| *hidden[*index].name == *name).collect();
    if of_name.len() > VALUES_PER_NAME_MAX {
        hidden.remove(of_name[0]);
    }
}

/// Bytes of the stream that are hidden as one.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u64,
    end: u64,
    secret: u16,
}

impl Span {
    /// Whether a later one belongs to it: it overlaps, or the same secret goes on.
    fn takes(&self, later: &Span) -> bool {
        later.start < self.end || (later.start == self.end && later.secret == self.secret)
    }
}

/// One stream. Positions are bytes from its beginning.
pub struct Redactor {
    redaction: Redaction,
    known: Arc<Known>,
    state: u32,
    /// Where the next byte stands.
    position: u64,
    /// Up to where it is written, as it is or as a marker. May lie within `held`.
    decided: u64,
    /// The bytes before `position` that may be the beginning of a secret.
    held: Zeroizing<Vec<u8>>,
    /// Found and not yet written; one after the other, disjoint.
    spans: Vec<Span>,
    /// The marker written last.
    last: Option<Span>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").field("position", &self.position).finish_non_exhaustive()
    }
}

impl Redactor {
    /// Takes a chunk, and appends to `out` what is certain by now.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.learn();
        self.scan(chunk);
        let certain = self.position - self.known.automaton.depth(self.state) as u64;
        self.write(chunk, certain, out);
        self.hold(chunk, certain);
    }

    /// Ends the stream: what was held back was no secret.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.learn();
        self.write(&[], self.position, out);
    }

    /// Takes over what was declared meanwhile. Bytes that are held may belong to it.
    fn learn(&mut self) {
        let known = self.redaction.known();
        if Arc::ptr_eq(&known, &self.known) {
            return;
        }
        self.known = known;
        self.state = ROOT;
        self.spans.clear();
        self.position -= self.held.len() as u64;
        let held = std::mem::replace(&mut self.held, Zeroizing::new(Vec::new()));
        self.scan(&held);
        self.held = held;
    }

    fn scan(&mut self, chunk: &[u8]) {
        let known = Arc::clone(&self.known);
        let automaton = &known.automaton;
        let mut at = 0;
        while at < chunk.len() {
            if self.state == ROOT {
                at += automaton.skip(&chunk[at..]);
                if at == chunk.len() {
                    break;
                }
            }
            self.state = automaton.step(self.state, chunk[at]);
            at += 1;
            if let Some(found) = automaton.found(self.state) {
                let end = self.position + at as u64;
                self.found(Span { start: end - found.len as u64, end, secret: found.secret });
            }
        }
        self.position += chunk.len() as u64;
    }

    /// INVARIANT: no later span ends before an earlier one, so only the last ones can overlap with it.
    fn found(&mut self, mut span: Span) {
        while let Some(before) = self.spans.last().filter(|before| before.takes(&span)) {
            if before.start <= span.start {
                (span.start, span.secret) = (before.start, before.secret);
            }
            self.spans.pop();
        }
        self.spans.push(span);
    }

    /// Writes up to `certain`: nothing that is found later can begin before it.
    fn write(&mut self, chunk: &[u8], certain: u64, out: &mut Vec<u8>) {
        let known = Arc::clone(&self.known);
        let begun = self.spans.partition_point(|span| span.start < certain);
        for span in self.spans.drain(..begun).collect::<Vec<_>>() {
            match &mut self.last {
                Some(last) if last.takes(&span) => last.end = last.end.max(span.end),
                _ => {
                    self.copy(chunk, span.start, out);
                    out.extend_from_slice(known.markers[usize::from(span.secret)].as_bytes());
                    self.last = Some(span);
                }
            }
            self.decided = self.decided.max(span.end);
        }
        self.copy(chunk, certain, out);
    }

    /// Copies the bytes from `decided` to `end`, some of which may be held from chunks before.
    fn copy(&mut self, chunk: &[u8], end: u64, out: &mut Vec<u8>) {
        if end <= self.decided {
            return;
        }
        let chunk_start = self.position - chunk.len() as u64;
        let held_start = chunk_start - self.held.len() as u64;
        let part = |bytes: &[u8], start: u64| {
            let index = |position: u64| (position.saturating_sub(start) as usize).min(bytes.len());
            index(self.decided)..index(end)
        };
        out.extend_from_slice(&self.held[part(&self.held, held_start)]);
        out.extend_from_slice(&chunk[part(chunk, chunk_start)]);
        self.decided = end;
    }

    /// Keeps the bytes from `certain` on.
    fn hold(&mut self, chunk: &[u8], certain: u64) {
        let count = (self.position - certain) as usize;
        let mut held = Zeroizing::new(Vec::with_capacity(count));
        let old = count.saturating_sub(chunk.len());
        held.extend_from_slice(&self.held[self.held.len() - old..]);
        held.extend_from_slice(&chunk[chunk.len() - (count - old)..]);
        self.held.zeroize();
        self.held = held;
    }
}
