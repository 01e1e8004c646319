//! `bussola task …`: what people do to tasks.

use bussola_server::http::wire::task::{TaskStatus, WaitReason};
use serde_json::json;

use crate::Common;
use crate::client::segment;
use crate::error::{CliError, Exit};
use crate::output::{self, plain};

/// `bussola task …`
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Have a failed task tried again at once; its failures still count.
    Forgive {
        /// Luigi's id of the task.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Switch a task on again that was disabled after too many failures.
    ReEnable {
        /// Luigi's id of the task.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Mark a task as done although no worker did it; what depends on it will run.
    Done {
        /// Luigi's id of the task.
        #[arg(value_name = "ID")]
        id: String,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
}

/// Runs one of them.
pub fn run(command: Command, common: &Common) -> Result<Exit, CliError> {
    let (id, act) = match command {
        Command::Forgive { id } => (id, "forgive"),
        Command::ReEnable { id } => (id, "re-enable"),
        Command::Done { id, yes } => {
            let question = format!("mark `{}` as done, so that what depends on it runs?", plain(&id));
            output::confirm(yes, &question)?;
            (id, "done")
        }
    };
    let status: TaskStatus = common.client()?.post(&format!("/tasks/{}/{act}", segment(&id)), &json!({}))?;
    output::answer(common.output, &status, |_| moved_text(&status))?;
    Ok(Exit::Ok)
}

fn moved_text(status: &TaskStatus) -> String {
    let nobody = if status.waits.contains(&WaitReason::NoWorker) {
        ", and no worker that could run it is here: start its pipeline again"
    } else {
        ""
    };
    format!("{} is {}{nobody}\n", plain(&status.id), status.status)
}
