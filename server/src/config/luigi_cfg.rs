//! `luigi.cfg`: [scheduler], [resources], [cors] and [prometheus] of it. Everything else is the clients'.

use std::path::Path;

use bussola_domain::value::Value;

use crate::config::ini::{Found, Ini, short};
use crate::config::sections::{Cors, Labels, SchedulerPatch, Sections};
use crate::config::{ConfigError, read_file};

/// Reads the file. `notes` gets what it asks for and we do not do.
pub(super) fn read(path: &Path, notes: &mut Vec<String>) -> Result<Sections, ConfigError> {
    let sections = sections(&path.display().to_string(), &read_file(path)?)?;
    if path.extension().is_some_and(|extension| extension == "toml") {
        notes.push("the luigi configuration was read as INI; its TOML dialect is not supported".into());
    }
    Ok(sections)
}

fn sections(file: &str, text: &str) -> Result<Sections, ConfigError> {
    let ini = Ini::parse(file, text)?;
    let reader = Reader { ini: &ini };
    Ok(Sections {
        scheduler: reader.scheduler()?,
        resources: ini
            .all("resources")?
            .into_iter()
            .map(|found| Ok((found.name.clone(), reader.whole(&found)? as f64)))
            .collect::<Result<_, ConfigError>>()?,
        cors: Some(reader.cors()?),
        labels: Some(reader.labels()?),
    })
}

struct Reader<'a> {
    ini: &'a Ini,
}

