//! Work that may wait gives way to whoever answers workers: on few cores it is not a lock that delays a call but a busy core.
//!
//! Only for threads that take no lock of the model: one that was put off while it held a lock would put off the writer.

/// How much lower: a tenth of the weight of a thread of normal priority.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lowers the priority of the calling thread, for good. Without effect where the system has no such thing.
pub(crate) fn give_way() {
    #[cfg(target_os = "linux")]
    // A refusal costs speed under load, nothing else.
    let _refused = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
}
