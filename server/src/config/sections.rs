//! The sections that both files can have, with luigid's names, defaults and meaning.

use std::collections::BTreeMap;

use bussola_domain::scheduler::{Config, MeterLabels, RetryPolicy};
use bussola_domain::value::Number;
use serde::Deserialize;

use crate::config::ConfigError;

/// `[scheduler]`: what a file sets of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SchedulerPatch {
    pub retry_delay: Option<f64>,
    pub remove_delay: Option<f64>,
    pub worker_disconnect_delay: Option<f64>,
    pub state_path: Option<String>,
    pub batch_emails: Option<bool>,
    pub disable_window: Option<f64>,
    pub retry_count: Option<f64>,
    pub disable_hard_timeout: Option<f64>,
    pub disable_persist: Option<f64>,
    pub max_shown_tasks: Option<u64>,
    pub max_graph_nodes: Option<u64>,
    pub record_task_history: Option<bool>,
    pub prune_on_get_work: Option<bool>,
    pub pause_enabled: Option<bool>,
    pub send_messages: Option<bool>,
    pub metrics_collector: Option<String>,
    pub stable_done_cooldown_secs: Option<f64>,
}

macro_rules! overlay {
    ($under:expr, $over:expr, $($field:ident),* $(,)?) => {
        $($under.$field = $over.$field.take().or($under.$field.take());)*
    };
}

impl SchedulerPatch {
    fn overlay(&mut self, mut over: SchedulerPatch) {
        overlay!(
            self,
            over,
            retry_delay,
            remove_delay,
            worker_disconnect_delay,
            state_path,
            batch_emails,
            disable_window,
            retry_count,
            disable_hard_timeout,
            disable_persist,
            max_shown_tasks,
            max_graph_nodes,
            record_task_history,
            prune_on_get_work,
            pause_enabled,
            send_messages,
            metrics_collector,
            stable_done_cooldown_secs,
        );
    }

    /// What is accepted, but not done as luigid does it.
    pub(super) fn note(&self, notes: &mut Vec<String>) {
        if self.batch_emails == Some(true) {
            notes.push(
                "batch_emails is set, but no mail is sent: failures are in the history and the event stream".into(),
            );
        }
        if let Some(name @ ("datadog" | "custom")) = self.metrics_collector.as_deref() {
            notes.push(format!("metrics_collector is {name}, but metrics are only served at /metrics, for Prometheus"));
        }
    }
}

/// `[cors]`, with luigid's defaults.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Answers carry the headers at all.
    pub enabled: bool,
    /// Origins that may read answers, if not all may.
    pub allowed_origins: Vec<String>,
    /// All origins may.
    pub allow_any_origin: bool,
    /// The origin `null` may (pages from files and sandboxes).
    pub allow_null_origin: bool,
    /// `Access-Control-Max-Age`
    pub max_age: i64,
    /// `Access-Control-Allow-Methods`
    pub allowed_methods: String,
    /// `Access-Control-Allow-Headers`
    pub allowed_headers: String,
    /// `Access-Control-Expose-Headers`; empty: none.
    pub exposed_headers: String,
    /// `Access-Control-Allow-Credentials`
    pub allow_credentials: bool,
}

impl Default for Cors {
    fn default() -> Cors {
        Cors {
            enabled: false,
            allowed_origins: Vec::new(),
            allow_any_origin: false,
            allow_null_origin: false,
            max_age: 86_400,
            allowed_methods: "GET, OPTIONS".into(),
            allowed_headers: "Accept, Content-Type, Origin".into(),
            exposed_headers: String::new(),
            allow_credentials: false,
        }
    }
}

/// `[prometheus]`: what the task counters are labelled with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Labels {
    /// The task family.
    #[serde(rename = "use_task_family_in_labels")]
    pub family: bool,
    /// Parameters by name.
    #[serde(rename = "task_parameters_to_use_in_labels")]
    pub parameters: Vec<String>,
}

impl Default for Labels {
    fn default() -> Labels {
        Labels { family: true, parameters: Vec::new() }
    }
}

impl From<Labels> for MeterLabels {
    fn from(labels: Labels) -> MeterLabels {
        MeterLabels { family: labels.family, parameters: labels.parameters }
    }
}

/// All of them, as far as a file sets them.
#[derive(Clone, Debug, Default)]
pub(super) struct Sections {
    pub scheduler: SchedulerPatch,
    pub resources: BTreeMap<String, f64>,
    pub cors: Option<Cors>,
    pub labels: Option<Labels>,
}

impl Sections {
    /// What `over` sets wins.
    pub(super) fn overlay(&mut self, over: Sections) {
        self.scheduler.overlay(over.scheduler);
        self.resources.extend(over.resources);
        self.cors = over.cors.or(self.cors.take());
        self.labels = over.labels.or(self.labels.take());
    }

    pub(super) fn cors(&self) -> Cors {
        let mut cors = self.cors.clone().unwrap_or_default();
        // Neither is an origin: `*` would be sent back literally, and `null` has its own switch.
        cors.allowed_origins.retain(|origin| origin != "*" && origin != "null");
        cors
    }

    /// A counter without labels could not be told from another.
    pub(super) fn check_labels(&self) -> Result<(), ConfigError> {
        match &self.labels {
            Some(labels) if !labels.family && labels.parameters.is_empty() => Err(ConfigError::Refused {
                what: "[prometheus] leaves the task counters without any label".into(),
                hint: "set use_task_family_in_labels or name task_parameters_to_use_in_labels".into(),
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn scheduler_config(&self) -> Config {
        let (patch, base) = (&self.scheduler, Config::default());
        let policy = base.retry_policy;
        Config {
            retry_delay_s: patch.retry_delay.unwrap_or(base.retry_delay_s),
            remove_delay_s: patch.remove_delay.unwrap_or(base.remove_delay_s),
            worker_disconnect_delay_s: patch.worker_disconnect_delay.unwrap_or(base.worker_disconnect_delay_s),
            retry_policy: RetryPolicy {
                hard_timeout_s: patch.disable_hard_timeout.map_or(policy.hard_timeout_s, Number),
                retry_count: patch.retry_count.map_or(policy.retry_count, Number),
                window_s: patch.disable_window.map_or(policy.window_s, Number),
            },
            disable_persist_s: patch.disable_persist.unwrap_or(base.disable_persist_s),
            shown_tasks_max: patch.max_shown_tasks.map_or(base.shown_tasks_max, |max| max as usize),
            graph_nodes_max: patch.max_graph_nodes.map_or(base.graph_nodes_max, |max| max as usize),
            prune_on_get_work: patch.prune_on_get_work.unwrap_or(base.prune_on_get_work),
            pause_enabled: patch.pause_enabled.unwrap_or(base.pause_enabled),
            send_messages: patch.send_messages.unwrap_or(base.send_messages),
            batch_emails: patch.batch_emails.unwrap_or(base.batch_emails),
            stable_done_cooldown_s: patch.stable_done_cooldown_secs.unwrap_or(base.stable_done_cooldown_s),
            record_task_history: patch.record_task_history.unwrap_or(base.record_task_history),
            resources: self.resources.iter().map(|(name, &amount)| (name.clone(), amount)).collect(),
            meter_labels: self.labels.clone().unwrap_or_default().into(),
        }
    }
}
