//! `bussola catalog …`, `bussola owner`, `bussola blast`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use bussola_domain::catalog::manifest::ParsedManifest;
use bussola_domain::catalog::{ApplyScope, Catalog};
use bussola_domain::command::Applied;
use bussola_server::http::wire::catalog::{
    ApplyRequest, ApplyResult, CatalogProblems, CheckResult, EntityDetail, EntityPage, EntitySummary, ExportPage,
    ManifestText, OwnerAnswer, OwnerName, Reach, Scope,
};
use bussola_server::http::wire::error::FileProblem;
use bussola_server::manifests::{self, Loaded, Refused};

use crate::Common;
use crate::client::Query;
use crate::error::{CliError, Code, Exit, problem_text};
use crate::output::{self, Format, Screen, count, plain};
use crate::reference;

/// `bussola catalog …`
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make the catalog what manifests say: all of them, or nothing.
    Apply {
        /// Files, directories (searched for compass.yml, catalog-info.yaml, bussola.yaml) or globs.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Also remove what was declared by manifests at or below these paths that are no longer there.
        #[arg(long)]
        prune: bool,
        /// Where the manifests come from, as the name of a repository: their paths in the catalog begin with it, so that the
        /// compass.yml of one repository is not taken for that of another.
        #[arg(long, value_name = "NAME", value_parser = source)]
        source: Option<String>,
        /// Remove without asking.
        #[arg(long, short)]
        yes: bool,
    },
    /// Check manifests without a server: exit status 0 if they are good, 1 if not.
    Check {
        /// Files, directories or globs.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Write entities as manifests: one to stdout, or all into a directory.
    Export {
        /// Of which program.
        #[arg(long, value_enum)]
        format: ManifestFormat,
        /// Only this entity; without --dir it is written to stdout.
        #[arg(value_name = "REF")]
        reference: Option<String>,
        /// Write files below this directory.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// List entities.
    List(ListArguments),
    /// Show everything that is known about an entity.
    Show {
        /// `kind:namespace/name`; for a component its name is enough.
        #[arg(value_name = "REF")]
        reference: String,
    },
    /// List what is not in order: references to what is not there, circles, what nobody answers for, bad manifests.
    Problems,
}

/// Whose manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ManifestFormat {
    /// Atlassian Compass: compass.yml
    Compass,
    /// Backstage: catalog-info.yaml
    Backstage,
}

/// `bussola catalog list`
#[derive(Debug, clap::Args)]
pub struct ListArguments {
    /// Only this kind: component, group, resource, …
    #[arg(long)]
    kind: Option<String>,
    /// Only this type: service, pipeline, dataset, …
    #[arg(long = "type", value_name = "TYPE")]
    entity_type: Option<String>,
    /// Only what this owner answers for.
    #[arg(long)]
    owner: Option<String>,
    /// Only what has this tag.
    #[arg(long)]
    tag: Option<String>,
    /// Only this lifecycle: production, experimental, …
    #[arg(long)]
    lifecycle: Option<String>,
    /// Only this tier: 1 to 4.
    #[arg(long)]
    tier: Option<String>,
    /// Only what fares like this: failing, at_risk, healthy, unknown.
    #[arg(long)]
    health: Option<String>,
    /// Only what has each word of this in its ref, title, description or tags.
    #[arg(long)]
    text: Option<String>,
    /// ref, title, owner, type, tier, health (worst first) or changed (longest ago first).
    #[arg(long, default_value = "ref")]
    sort: String,
    /// Only what nobody answers for.
    #[arg(long)]
    unowned: bool,
    /// At most so many.
    #[arg(long, default_value_t = 1_000, value_parser = output::limit)]
    limit: usize,
}

/// `bussola owner`
#[derive(Debug, clap::Args)]
pub struct OwnerArguments {
    /// `kind:namespace/name`; for a component its name is enough.
    #[arg(value_name = "REF")]
    reference: String,
}

/// `bussola blast`
#[derive(Debug, clap::Args)]
pub struct BlastArguments {
    /// `kind:namespace/name`; for a component its name is enough.
    #[arg(value_name = "REF")]
    reference: String,
    /// So many steps; without it all the way.
    #[arg(long)]
    depth: Option<u32>,
}

