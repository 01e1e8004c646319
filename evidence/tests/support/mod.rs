//! A ledger in memory, and bundles of it.

#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part")]

use std::borrow::Cow;
use std::collections::HashMap;

use bussola_evidence::{Draft, Framework, GENERATOR, Person, Proof, Request, Selection, named_texts, sha256_hex};
use bussola_ledger::{
    EntryBody, Frontier, FullTile, Hash, Origin, Payload, SigningKey, TileReader, WithEdge, leaf_hash, multi_proof,
};

pub const DAY: i64 = 86_400_000_000;
pub const SALT: &str = "000102030405060708090a0b0c0d0e0f";
pub const TEXT: &str = "Ada Lovelace, host=atlas";
const ERROR: &str = "Traceback: the table was not there";

/// The key of the tests, from a seed that everyone knows.
pub fn key() -> SigningKey {
    SigningKey::from_seed(Origin::new("bussola.example.com/ledger").unwrap(), [7; 32])
}

#[derive(Default, Clone)]
pub struct Ledger {
    pub leaves: Vec<Vec<u8>>,
    frontier: Frontier,
    full: Tiles,
}

#[derive(Default, Clone)]
struct Tiles(HashMap<(u8, u64), FullTile>);

impl TileReader for Tiles {
    type Error = ();

    fn read_tile(&self, level: u8, index: u64, _: usize) -> Result<Cow<'_, [Hash]>, ()> {
        self.0.get(&(level, index)).map(|tile| Cow::Borrowed(tile.hashes())).ok_or(())
    }
}

pub struct Options<'o> {
    pub framework: &'o str,
    pub from: i64,
    pub to: i64,
    pub component: Option<&'o str>,
    pub people: bool,
    pub texts: bool,
    pub policies: bool,
    pub sealed: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        let (people, texts, policies) = (false, false, false);
        Options { framework: "soc2", from: 0, to: 100 * DAY, component: None, people, texts, policies, sealed: true }
    }
}

impl Options<'_> {
    /// With every kind of file.
    pub fn everything() -> Self {
        Options { people: true, texts: true, policies: true, ..Options::default() }
    }
}

pub struct Made {
    pub bundle: Vec<u8>,
}

impl Ledger {
    pub fn push(&mut self, at_us: i64, kind: &str, subject: &str, run: Option<u64>, payload: &str) {
        let body = EntryBody {
            at_us,
            principal: "user:7".into(),
            authority: "policy:ops".into(),
            kind: kind.into(),
            version: 1,
            subject: subject.into(),
            run,
            payload: Payload::new(payload.as_bytes().to_vec()).unwrap(),
        };
        let leaf = body.at(self.leaves.len() as u64).encode().unwrap();
        for tile in self.frontier.append(leaf_hash(&leaf)) {
            self.full.0.insert((tile.level, tile.index), tile);
        }
        self.leaves.push(leaf);
    }

    /// Days of so many entries each.
    pub fn of_days(days: i64, entries: i64) -> Ledger {
        let mut ledger = Ledger::default();
        for day in 0..days {
            for at in 0..entries {
                ledger.live(day, at);
            }
        }
        ledger
    }

    fn live(&mut self, day: i64, entry: i64) {
        let at = day * DAY + entry * 1_000_000;
        let run = day as u64 * 3 + 1;
        let (etl, component) = (Some(run), "component:default/etl");
        match entry {
            0 => {
                let hash = sha256_hex(&[&(0..16).collect::<Vec<u8>>()[..], TEXT.as_bytes()].concat());
                self.push(
                    at,
                    "names.given",
                    "names",
                    None,
                    &format!("{{\"names\":[{{\"hash\":\"{hash}\",\"name\":0}}]}}"),
                );
            }
            1 => self.push(at, "entity.declared", component, None, "{\"origin\":{\"path\":\"etl.yml\"}}"),
            2 => self.push(at, "manifest.read", "manifest:etl.yml", None, "{}"),
            3 => self.push(at, "run.started", &format!("run:{run}"), etl, &started("Etl", run)),
            4 => {
                let payload = format!("{{\"error\":\"{}\"}}", sha256_hex(ERROR.as_bytes()));
                self.push(at, "task.reported", "task:Etl_1", etl, &payload);
            }
            5 => self.push(at, "task.reported", "task:Etl_2", etl, "{}"),
            6 => self.push(at, "run.ended", &format!("run:{run}"), etl, &format!("{{\"run\":{run}}}")),
            7 | 8 => {
                let other = run + entry as u64 - 6;
                self.push(at, "run.started", &format!("run:{other}"), Some(other), &started("Other", other));
            }
            _ => self.push(at, "worker.joined", &format!("worker:{entry}"), None, "{}"),
        }
    }

    pub fn export(&self, options: &Options<'_>) -> Made {
        let mut ledger = self.clone();
        let mut selection = Selection::period(options.from, options.to);
        if let Some(component) = options.component {
            selection = selection.of_component(component, ["Etl".to_owned()]);
        }
        for (seq, leaf) in (0..).zip(&ledger.leaves) {
            selection.visit(seq, leaf);
        }
        let selected = selection.finish().unwrap();
        let people = [Person { name: 0, salt: SALT.into(), text: TEXT.into() }];
        let texts = if options.texts { vec![ERROR.to_owned()] } else { Vec::new() };
        assert!(!options.texts || named_texts(&selected.leaves).contains(&sha256_hex(ERROR.as_bytes())));
        let vkey = key().verifying_key().to_string();
        let request = Request {
            framework: Framework::find(options.framework).unwrap(),
            component: options.component,
            from: options.from,
            to: options.to,
            made_at: 200 * DAY,
            generator: GENERATOR,
            origin: "bussola.example.com/ledger",
            vkey: &vkey,
            witnesses: &[],
            people: options.people.then_some(&people[..]),
            texts: &texts,
            policies: if options.policies { &["permit(principal, action, resource);".to_owned()][..] } else { &[] },
        };
        let draft = Draft::new(&request, &selected);
        let mut entry = None;
        if options.sealed {
            let payload = format!(
                "{{{}\"framework\":\"{}\",\"from\":{},\"manifest\":\"{}\",\"to\":{}}}",
                options.component.map(|component| format!("\"component\":\"{component}\",")).unwrap_or_default(),
                options.framework,
                options.from,
                draft.manifest(),
                options.to
            );
            ledger.push(200 * DAY, "evidence.exported", "ledger", None, &payload);
            entry = Some(ledger.leaves.len() as u64 - 1);
        }
        let size = ledger.leaves.len() as u64;
        let leaf = |seq: u64| String::from_utf8(ledger.leaves[seq as usize].clone()).unwrap();
        let is_period = options.component.is_none();
        let before = selected.first.checked_sub(1).filter(|_| is_period);
        let after = (selected.end < size && is_period).then_some(selected.end);
        let seqs = draft.seqs([before, after, entry].into_iter().flatten());
        let reader = WithEdge { frontier: &ledger.frontier, full: &ledger.full };
        let hashes = multi_proof(&seqs, size, &reader).unwrap();
        let note = key().sign(ledger.frontier.head());
        let bundle = draft.finish(Proof {
            note,
            before: before.map(leaf),
            after: after.map(leaf),
            entry: entry.map(leaf),
            hashes,
        });
        Made { bundle }
    }
}

fn started(family: &str, run: u64) -> String {
    format!("{{\"family\":\"{family}\",\"run\":{run}}}")
}
