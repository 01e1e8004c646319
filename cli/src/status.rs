//! `bussola status`.

use std::fmt::Write as _;

use bussola_server::http::wire::ledger::WitnessStanding;
use bussola_server::http::wire::status::Status;

use crate::Common;
use crate::error::{CliError, Exit};
use crate::output::{self, Screen, absolute, count, length};
use crate::runs::counts;

/// Asks and writes.
pub fn run(common: &Common) -> Result<Exit, CliError> {
    let status: Status = common.client()?.get("/status")?;
    output::answer(common.output, &status, |screen| text(screen, &common.server(), &status))?;
    Ok(Exit::Ok)
}

fn text(screen: &Screen, server: &str, status: &Status) -> String {
    let mut text = format!("{}\n", screen.bold(&format!("bussola {} at {server}", status.version)));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<10} {value}");
    };
    let since = status.started.parse().map_or_else(|_| status.started.clone(), absolute);
    line("up", &format!("{}, since {since}", length(status.uptime_s as i64)));
    if status.paused {
        line("paused", "no work is handed out: bussola unpause");
    }
    line("tasks", &counts(&status.tasks));
    let live = count(status.runs_live, "run under way", "runs under way");
    line("workers", &format!("{}, {live}", status.workers));
    let catalog = &status.catalog;
    line(
        "catalog",
        &format!(
            "{}, {}",
            count(catalog.entities, "entity", "entities"),
            count(catalog.pipelines, "pipeline", "pipelines")
        ),
    );
    let problems = [
        (catalog.unowned, "unowned"),
        (catalog.dangling, "dangling"),
        (catalog.cycles, "in circles"),
        (catalog.manifest_problems, "bad in manifests"),
    ];
    let some: Vec<String> =
        problems.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    if !some.is_empty() {
        line("", &format!("{}: bussola catalog problems", some.join(", ")));
    }
    line("ledger", &format!("{}, root {}", count(status.ledger.size as usize, "entry", "entries"), status.ledger.root));
    if let Some(published) = status.ledger.published.as_ref().filter(|published| published.size < status.ledger.size) {
        line("", &format!("published up to entry {}", published.size));
    }
    for witness in &status.ledger.witnesses {
        let message = witness.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
        let standing = match witness.standing {
            WitnessStanding::New => "not asked yet",
            WitnessStanding::Cosigned => "cosigns",
            WitnessStanding::Unreachable => "cannot be asked",
            WitnessStanding::Unknown => "does not know this ledger",
            WitnessStanding::Refused => "REFUSES this ledger",
        };
        line("witness", &format!("{} {standing}{message}", witness.name));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::screen;

    #[test]
    fn a_server_at_a_glance() {
        let status: Status = serde_json::from_value(serde_json::json!({
            "version": "0.1.0", "started": "2026-11-25T03:12:09.000000Z", "uptime_s": 240, "paused": true,
            "tasks": {"pending": 2, "running": 0, "done": 7, "failed": 1, "disabled": 0, "unknown": 0},
            "workers": 1, "runs_live": 0, "ledger": {"size": 42, "root": "AAAA"},
            "catalog": {"entities": 14, "pipelines": 3, "unowned": 1, "dangling": 0, "cycles": 2, "manifest_problems": 0}
        }))
        .expect("a status");
        insta::assert_snapshot!(text(&screen(), "http://127.0.0.1:8082", &status), @r#"
        bussola 0.1.0 at http://127.0.0.1:8082
          up         4 min, since 2026-11-25 03:12:09 UTC
          paused     no work is handed out: bussola unpause
          tasks      7 done, 2 pending, 1 failed
          workers    1, 0 runs under way
          catalog    14 entities, 3 pipelines
                     1 unowned, 2 in circles: bussola catalog problems
          ledger     42 entries, root AAAA
        "#);
    }
}