/// Runs one of them.
pub fn run(command: Command, common: &Common) -> Result<Exit, CliError> {
    match command {
        Command::Apply { paths, prune, source, yes } => {
            apply(&paths, &Manner { prune, source: source.as_deref(), yes }, common)
        }
        Command::Check { paths } => check(&paths, common),
        Command::Export { format, reference, dir } => export(format, reference, dir.as_deref(), common),
        Command::List(arguments) => list(&arguments, common),
        Command::Show { reference } => {
            let detail: EntityDetail = common.client()?.get(&reference::path(&reference)?)?;
            output::answer(common.output, &detail, |screen| show_text(screen, &detail))?;
            Ok(Exit::Ok)
        }
        Command::Problems => {
            let problems: CatalogProblems = common.client()?.get("/catalog/problems")?;
            output::answer(common.output, &problems, |_| problems_text(&problems))?;
            let counts = problems.counts;
            let any = counts.dangling + counts.cycles + counts.unowned + counts.manifests > 0;
            Ok(if any { Exit::No } else { Exit::Ok })
        }
    }
}

/// `bussola owner`
pub fn owner(arguments: &OwnerArguments, common: &Common) -> Result<Exit, CliError> {
    let path = reference::path(&arguments.reference)?;
    let answer: OwnerAnswer = common.client()?.get(&format!("{path}/owner"))?;
    output::answer(common.output, &answer, |_| owner_text(&answer))?;
    Ok(Exit::Ok)
}

/// `bussola blast`
pub fn blast(arguments: &BlastArguments, common: &Common) -> Result<Exit, CliError> {
    let path = reference::path(&arguments.reference)?;
    let query = Query::default().with_some("depth", arguments.depth);
    let reach: Reach = common.client()?.get(&format!("{path}/blast{query}"))?;
    output::answer(common.output, &reach, |screen| blast_text(screen, &reach))?;
    Ok(Exit::Ok)
}

fn list(arguments: &ListArguments, common: &Common) -> Result<Exit, CliError> {
    let query = || {
        let query = Query::default()
            .with_some("kind", arguments.kind.as_deref())
            .with_some("type", arguments.entity_type.as_deref())
            .with_some("owner", arguments.owner.as_deref())
            .with_some("tag", arguments.tag.as_deref())
            .with_some("lifecycle", arguments.lifecycle.as_deref())
            .with_some("tier", arguments.tier.as_deref())
            .with_some("health", arguments.health.as_deref())
            .with("sort", &arguments.sort)
            .with_some("text", arguments.text.as_deref());
        if arguments.unowned { query.with("unowned", true) } else { query }
    };
    let mut client = common.client()?;
    let mut all = EntityPage { items: Vec::new(), total: 0, next_offset: Some(0), facets: Vec::new() };
    while let Some(offset) = all.next_offset.filter(|_| all.items.len() < arguments.limit) {
        let limit = (arguments.limit - all.items.len()).min(1_000);
        let page: EntityPage =
            client.get(&format!("/catalog/entities{}", query().with("offset", offset).with("limit", limit)))?;
        (all.total, all.next_offset) = (page.total, page.next_offset);
        all.items.extend(page.items);
    }
    output::answer(common.output, &all, |screen| list_text(screen, &all.items))?;
    if all.items.len() < all.total {
        output::say(&format!("{} of {} are shown: --limit shows more\n", all.items.len(), all.total));
    }
    Ok(Exit::Ok)
}

/// Reads manifests; what cannot be read at all is an error.
fn load(paths: &[PathBuf]) -> Result<Loaded, CliError> {
    let loaded = manifests::load_all(paths);
    for note in &loaded.notes {
        output::say(&format!("note: {note}\n"));
    }
    if let Some((last, others)) = loaded.refused.split_last() {
        for refused in others {
            output::say(&CliError::from(refused).text());
        }
        // What is wrong inside the files that could be read is worth knowing all the same.
        for problem in &loaded.problems {
            output::say(&problem_text(&FileProblem::of(problem)));
        }
        return Err(last.into());
    }
    Ok(loaded)
}

fn check(paths: &[PathBuf], common: &Common) -> Result<Exit, CliError> {
    let loaded = load(paths)?;
    let (result, exit) = check_loaded(&loaded);
    output::answer(common.output, &result, |_| check_text(&result))?;
    if common.output == Format::Table && !result.valid {
        output::say(&format!(
            "{} in {}\n",
            count(result.problems.len(), "problem", "problems"),
            files(&result.problems)
        ));
    }
    Ok(exit)
}

fn files(problems: &[FileProblem]) -> String {
    let files: BTreeSet<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    count(files.len(), "file", "files")
}

