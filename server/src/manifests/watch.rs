//! `[catalog] paths`: applied at the start, and again when files change.
//!
//! One task looks every second, or as often as takes it a twentieth of its time. That is plain, the same on every file
//! system (also those that tell nobody of changes), and cheap: names and numbers of files, no content.
//!
//! INVARIANT: a file with a problem keeps saying what it said when it was last good; the others are applied all the same.
//! INVARIANT: a manifest is only forgotten when its file is gone and everything could be looked at: a disk that is away is no
//! reason to forget a company.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bussola_domain::catalog::manifest::ParsedManifest;
use bussola_domain::catalog::{ApplyScope, Problem};
use bussola_domain::command::ApplyManifests;
use parking_lot::RwLock;

use super::{Outcome, Refused, Search, Stamp, find, load, name};
use crate::app::{App, Unavailable, system_now};
use crate::http::wire::error::FileProblem;

/// How long files are left alone: a page shows a change within two seconds.
const INTERVAL: Duration = Duration::from_secs(1);

/// Between two looks passes this many times what a look took: trees may be large, or disks slow.
const PAUSE_FACTOR: u32 = 20;

/// LIMIT: times that manifests in conflict are left out and the others tried again. Each leaves out at least one.
const CONFLICTS_MAX: usize = 20;

/// What is wrong with the files at the moment.
#[derive(Debug, Default)]
pub struct Report {
    problems: RwLock<Vec<FileProblem>>,
}

impl Report {
    /// All of it.
    pub fn problems(&self) -> Vec<FileProblem> {
        self.problems.read().clone()
    }

    /// Replaces what was wrong; what is newly wrong is logged.
    fn replace(&self, problems: Vec<FileProblem>) {
        let mut known = self.problems.write();
        for problem in problems.iter().filter(|problem| !known.contains(problem)) {
            let place = match (problem.line, problem.column) {
                (Some(line), Some(column)) => format!("{}:{line}:{column}", problem.path),
                _ => problem.path.clone(),
            };
            tracing::warn!(code = %problem.code, %place, problem = %problem.message, hint = %problem.hint, "a manifest is not applied");
        }
        *known = problems;
    }
}

/// Applies what is found at these paths, now and whenever it changes, for as long as the server runs.
pub async fn watch(app: Arc<App>, paths: Vec<PathBuf>, report: Arc<Report>) {
    let mut watcher = Watcher { paths, ..Watcher::default() };
    loop {
        let looked = tokio::task::spawn_blocking(move || {
            let start = Instant::now();
            let search = find(&watcher.paths);
            (watcher, search, start.elapsed())
        });
        let (search, took);
        (watcher, search, took) = match looked.await {
            Ok(looked) => looked,
            Err(error) => {
                tracing::error!(%error, "stopped looking at manifests");
                return;
            }
        };
        if let Err(error) = watcher.round(&app, search, &report).await {
            // What was not kept is tried again in the next round.
            tracing::warn!(%error, "cannot apply manifests");
            watcher.seen.clear();
            watcher.first = true;
        }
        tokio::time::sleep(INTERVAL.max(took * PAUSE_FACTOR)).await;
    }
}

struct Watcher {
    paths: Vec<PathBuf>,
    /// Files as they were when they were last loaded.
    seen: BTreeMap<PathBuf, Stamp>,
    /// Files that are not applied: loaded again whenever something changes, for they may be in conflict with it.
    bad: BTreeSet<PathBuf>,
    refused: Vec<String>,
    first: bool,
}

impl Default for Watcher {
    fn default() -> Watcher {
        Watcher { paths: Vec::new(), seen: BTreeMap::new(), bad: BTreeSet::new(), refused: Vec::new(), first: true }
    }
}

