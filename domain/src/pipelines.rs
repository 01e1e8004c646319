//! How pipelines fare: their last runs, how often they succeed, how long they take, since when they fail.
//!
//! Figures are of the runs that are remembered for it ([`RECENT_RUNS_MAX`](crate::runs::RECENT_RUNS_MAX)), not of all time: what
//! was a year ago says little about tonight.

use crate::catalog::EntityRef;
use crate::catalog::model::Owner;
use crate::id::Timestamp;
use crate::model::Model;
use crate::runs::{Outcome, RecentRun};
use crate::search::{Found, FoundKind, Hits, Query};

/// A pipeline and its last runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// The family of its root task.
    pub root: String,
    /// The component that it belongs to.
    pub component: EntityRef,
    /// Who answers for that.
    pub owner: Option<Owner>,
    /// Its last runs, oldest first.
    pub runs: Vec<RecentRun>,
    /// When the first of the unbroken row of runs that did not succeed ended.
    pub failing_since: Option<Timestamp>,
}

impl Pipeline {
    /// How many of its last runs go on.
    pub fn running(&self) -> usize {
        self.runs.iter().filter(|run| run.end.is_none()).count()
    }

    /// How many of its last runs that ended succeeded, and how many ended.
    pub fn successes(&self) -> (usize, usize) {
        let ended = || self.runs.iter().filter_map(|run| run.end);
        (ended().filter(|(_, outcome)| *outcome == Outcome::Succeeded).count(), ended().count())
    }

    /// The median time of its last runs that ended.
    pub fn duration_p50_us(&self) -> Option<i64> {
        let mut durations: Vec<i64> = self.runs.iter().filter_map(RecentRun::duration_us).collect();
        durations.sort_unstable();
        durations.get(durations.len().saturating_sub(1) / 2).copied()
    }

    fn last_started(&self) -> Option<Timestamp> {
        self.runs.last().map(|run| run.started)
    }
}

/// Which pipelines, and in which order.
#[derive(Clone, Debug, Default)]
pub struct PipelineQuery {
    /// Only what one of these answers for; none: all.
    pub owners: Option<Vec<Owner>>,
    /// Only with this in their name or their component's; case does not count.
    pub text: Option<String>,
    /// Only those that fail.
    pub only_failing: bool,
    /// In which order.
    pub sort: PipelineSort,
    /// The other way round. What lacks the value comes last both ways.
    pub descending: bool,
}

/// The order of pipelines. What is equal is in order of name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PipelineSort {
    /// By name.
    #[default]
    Name,
    /// By the start of the last run.
    Started,
    /// By the median time.
    Duration,
    /// By how often it succeeds.
    Success,
    /// By since when it fails.
    FailingSince,
}

/// Pipelines whose names come after one, in order of name: a slice, for whoever must not hold the model for long.
pub fn after(model: &Model, name: Option<&str>, count: usize) -> Vec<Pipeline> {
    let figures = |(root, runs): (&str, &std::collections::VecDeque<RecentRun>)| {
        let component = model.catalog.component_of_discovered(root);
        Pipeline {
            owner: model.catalog.owner_known(&component),
            component,
            runs: runs.iter().copied().collect(),
            failing_since: model.runs.health(root).and_then(|health| health.failing_since),
            root: root.to_owned(),
        }
    };
    model.runs.recent_after(name).take(count).map(figures).collect()
}

/// Offers some pipelines after one, and the latest run of each that fits, to a search. Says which pipeline was the last;
/// none: there are no more.
pub fn offer_after(model: &Model, name: Option<&str>, count: usize, query: &Query, hits: &mut Hits) -> Option<String> {
    let mut last = None;
    for (root, runs) in model.runs.recent_after(name).take(count) {
        last = Some(root);
        let Some(fit) = query.fit(root) else { continue };
        let name = root.to_lowercase();
        hits.add(fit, FoundKind::Pipeline, &name, || Found::Pipeline(root.to_owned()));
        if let Some(run) = runs.back() {
            hits.add(fit, FoundKind::Run, &name, || Found::Run(run.run));
        }
    }
    last.map(str::to_owned)
}