/// What the manifests would make of an empty catalog: conflicts among them are found, those with others are not.
fn check_loaded(loaded: &Loaded) -> (CheckResult, Exit) {
    let problems = match loaded.problems.as_slice() {
        [] => match Catalog::new().plan_apply(&ApplyScope::Files, &loaded.manifests) {
            Ok(events) => {
                let applied = Applied::of(&Catalog::new(), &loaded.manifests, &events);
                let would = ApplyResult {
                    manifests: applied.manifests,
                    entities: applied.entities,
                    declared: applied.declared.iter().map(ToString::to_string).collect(),
                    removed: Vec::new(),
                    replaced: Vec::new(),
                    unknown_owners: Vec::new(),
                };
                return (CheckResult { valid: true, problems: Vec::new(), would: Some(would) }, Exit::Ok);
            }
            Err(problems) => problems,
        },
        problems => problems.to_vec(),
    };
    let problems = problems.iter().map(FileProblem::of).collect();
    (CheckResult { valid: false, problems, would: None }, Exit::No)
}

fn check_text(result: &CheckResult) -> String {
    match &result.would {
        Some(would) => format!(
            "{} good: {}\n",
            count(would.manifests, "manifest is", "manifests are"),
            count(would.entities, "entity", "entities")
        ),
        None => result.problems.iter().map(problem_text).collect(),
    }
}

/// How manifests are applied.
struct Manner<'a> {
    prune: bool,
    source: Option<&'a str>,
    yes: bool,
}

/// A name before the paths of a source's manifests.
fn source(text: &str) -> Result<String, String> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    match text.chars().all(is_good) && text.split('/').all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err("a name of letters, digits and `._-/` is needed, as `acme/payments`".to_owned()),
    }
}

fn apply(paths: &[PathBuf], manner: &Manner<'_>, common: &Common) -> Result<Exit, CliError> {
    let (loaded, gone) = load_or_gone(paths, manner)?;
    if !loaded.is_good() {
        let problems: Vec<FileProblem> = loaded.problems.iter().map(FileProblem::of).collect();
        for problem in &problems {
            output::say(&problem_text(problem));
        }
        output::say(&format!(
            "nothing was changed: {} in {}\n",
            count(problems.len(), "problem", "problems"),
            files(&problems)
        ));
        return Ok(Exit::No);
    }
    let request = request(&loaded.manifests, paths, manner)?;
    let mut client = common.client()?;
    let checked: CheckResult = client.post("/catalog/check", &request)?;
    let would = checked.would;
    // Where nothing ever was, a path is a slip of the pen.
    if let (Some(gone), true) = (gone, would.as_ref().is_some_and(|would| would.removed.is_empty())) {
        return Err((&gone).into());
    }
    confirm_removals(would.as_ref(), manner)?;
    let result: ApplyResult = client.post("/catalog/apply", &request)?;
    output::answer(common.output, &result, |screen| applied_text(screen, &result))?;
    for unknown in &result.unknown_owners {
        let (of, owner) = (short(&unknown.reference), plain(&unknown.owner));
        output::say(&format!(
            "note: {}:{}: {of} names {owner}, which no manifest declares\n",
            unknown.path, unknown.line
        ));
    }
    Ok(Exit::Ok)
}

/// Reads manifests. Who prunes may name what is gone altogether: then it is said what could not be found.
fn load_or_gone(paths: &[PathBuf], manner: &Manner<'_>) -> Result<(Loaded, Option<Refused>), CliError> {
    if !manner.prune {
        return Ok((load(paths)?, None));
    }
    let has_none = |path: &&PathBuf| match manifests::find(std::slice::from_ref(*path)).refused.as_slice() {
        [Refused::Nothing { .. }] => true,
        [Refused::Unreadable { source, .. }] => source.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    };
    let (gone, there): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.iter().partition(has_none);
    let gone = gone.first().and_then(|path| manifests::find(std::slice::from_ref(*path)).refused.pop());
    let there: Vec<PathBuf> = there.into_iter().cloned().collect();
    Ok((if there.is_empty() { Loaded::default() } else { load(&there)? }, gone))
}