impl Watcher {
    /// Compares what was found with what is known, and applies what changed.
    async fn round(&mut self, app: &Arc<App>, search: Search, report: &Report) -> Result<(), Unavailable> {
        let found: BTreeMap<PathBuf, Stamp> = search.files.iter().map(|file| (file.path.clone(), file.stamp)).collect();
        let refused: Vec<String> = search.refused.iter().map(Refused::to_string).collect();
        if !self.first && found == self.seen && refused == self.refused {
            return Ok(());
        }
        let changed: Vec<_> = search
            .files
            .iter()
            .filter(|file| self.seen.get(&file.path) != Some(&file.stamp) || self.bad.contains(&file.path))
            .cloned()
            .collect();
        let loading = tokio::task::spawn_blocking(move || {
            changed.into_iter().map(|file| (file.path.clone(), load(&file))).collect::<Vec<_>>()
        });
        let loaded = loading.await.unwrap_or_default();
        let mut problems: Vec<FileProblem> = search.refused.iter().map(FileProblem::refused).collect();
        let mut bad = BTreeSet::new();
        let mut manifests = Vec::new();
        for (path, outcome) in loaded {
            match outcome {
                Outcome::Valid(manifest) => manifests.push((path, *manifest)),
                Outcome::Problems(more) => {
                    bad.insert(path);
                    problems.extend(more.iter().map(FileProblem::of));
                }
                Outcome::Refused(refused) => {
                    bad.insert(path);
                    problems.push(FileProblem::refused(&refused));
                }
            }
        }
        let gone = self.gone(app, &found, search.refused.is_empty());
        for (path, more) in apply(app, manifests, gone).await? {
            bad.insert(path);
            problems.extend(more.iter().map(FileProblem::of));
        }
        (self.seen, self.bad, self.refused, self.first) = (found, bad, refused, false);
        report.replace(problems);
        Ok(())
    }

    /// Manifests of the catalog whose files were found before, or lie in the given directories, and are there no more.
    fn gone(&self, app: &App, found: &BTreeMap<PathBuf, Stamp>, all_looked_at: bool) -> Vec<String> {
        if !all_looked_at {
            return Vec::new();
        }
        let names: BTreeSet<String> = found.keys().filter_map(|path| name(path).ok()).collect();
        let before: BTreeSet<String> = self.seen.keys().filter_map(|path| name(path).ok()).collect();
        let trees: Vec<String> = self.paths.iter().filter_map(|path| name(path).ok()).collect();
        let is_ours = |path: &str| {
            before.contains(path)
                || trees.iter().any(|tree| {
                    path == tree || path.strip_prefix(tree.as_str()).is_some_and(|rest| rest.starts_with('/'))
                })
        };
        app.store.read(|model| {
            let known = model.catalog.manifests().map(|(path, _)| path);
            let gone = known.filter(|path| !names.contains(*path) && is_ours(path) && !Path::new(path).exists());
            gone.map(str::to_owned).collect()
        })
    }
}

type Conflicts = Vec<(PathBuf, Vec<Problem>)>;

