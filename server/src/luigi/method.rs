//! The 39 methods that Luigi exposes, by name.

macro_rules! methods {
    ($($variant:ident $name:literal,)*) => {
        /// A method of luigid's RPC.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the name in the table says it; the contract is Luigi's")]
        pub enum Method {
            $($variant,)*
        }

        impl Method {
            /// All of them, in the order of their discriminants.
            pub const ALL: &'static [Method] = &[$(Method::$variant,)*];

            /// The method with this name on the wire.
            pub fn parse(name: &str) -> Option<Method> {
                match name {
                    $($name => Some(Method::$variant),)*
                    _ => None,
                }
            }

            /// Its name on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Method::$variant => $name,)*
                }
            }
        }
    };
}

methods! {
    AddTask "add_task",
    GetWork "get_work",
    Ping "ping",
    CountPending "count_pending",
    AddWorker "add_worker",
    AddTaskBatcher "add_task_batcher",
    AnnounceSchedulingFailure "announce_scheduling_failure",
    AddSchedulerMessageResponse "add_scheduler_message_response",
    SetTaskStatusMessage "set_task_status_message",
    SetTaskProgressPercentage "set_task_progress_percentage",
    DecreaseRunningTaskResources "decrease_running_task_resources",
    ReportTaskStatistics "report_task_statistics",
    GetTaskStatusMessage "get_task_status_message",
    GetTaskProgressPercentage "get_task_progress_percentage",
    GetRunningTaskResources "get_running_task_resources",
    TaskList "task_list",
    DepGraph "dep_graph",
    InverseDepGraph "inverse_dep_graph",
    Graph "graph",
    WorkerList "worker_list",
    ResourceList "resource_list",
    TaskSearch "task_search",
    FetchError "fetch_error",
    ForgiveFailures "forgive_failures",
    MarkAsDone "mark_as_done",
    ReEnableTask "re_enable_task",
    DisableWorker "disable_worker",
    SetWorkerProcesses "set_worker_processes",
    Pause "pause",
    Unpause "unpause",
    SendSchedulerMessage "send_scheduler_message",
    GetSchedulerMessageResponse "get_scheduler_message_response",
    IsPaused "is_paused",
    IsPauseEnabled "is_pause_enabled",
    HasTaskHistory "has_task_history",
    UpdateResource "update_resource",
    UpdateResources "update_resources",
    Prune "prune",
    UpdateMetricsTaskStarted "update_metrics_task_started",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_39_and_each_is_found_by_its_name() {
        assert_eq!(Method::ALL.len(), 39);
        for (place, &method) in Method::ALL.iter().enumerate() {
            assert_eq!(Method::parse(method.as_str()), Some(method));
            assert_eq!(method as usize, place);
        }
        assert_eq!(Method::parse("resources"), None);
    }
}