impl PipelineQuery {
    /// Those of all pipelines that fit, in order.
    pub fn select(&self, mut pipelines: Vec<Pipeline>) -> Vec<Pipeline> {
        let text = self.text.as_deref().map(str::to_lowercase);
        pipelines.retain(|pipeline| {
            (!self.only_failing || pipeline.failing_since.is_some())
                && self
                    .owners
                    .as_ref()
                    .is_none_or(|owners| pipeline.owner.as_ref().is_some_and(|owner| owners.contains(owner)))
                && text.as_deref().is_none_or(|text| {
                    pipeline.root.to_lowercase().contains(text) || pipeline.component.as_str().contains(text)
                })
        });
        if self.sort == PipelineSort::Name {
            if self.descending {
                pipelines.reverse();
            }
            return pipelines;
        }
        // They came in order of name, which the sort keeps among equals.
        pipelines.sort_by_cached_key(|pipeline| {
            let value = match self.sort {
                PipelineSort::Name => None,
                PipelineSort::Started => pipeline.last_started().map(|at| at.0),
                PipelineSort::Duration => pipeline.duration_p50_us(),
                PipelineSort::Success => match pipeline.successes() {
                    (_, 0) => None,
                    (succeeded, ended) => Some((succeeded * 1_000_000 / ended) as i64),
                },
                PipelineSort::FailingSince => pipeline.failing_since.map(|at| at.0),
            };
            (value.is_none(), value.map(|value| if self.descending { !value } else { value }))
        });
        pipelines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RunId;

    fn pipeline(root: &str, durations: &[i64]) -> Pipeline {
        let runs = durations.iter().zip(1..).map(|(duration, number)| RecentRun {
            run: RunId(number),
            started: Timestamp(0),
            end: Some((Timestamp(*duration), if number == 1 { Outcome::Failed } else { Outcome::Succeeded })),
        });
        let component = EntityRef::component(&root.to_lowercase()).expect("a ref");
        Pipeline { root: root.to_owned(), component, owner: None, runs: runs.collect(), failing_since: None }
    }

    #[test]
    fn figures_of_the_last_runs() {
        assert_eq!(pipeline("A", &[]).duration_p50_us(), None);
        assert_eq!(pipeline("A", &[7]).duration_p50_us(), Some(7));
        assert_eq!(pipeline("A", &[9, 1, 5]).duration_p50_us(), Some(5));
        assert_eq!(pipeline("A", &[9, 1, 5, 7]).successes(), (3, 4));
    }

    #[test]
    fn pipelines_are_chosen_and_sorted() {
        let all = || vec![pipeline("A", &[]), pipeline("B", &[3]), pipeline("C", &[9, 9])];
        let check = |query: PipelineQuery, expected: &str| {
            let found = query.select(all());
            assert_eq!(found.iter().map(|one| one.root.as_str()).collect::<String>(), expected, "{query:?}");
        };
        let by = |sort| PipelineQuery { sort, ..PipelineQuery::default() };
        check(by(PipelineSort::Name), "ABC");
        check(by(PipelineSort::Duration), "BCA");
        check(PipelineQuery { descending: true, ..by(PipelineSort::Duration) }, "CBA");
        check(PipelineQuery { descending: true, ..by(PipelineSort::Name) }, "CBA");
        check(by(PipelineSort::Success), "BCA");
        check(PipelineQuery { text: Some("b".into()), ..PipelineQuery::default() }, "B");
        check(PipelineQuery { only_failing: true, ..PipelineQuery::default() }, "");
        check(PipelineQuery { owners: Some(Vec::new()), ..PipelineQuery::default() }, "");
    }
}