impl Reader<'_> {
    fn bad(&self, found: &Found, expected: &str) -> ConfigError {
        let what = format!("`{}` is `{}`, which is not {expected}", found.name, short(&found.value));
        self.ini.error(found.line, what, "")
    }

    /// Python's `int()`.
    fn whole(&self, found: &Found) -> Result<i64, ConfigError> {
        let digits = found.value.replace('_', "");
        digits.strip_prefix('+').unwrap_or(&digits).parse().map_err(|_| self.bad(found, "a whole number"))
    }

    /// Python's `float()`, without NaN, which no rule could compare.
    fn number(&self, found: &Found) -> Result<f64, ConfigError> {
        let number = found.value.replace('_', "").parse::<f64>().ok().filter(|number| !number.is_nan());
        number.ok_or_else(|| self.bad(found, "a number"))
    }

    fn flag(&self, found: &Found) -> Result<bool, ConfigError> {
        match found.value.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.bad(found, "true or false")),
        }
    }

    fn list(&self, found: &Found) -> Result<Vec<String>, ConfigError> {
        let bad = || self.bad(found, "a JSON list of texts, like [\"a\", \"b\"]");
        match Value::parse(&found.value) {
            Ok(Value::List(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_string).ok_or_else(bad)).collect()
            }
            _ => Err(bad()),
        }
    }

    fn read<T>(
        &self,
        section: &str,
        name: &str,
        convert: impl Fn(&Found) -> Result<T, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        self.ini.get(section, name)?.map(|found| convert(&found)).transpose()
    }

    fn scheduler(&self) -> Result<SchedulerPatch, ConfigError> {
        let number = |name| self.read("scheduler", name, |found| self.number(found));
        let whole = |name| self.read("scheduler", name, |found| self.whole(found).map(|number| number as f64));
        let count = |name| {
            self.read("scheduler", name, |found| {
                u64::try_from(self.whole(found)?).map_err(|_| self.bad(found, "a number of tasks"))
            })
        };
        let flag = |name| self.read("scheduler", name, |found| self.flag(found));
        let text = |name| self.read("scheduler", name, |found| Ok(found.value.clone()));
        Ok(SchedulerPatch {
            retry_delay: number("retry_delay")?,
            remove_delay: number("remove_delay")?,
            worker_disconnect_delay: number("worker_disconnect_delay")?,
            state_path: text("state_path")?.filter(|path| !path.is_empty()),
            batch_emails: flag("batch_emails")?,
            disable_window: whole("disable_window")?,
            retry_count: whole("retry_count")?,
            disable_hard_timeout: whole("disable_hard_timeout")?,
            disable_persist: whole("disable_persist")?,
            max_shown_tasks: count("max_shown_tasks")?,
            max_graph_nodes: count("max_graph_nodes")?,
            record_task_history: flag("record_task_history")?,
            prune_on_get_work: flag("prune_on_get_work")?,
            pause_enabled: flag("pause_enabled")?,
            send_messages: flag("send_messages")?,
            metrics_collector: text("metrics_collector")?,
            stable_done_cooldown_secs: whole("stable_done_cooldown_secs")?,
        })
    }

    fn cors(&self) -> Result<Cors, ConfigError> {
        let base = Cors::default();
        let flag = |name| Ok(self.read("cors", name, |found| self.flag(found))?.unwrap_or(false));
        let text = |name, default| Ok(self.read("cors", name, |found| Ok(found.value.clone()))?.unwrap_or(default));
        Ok(Cors {
            enabled: flag("enabled")?,
            allowed_origins: self.read("cors", "allowed_origins", |found| self.list(found))?.unwrap_or_default(),
            allow_any_origin: flag("allow_any_origin")?,
            allow_null_origin: flag("allow_null_origin")?,
            max_age: self.read("cors", "max_age", |found| self.whole(found))?.unwrap_or(base.max_age),
            allowed_methods: text("allowed_methods", base.allowed_methods)?,
            allowed_headers: text("allowed_headers", base.allowed_headers)?,
            exposed_headers: text("exposed_headers", base.exposed_headers)?,
            allow_credentials: flag("allow_credentials")?,
        })
    }

    fn labels(&self) -> Result<Labels, ConfigError> {
        let family = self.read("prometheus", "use_task_family_in_labels", |found| self.flag(found))?;
        let parameters = self.read("prometheus", "task_parameters_to_use_in_labels", |found| self.list(found))?;
        Ok(Labels { family: family.unwrap_or(true), parameters: parameters.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sections, String> {
        sections("luigi.cfg", text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_sections_of_a_server_are_read() {
        let sections = read(
            "[core]\nno-such-thing = %(broken)s\n[scheduler]\nretry-delay = 1.5\ndisable_window=1_000\nretry_count = 3\n\
             record_task_history = True\nunknown = 1\nstate_path = /x/state\nworker_disconnect_delay = inf\n\
             [resources]\ngpu = 2\nDB-pool=+3\n[cors]\nenabled = true\nallowed_origins = [\"a\", \"*\"]\n\
             [prometheus]\ntask_parameters_to_use_in_labels = [\"date\"]\n",
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let config = sections.scheduler_config();
        assert_eq!(config.retry_delay_s, 1.5);
        assert_eq!(config.retry_policy.window_s.0, 1000.0);
        assert_eq!(config.retry_policy.retry_count.0, 3.0);
        assert_eq!(config.worker_disconnect_delay_s, f64::INFINITY);
        assert!(config.record_task_history);
        assert_eq!(config.resources, [("DB-pool".to_string(), 3.0), ("gpu".to_string(), 2.0)]);
        assert_eq!(sections.scheduler.state_path.as_deref(), Some("/x/state"));
        assert_eq!(sections.cors().allowed_origins, ["a"]);
        assert_eq!(config.meter_labels.parameters, ["date"]);
    }

    #[test]
    fn a_bad_value_is_named_with_its_line() {
        for (text, message) in [
            ("[scheduler]\nretry_delay = soon", "luigi.cfg:2: `retry_delay` is `soon`, which is not a number"),
            ("[scheduler]\nretry_delay = nan", "luigi.cfg:2: `retry_delay` is `nan`, which is not a number"),
            ("[scheduler]\nretry-count = 1.5", "luigi.cfg:2: `retry-count` is `1.5`, which is not a whole number"),
            (
                "[scheduler]\nmax_shown_tasks = -1",
                "luigi.cfg:2: `max_shown_tasks` is `-1`, which is not a number of tasks",
            ),
            ("[scheduler]\npause_enabled = yes", "luigi.cfg:2: `pause_enabled` is `yes`, which is not true or false"),
            ("[resources]\n\ngpu = many", "luigi.cfg:3: `gpu` is `many`, which is not a whole number"),
            (
                "[cors]\nallowed_origins = a, b",
                "luigi.cfg:2: `allowed_origins` is `a, b`, which is not a JSON list of texts, like [\"a\", \"b\"]",
            ),
        ] {
            assert_eq!(read(text).err().as_deref(), Some(message));
        }
    }
}
