//! `bussola workers`, `resources`, `pause`, `unpause`.

use bussola_server::http::wire::status::{Paused, ResourceList, ResourceTotal, ResourceView, WorkerList, WorkerView};
use serde_json::json;

use crate::Common;
use crate::client::segment;
use crate::error::{CliError, Exit};
use crate::output::{self, Screen, plain};
use crate::runs::who;

/// `bussola workers`
#[derive(Debug, clap::Args)]
pub struct WorkerArguments {
    #[command(subcommand)]
    command: Option<WorkerCommand>,
}

#[derive(Debug, clap::Subcommand)]
enum WorkerCommand {
    /// Give a worker no more work: it ends what it runs, and leaves.
    Disable {
        /// Luigi's id of the worker, as `bussola workers --output json` has it.
        worker: String,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Ask a worker to run another number of tasks at once.
    Processes {
        /// Luigi's id of the worker, as `bussola workers --output json` has it.
        worker: String,
        /// How many: 1 or more.
        number: u32,
    },
}

/// `bussola resources`
#[derive(Debug, clap::Args)]
pub struct ResourceArguments {
    #[command(subcommand)]
    command: Option<ResourceCommand>,
}

#[derive(Debug, clap::Subcommand)]
enum ResourceCommand {
    /// Set how much of a resource there is.
    Set {
        /// Its name.
        #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
        name: String,
        /// Units: 0 or more.
        total: f64,
    },
}

/// `bussola workers`
pub fn workers(arguments: WorkerArguments, common: &Common) -> Result<Exit, CliError> {
    match arguments.command {
        Some(WorkerCommand::Disable { worker, yes }) => {
            output::confirm(yes, &format!("give worker `{}` no more work, for good?", plain(&worker)))?;
            let path = format!("/workers/{}/disable", segment(&worker));
            let view: WorkerView = common.client()?.post(&path, &json!({}))?;
            let text = |_: &Screen| format!("{} is phasing out: it gets no more work\n", who(&view.who));
            output::answer(common.output, &view, text)?;
        }
        Some(WorkerCommand::Processes { worker, number }) => {
            let path = format!("/workers/{}/processes", segment(&worker));
            let view: WorkerView = common.client()?.put(&path, &json!({ "processes": number }))?;
            let text = |_: &Screen| format!("{} is asked to run {number} at once\n", who(&view.who));
            output::answer(common.output, &view, text)?;
        }
        None => list_workers(common)?,
    }
    Ok(Exit::Ok)
}

fn list_workers(common: &Common) -> Result<(), CliError> {
    let mut client = common.client()?;
    let mut all = WorkerList { items: Vec::new(), total: 0, next_offset: Some(0) };
    while let Some(offset) = all.next_offset {
        let page: WorkerList = client.get(&format!("/workers?limit=1000&offset={offset}"))?;
        (all.total, all.next_offset) = (page.total, page.next_offset);
        all.items.extend(page.items);
    }
    output::answer(common.output, &all, |screen| workers_text(screen, &all.items))
}

fn workers_text(screen: &Screen, items: &[WorkerView]) -> String {
    if items.is_empty() {
        return "no workers: start one with `luigi --scheduler-port …`, or luigi.build without local_scheduler\n"
            .to_owned();
    }
    let row = |worker: &WorkerView| {
        let pid = worker.who.pid.map(|pid| pid.to_string()).unwrap_or_default();
        let state = match (worker.disabled, worker.heard.is_silent()) {
            (true, false) => "phasing out",
            (true, true) => "phasing out, silent",
            (false, true) => "silent",
            (false, false) => "",
        };
        vec![
            who(&worker.who),
            pid,
            worker.run.map(|run| run.to_string()).unwrap_or_default(),
            worker.running.len().to_string(),
            worker.pending.to_string(),
            screen.ago(&worker.started),
            format!("{} {state}", screen.ago(&worker.last_active)),
        ]
    };
    screen.table(&["WORKER", "PID", "RUN", "RUNNING", "CAN RUN", "STARTED", "SEEN"], items.iter().map(row).collect())
}

/// `bussola resources`
pub fn resources(arguments: ResourceArguments, common: &Common) -> Result<Exit, CliError> {
    let mut client = common.client()?;
    match arguments.command {
        Some(ResourceCommand::Set { name, total }) => {
            let view: ResourceView = client.put(&format!("/resources/{}", segment(&name)), &ResourceTotal { total })?;
            output::answer(common.output, &view, |_| {
                format!("{}: {} in all, {} in use\n", plain(&view.name), amount(&view.total), amount(&view.used))
            })?;
        }
        None => {
            let list: ResourceList = client.get("/resources")?;
            output::answer(common.output, &list, |screen| resources_text(screen, &list.items))?;
        }
    }
    Ok(Exit::Ok)
}

fn resources_text(screen: &Screen, items: &[ResourceView]) -> String {
    if items.is_empty() {
        return "no resources: name some in [resources], or `bussola resources set NAME TOTAL`\n".to_owned();
    }
    let row = |item: &ResourceView| vec![plain(&item.name), amount(&item.total), amount(&item.used)];
    screen.table(&["RESOURCE", "TOTAL", "IN USE"], items.iter().map(row).collect())
}

fn amount(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.as_f64().map_or_else(|| other.to_string(), |number| number.to_string()),
    }
}

/// `bussola pause`
pub fn pause(common: &Common) -> Result<Exit, CliError> {
    set("/pause", common)
}

/// `bussola unpause`
pub fn unpause(common: &Common) -> Result<Exit, CliError> {
    set("/unpause", common)
}

fn set(path: &str, common: &Common) -> Result<Exit, CliError> {
    let paused: Paused = common.client()?.post(path, &json!({}))?;
    let text = if paused.paused { "paused: no work is handed out\n" } else { "work is handed out\n" };
    output::answer(common.output, &paused, |_| text.to_owned())?;
    Ok(Exit::Ok)
}