fn request(parsed: &[ParsedManifest], paths: &[PathBuf], manner: &Manner<'_>) -> Result<ApplyRequest, CliError> {
    let named = |path: &str| match manner.source {
        Some(source) => format!("{source}/{path}"),
        None => path.to_owned(),
    };
    let scope = if manner.prune {
        let names = paths.iter().map(|path| manifests::name(path).map_err(|refused| CliError::from(&refused)));
        let mut names = names.collect::<Result<Vec<_>, _>>()?;
        if let Some(glob) = names.iter().find(|name| name.contains(['*', '?'])) {
            let message = format!("cannot prune at `{glob}`: a glob does not say what is gone");
            return Err(CliError::new(Code::BadArgument, message, "give the directory"));
        }
        let is_here = names.iter().any(|name| name == ".");
        match manner.source {
            Some(source) if is_here => names = vec![source.to_owned()],
            Some(_) => names = names.iter().map(|name| named(name)).collect(),
            // Everything here is below `.`, which is in nobody's name.
            None if is_here => {
                let first = |manifest: &ParsedManifest| manifest.path().split('/').next().map(str::to_owned);
                names = parsed.iter().filter_map(first).collect();
            }
            None => {}
        }
        Scope::Under(names)
    } else {
        Scope::Files
    };
    let manifests =
        parsed.iter().map(|manifest| ManifestText { path: named(manifest.path()), text: manifest.blob().text.clone() });
    Ok(ApplyRequest { manifests: manifests.collect(), scope })
}

/// Asks before entities go that nobody may have meant: by pruning, or because other manifests stand where theirs stood.
fn confirm_removals(would: Option<&ApplyResult>, manner: &Manner<'_>) -> Result<(), CliError> {
    let Some(would) = would.filter(|would| !would.removed.is_empty()) else { return Ok(()) };
    if !manner.prune && would.replaced.is_empty() {
        return Ok(());
    }
    for path in &would.replaced {
        output::say(&format!(
            "`{}` declares nothing of what the manifest of this path declared before: of another repository, it needs --source\n",
            plain(path)
        ));
    }
    for reference in &would.removed {
        output::say(&format!("to be removed: {reference}\n"));
    }
    output::confirm(manner.yes, &format!("remove {}?", count(would.removed.len(), "entity", "entities")))
}

fn export(
    format: ManifestFormat,
    reference: Option<String>,
    dir: Option<&Path>,
    common: &Common,
) -> Result<Exit, CliError> {
    if reference.is_none() && dir.is_none() && common.output == Format::Table {
        let message = "cannot write all manifests to stdout: they are several files";
        return Err(CliError::new(Code::BadArgument, message, "name one entity, or a directory with --dir"));
    }
    let name = match format {
        ManifestFormat::Compass => "compass",
        ManifestFormat::Backstage => "backstage",
    };
    let mut client = common.client()?;
    let mut all: Option<ExportPage> = None;
    let mut offset = Some(0);
    while let Some(from) = offset {
        let query = Query::default().with("format", name).with_some("ref", reference.as_deref());
        let query = query.with("offset", from).with("limit", 500);
        let page: ExportPage = client.get(&format!("/catalog/export{query}"))?;
        offset = page.next_offset;
        match &mut all {
            Some(all) => all.items.extend(page.items),
            None => all = Some(page),
        }
    }
    let Some(mut page) = all else { return Ok(Exit::Ok) };
    page.next_offset = None;
    for item in &page.items {
        let entity = item.reference.as_deref().unwrap_or("");
        for loss in &item.lost {
            output::say(&format!("note: {entity}: {}: {}\n", plain(&loss.field), plain(&loss.why)));
        }
    }
    match dir {
        Some(dir) => write_files(&page, dir, common)?,
        None => output::answer(common.output, &page, |_| {
            page.items.iter().filter_map(|item| item.text.as_deref()).collect::<Vec<_>>().join("---\n")
        })?,
    }
    Ok(Exit::Ok)
}

/// Files of several documents get all of theirs.
fn write_files(page: &ExportPage, dir: &Path, common: &Common) -> Result<(), CliError> {
    let mut written: Vec<(PathBuf, String)> = Vec::new();
    for item in &page.items {
        let Some(text) = &item.text else { continue };
        let path = below(dir, &item.path);
        match written.iter_mut().find(|(known, _)| *known == path) {
            Some((_, known)) => {
                known.push_str("---\n");
                known.push_str(text);
            }
            None => written.push((path, text.clone())),
        }
    }
    for (path, text) in &written {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| CliError::write(parent, &error))?;
        }
        std::fs::write(path, text).map_err(|error| CliError::write(path, &error))?;
    }
    output::answer(common.output, page, |_| written.iter().map(|(path, _)| format!("{}\n", path.display())).collect())
}

