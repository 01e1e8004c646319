//! Which kinds of entries are evidence for which control: the data is in `controls.json`, in the order of the report.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::population::Population;

/// Somebody's controls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// As commands name it.
    pub id: String,
    /// As people do.
    pub title: String,
    /// In order.
    pub controls: Vec<Control>,
}

/// One control.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// As the framework numbers it.
    pub id: String,
    /// What it asks for, in our words.
    pub asks: String,
    /// What shows it.
    pub items: Vec<Item>,
    /// What no entry can show, so that nobody takes a full table for a passed audit.
    #[serde(default)]
    pub beyond: Option<String>,
}

/// Kinds of entries that together show one thing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What they show.
    pub shows: String,
    /// Which; any of them.
    pub kinds: Vec<String>,
}

/// How far a control is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// There are entries for each item.
    Evidence,
    /// For some.
    Partial,
    /// For none.
    Gap,
}

/// A control and what was found for it.
#[derive(Debug)]
pub struct ControlFinding<'f> {
    /// The control.
    pub control: &'f Control,
    /// How far it is covered.
    pub coverage: Coverage,
    /// For each item how many entries there are of each kind that occurs.
    pub found: Vec<Vec<(&'f str, u64)>>,
}

/// The file, as this release has it.
pub(crate) const SOURCE: &str = include_str!("../controls.json");

static FRAMEWORKS: LazyLock<Vec<Framework>> =
    LazyLock::new(|| serde_json::from_str(SOURCE).expect("controls.json is tested"));

/// All of them.
pub fn frameworks() -> &'static [Framework] {
    &FRAMEWORKS
}

impl Framework {
    /// By what commands name it.
    pub fn find(id: &str) -> Option<&'static Framework> {
        frameworks().iter().find(|framework| framework.id == id)
    }

    /// What a population shows of each control.
    pub fn judge(&self, population: &Population) -> Vec<ControlFinding<'_>> {
        self.controls.iter().map(|control| control.judge(population)).collect()
    }
}

impl Control {
    fn judge(&self, population: &Population) -> ControlFinding<'_> {
        let count = |kind: &String| population.kinds.get(kind).map_or(0, |kind| kind.count);
        let found: Vec<Vec<_>> = self
            .items
            .iter()
            .map(|item| item.kinds.iter().map(|kind| (&**kind, count(kind))).filter(|(_, count)| *count > 0).collect())
            .collect();
        let with = found.iter().filter(|kinds| !kinds.is_empty()).count();
        let coverage = match with {
            0 => Coverage::Gap,
            all if all == self.items.len() => Coverage::Evidence,
            _ => Coverage::Partial,
        };
        ControlFinding { control: self, coverage, found }
    }
}

impl Coverage {
    /// One word.
    pub fn as_str(self) -> &'static str {
        match self {
            Coverage::Evidence => "evidence",
            Coverage::Partial => "partial",
            Coverage::Gap => "gap",
        }
    }
}