/// Applies manifests; those in conflict are left out, with what is wrong with them.
async fn apply(
    app: &Arc<App>,
    mut manifests: Vec<(PathBuf, ParsedManifest)>,
    gone: Vec<String>,
) -> Result<Conflicts, Unavailable> {
    let mut conflicts: Conflicts = Vec::new();
    for _ in 0..CONFLICTS_MAX {
        if manifests.is_empty() && gone.is_empty() {
            return Ok(conflicts);
        }
        let scope = if gone.is_empty() { ApplyScope::Files } else { ApplyScope::Under(gone.clone()) };
        let all = manifests.iter().map(|(_, manifest)| manifest.clone()).collect();
        let problems =
            match app.execute_itself("catalog.paths", system_now(), ApplyManifests { scope, manifests: all }).await? {
                Ok(applied) => {
                    let (declared, removed) = (applied.declared.len(), applied.removed.len());
                    tracing::info!(manifests = applied.manifests, declared, removed, "applied manifests");
                    return Ok(conflicts);
                }
                Err(problems) => problems,
            };
        let (out, rest): (Vec<_>, Vec<_>) = manifests
            .into_iter()
            .partition(|(_, manifest)| problems.iter().any(|problem| problem.path == manifest.path()));
        if out.is_empty() {
            // In conflict with themselves alone: nothing that could be left out.
            return Ok(conflicts);
        }
        for (path, manifest) in out {
            let own = problems.iter().filter(|problem| problem.path == manifest.path()).cloned().collect();
            conflicts.push((path, own));
        }
        manifests = rest;
    }
    Ok(conflicts)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use bussola_domain::id::Timestamp;
    use bussola_store::{Location, Options, Store};
    use tempfile::TempDir;

    use super::*;
    use crate::config::{Arguments, Settings};

    /// A watched directory and the catalog that follows it.
    struct Watched {
        tree: TempDir,
        app: Arc<App>,
        report: Report,
        watcher: Watcher,
    }

    impl Watched {
        fn new() -> Watched {
            let tree = tempfile::tempdir().expect("a directory");
            let arguments = Arguments { ephemeral: true, ..Arguments::default() };
            let settings = Settings::resolve(&arguments).expect("the defaults are settings");
            let store = Store::open(Options::new(Location::Memory), Timestamp(0)).expect("memory can be opened");
            let watcher = Watcher { paths: vec![tree.path().to_owned()], ..Watcher::default() };
            Watched { tree, app: App::new(store, &settings, None), report: Report::default(), watcher }
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.tree.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, text).expect("a file");
        }

        /// Looks once: refs of what is declared, and codes of what is wrong.
        async fn look(&mut self) -> (Vec<String>, Vec<String>) {
            let search = find(&self.watcher.paths);
            self.watcher.round(&self.app, search, &self.report).await.expect("the ledger can be written");
            let declared = self.app.store.read(|model| {
                let mut declared: Vec<String> =
                    model.catalog.all_declared().map(|declared| declared.entity.reference.name().to_owned()).collect();
                declared.sort();
                declared
            });
            (declared, self.report.problems().into_iter().map(|problem| problem.code).collect())
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[tokio::test]
    async fn the_catalog_follows_the_files() {
        let mut watched = Watched::new();
        watched.write("a/compass.yml", "name: a\n");
        watched.write("b/compass.yml", "name: b\n");
        assert_eq!(watched.look().await, (names(&["a", "b"]), names(&[])));

        // A file with a problem keeps saying what it said; the others are applied.
        watched.write("a/compass.yml", "name: [broken\n");
        watched.write("c/compass.yml", "name: c\n");
        assert_eq!(watched.look().await, (names(&["a", "b", "c"]), names(&["B0103"])));
        let size = watched.app.store.head().size;
        assert_eq!(watched.look().await.1, names(&["B0103"]), "what is still wrong is still listed");
        assert_eq!(watched.app.store.head().size, size, "nothing new, nothing recorded");

        // Two that declare one entity: neither replaces what is there, and mending one mends both.
        watched.write("a/compass.yml", "name: c\n");
        assert_eq!(watched.look().await, (names(&["a", "b", "c"]), names(&["B0131"])));
        fs::remove_file(watched.tree.path().join("c/compass.yml")).expect("a file");
        assert_eq!(watched.look().await, (names(&["b", "c"]), names(&[])));

        // A move is one change.
        fs::rename(watched.tree.path().join("b"), watched.tree.path().join("d")).expect("a directory");
        assert_eq!(watched.look().await, (names(&["b", "c"]), names(&[])));
    }

    #[tokio::test]
    async fn what_is_gone_is_forgotten_after_a_restart_too() {
        let mut watched = Watched::new();
        watched.write("a/compass.yml", "name: a\n");
        watched.write("b/compass.yml", "name: b\n");
        watched.look().await;
        fs::remove_dir_all(watched.tree.path().join("a")).expect("a directory");
        watched.watcher = Watcher { paths: watched.watcher.paths.clone(), ..Watcher::default() };
        assert_eq!(watched.look().await, (names(&["b"]), names(&[])));
    }

    #[tokio::test]
    async fn a_disk_that_is_away_is_no_reason_to_forget() {
        let mut watched = Watched::new();
        watched.write("a/compass.yml", "name: a\n");
        watched.look().await;
        let (here, away) = (watched.tree.path().to_owned(), watched.tree.path().with_extension("away"));
        fs::rename(&here, &away).expect("a directory");
        assert_eq!(watched.look().await, (names(&["a"]), names(&["B0151"])));
        fs::rename(&away, &here).expect("a directory");
        assert_eq!(watched.look().await, (names(&["a"]), names(&[])));
    }
}