/// A path that a server named, without what would lead out of the directory.
fn below(dir: &Path, path: &str) -> PathBuf {
    let parts = Path::new(path).components().filter(|part| matches!(part, Component::Normal(_)));
    parts.fold(dir.to_owned(), |path, part| path.join(part))
}

/// Whose it is, in one word or two.
pub fn owner_name(owner: Option<&OwnerName>) -> String {
    owner.map_or_else(|| "unowned".to_owned(), |owner| plain(&owner.name))
}

fn list_text(screen: &Screen, items: &[EntitySummary]) -> String {
    if items.is_empty() {
        return "nothing is listed: `bussola catalog apply PATH` declares entities, runs discover pipelines\n"
            .to_owned();
    }
    let row = |item: &EntitySummary| {
        let state = match (&item.failing_since, &item.health_cause) {
            (Some(since), _) => format!("failing since {}", screen.ago(since)),
            (None, Some(_)) => "at risk".to_owned(),
            (None, None) => item.state.clone(),
        };
        let entity_type = item.entity_type.clone().unwrap_or_default();
        let is_owner = item.reference.starts_with("group:") || item.reference.starts_with("user:");
        let owner = if is_owner && item.owner.is_none() { String::new() } else { owner_name(item.owner.as_ref()) };
        vec![item.reference.clone(), entity_type, owner, state]
    };
    screen.table(&["REF", "TYPE", "OWNER", "STATE"], items.iter().map(row).collect())
}

fn applied_text(screen: &Screen, result: &ApplyResult) -> String {
    let mut text = format!(
        "applied {}: {}, {} declared anew or changed, {} removed\n",
        count(result.manifests, "manifest", "manifests"),
        count(result.entities, "entity", "entities"),
        result.declared.len(),
        result.removed.len()
    );
    // Few changes are worth reading one by one; many are a first import.
    if result.declared.len() + result.removed.len() <= 20 && screen.width.is_some() {
        for (sign, references) in [("+", &result.declared), ("-", &result.removed)] {
            for reference in references {
                let _ = writeln!(text, "  {sign} {reference}");
            }
        }
    }
    text
}

/// Who answers for it, and how that is known.
fn owner_text(answer: &OwnerAnswer) -> String {
    let mut text = match &answer.owner {
        Some(OwnerName { reference: Some(reference), name }) => {
            format!("{} is owned by {} ({reference})\n", answer.reference, plain(name))
        }
        Some(OwnerName { reference: None, name }) => {
            format!("{} is owned by {}, as Luigi says (owner_email)\n", answer.reference, plain(name))
        }
        None => format!("{} is unowned\n", answer.reference),
    };
    for step in &answer.chain {
        let why = match (step.reason.as_str(), &step.place) {
            ("declared", Some(place)) => {
                let written = step.written.as_deref().unwrap_or("");
                format!("says `{}` at {}:{}:{}", plain(written), place.path, place.line, place.column)
            }
            ("luigi", _) => format!("runs as `{}`, whose tasks say so", plain(step.pipeline.as_deref().unwrap_or(""))),
            ("part_of", _) => "names no owner, and is part of:".to_owned(),
            ("produced_by", _) => "names no owner, and is made by:".to_owned(),
            _ => "names no owner".to_owned(),
        };
        let _ = writeln!(text, "  {} {why}", step.reference);
    }
    if answer.owner.is_none() {
        text.push_str("hint: name an owner in its manifest, or claim its family for a component in a bussola.yaml\n");
    }
    text
}

fn blast_text(screen: &Screen, reach: &Reach) -> String {
    let owner = owner_name(reach.owner.as_ref());
    if reach.total == 0 {
        return format!("nothing depends on {} ({owner})\n", reach.reference);
    }
    let mut text = format!(
        "{} when {} ({owner}) fails\n\n",
        count(reach.total, "entity is affected", "entities are affected"),
        reach.reference
    );
    let rows = reach.items.iter().map(|item| {
        let because = format!("{} {}", item.via, short(&item.from));
        let state = if item.exists { "" } else { " (not there)" };
        vec![item.distance.to_string(), format!("{}{state}", item.reference), owner_name(item.owner.as_ref()), because]
    });
    text.push_str(&screen.table(&["STEPS", "REF", "OWNER", "BECAUSE IT"], rows.collect()));
    if reach.items.len() < reach.total {
        let _ = writeln!(text, "and {} more", reach.total - reach.items.len());
    }
    let owners: Vec<String> =
        reach.owners.iter().map(|count| format!("{} {}", owner_name(count.owner.as_ref()), count.count)).collect();
    let _ = writeln!(text, "\nowners: {}", owners.join(", "));
    text
}

