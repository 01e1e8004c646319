//! The scheduler's settings, with luigid's names and defaults ([scheduler], [resources]).

use crate::scheduler::meter::MeterLabels;
use crate::scheduler::task::RetryPolicy;
use crate::value::Number;

/// Settings that decisions depend on. Not state: they come from the configuration at each start.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Seconds until a failed task may be tried again; negative: never.
    pub retry_delay_s: f64,
    /// Seconds from the loss of a task's last stakeholder until the task is removed.
    pub remove_delay_s: f64,
    /// Seconds of silence after which a worker counts as lost.
    pub worker_disconnect_delay_s: f64,
    /// `retry_count`, `disable_hard_timeout`, `disable_window`: the policy of tasks that bring none.
    pub retry_policy: RetryPolicy,
    /// Seconds for which the scheduler disables a task.
    pub disable_persist_s: f64,
    /// A list of more tasks than this is answered with their number.
    pub shown_tasks_max: usize,
    /// A graph is cut at this many nodes.
    pub graph_nodes_max: usize,
    /// Prune at each `get_work`.
    pub prune_on_get_work: bool,
    /// `pause` has an effect.
    pub pause_enabled: bool,
    /// Messages to tasks are passed on.
    pub send_messages: bool,
    /// Failures are reported in batches (by mail); switches `announce_scheduling_failure` on.
    pub batch_emails: bool,
    /// Seconds for which a report that a task is PENDING is ignored after the task was DONE.
    pub stable_done_cooldown_s: f64,
    /// `has_task_history` answers this. The history itself is always kept.
    pub record_task_history: bool,
    /// Units of each resource at the start.
    pub resources: Vec<(String, f64)>,
    /// What the counters of tasks are told apart by.
    pub meter_labels: MeterLabels,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            retry_delay_s: 900.0,
            remove_delay_s: 600.0,
            worker_disconnect_delay_s: 60.0,
            retry_policy: RetryPolicy {
                hard_timeout_s: Number(999_999_999.0),
                retry_count: Number(999_999_999.0),
                window_s: Number(3600.0),
            },
            disable_persist_s: 86_400.0,
            shown_tasks_max: 100_000,
            graph_nodes_max: 100_000,
            prune_on_get_work: false,
            pause_enabled: true,
            send_messages: true,
            batch_emails: false,
            stable_done_cooldown_s: 10.0,
            record_task_history: false,
            resources: Vec::new(),
            meter_labels: MeterLabels::default(),
        }
    }
}