/// A ref without what it shares with most: `component:default/`.
pub fn short(reference: &str) -> &str {
    reference.strip_prefix("component:default/").unwrap_or(reference)
}

fn show_text(screen: &Screen, detail: &EntityDetail) -> String {
    let summary = &detail.summary;
    let mut text = format!("{}\n", screen.bold(&summary.reference));
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {name:<12} {}", plain(value).replace('\n', " "));
        }
    };
    line("title", &summary.title);
    line("type", summary.entity_type.as_deref().unwrap_or(""));
    line("state", &summary.state);
    line("description", summary.description.as_deref().unwrap_or(""));
    line("lifecycle", summary.lifecycle.as_deref().unwrap_or(""));
    line("tier", &summary.tier.map(|tier| tier.to_string()).unwrap_or_default());
    line("tags", &summary.tags.join(", "));
    line("owner", &owner_name(summary.owner.as_ref()));
    if let Some(since) = &summary.failing_since {
        line("failing", &format!("since {}", screen.time(since)));
    }
    if let Some(cause) = &summary.health_cause {
        line("at risk", &format!("{cause} fails"));
    }
    if let Some(declaration) = &detail.declaration {
        let place = &declaration.place;
        line("declared", &format!("{}:{} ({})", place.path, place.line, declaration.format));
        line("since", &screen.time(&declaration.since));
    }
    line("aliases", &detail.aliases.join(", "));
    line("made by", &detail.produced_by.join(", "));
    for link in &detail.links {
        line("link", &format!("{} {}", link.title.as_deref().unwrap_or(""), link.url));
    }
    section(
        &mut text,
        screen,
        "relations",
        &["RELATION", "REF", ""],
        detail.relations.iter().map(|relation| {
            let missing = if relation.exists { "" } else { "not there" };
            vec![relation.relation.clone(), relation.reference.clone(), missing.to_owned()]
        }),
    );
    if detail.relations.len() < detail.relations_total {
        let _ = writeln!(text, "and {} more", detail.relations_total - detail.relations.len());
    }
    section(
        &mut text,
        screen,
        "pipelines",
        &["ROOT", "FAMILIES", "NEEDS", "LAST RUN"],
        detail.pipelines.iter().map(|pipeline| {
            let last = pipeline.health.as_ref().map_or("none has ended".to_owned(), |health| {
                format!("{} {}, run {}", health.outcome, screen.ago(&health.ended), health.run)
            });
            vec![pipeline.root.clone(), pipeline.families.len().to_string(), pipeline.dependencies.join(", "), last]
        }),
    );
    let fields = detail.declaration.iter().flat_map(|declaration| &declaration.fields);
    section(
        &mut text,
        screen,
        "fields",
        &["FIELD", "WRITTEN AT", "SINCE"],
        fields.map(|field| {
            let place = format!("{}:{}", field.place.path, field.place.line);
            vec![field.field.clone(), place, screen.ago(&field.since)]
        }),
    );
    text
}

fn section(text: &mut String, screen: &Screen, title: &str, header: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        let _ = write!(text, "\n{}\n{}", screen.bold(title), screen.table(header, rows));
    }
}

fn problems_text(problems: &CatalogProblems) -> String {
    let counts = problems.counts;
    let mut text = String::new();
    for problem in &problems.manifests {
        text.push_str(&problem_text(problem));
    }
    for dangling in &problems.dangling {
        let place = &dangling.place;
        let _ = writeln!(
            text,
            "{}:{}:{}: {} names `{}` in {}, which is not there",
            place.path,
            place.line,
            place.column,
            dangling.reference,
            plain(&dangling.written),
            dangling.field
        );
    }
    for cycle in &problems.cycles {
        let _ = writeln!(text, "in a circle: {}", cycle.join(", "));
    }
    for entity in &problems.unowned {
        let _ = writeln!(text, "unowned: {}", entity.reference);
    }
    let _ = writeln!(
        text,
        "{}{}, {}, {} unowned, {}",
        if text.is_empty() { "" } else { "\n" },
        count(counts.dangling, "dangling reference", "dangling references"),
        count(counts.cycles, "circle", "circles"),
        counts.unowned,
        count(counts.manifests, "problem in manifests", "problems in manifests")
    );
    text
}

#[cfg(test)]
#[path = "catalog_tests.rs"]
mod tests;
