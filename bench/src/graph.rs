//! The graph that is measured: levels of 100 tasks, each needing two of the level below, one parameter each; and the
//! bodies by which Luigi's client would describe it.

use bussola_e2e::luigi::{add_task, end_task, form};
use serde_json::json;

/// Tasks in a level.
const LEVEL: usize = 100;
/// The family of every task.
pub const FAMILY: &str = "Load";

/// The id of a task, of the length that Luigi's have: family, start of the parameter, ten digits of a hash.
#[must_use]
pub fn task_id(n: usize) -> String {
    format!("{FAMILY}_{n}_{:010x}", (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) & 0xff_ffff_ffff)
}

/// What task `n` needs.
fn needs(n: usize) -> Vec<String> {
    let Some(below) = (n / LEVEL).checked_sub(1) else { return Vec::new() };
    [n % LEVEL, (n * 7 + 3) % LEVEL].iter().map(|i| task_id(below * LEVEL + i)).collect()
}

/// The body that describes task `n`.
pub fn describe(worker: &str, n: usize, body: &mut Vec<u8>) {
    let call = add_task(worker, &task_id(n), FAMILY, &json!({"n": n.to_string()}), &needs(n), "PENDING");
    form(&call.to_string(), body);
}

/// The body that says that a task is done.
pub fn done(worker: &str, task_id: &str, body: &mut Vec<u8>) {
    form(&end_task(worker, task_id, FAMILY, &json!({}), "DONE", "").to_string(), body);
}

/// The body that asks for work.
pub fn ask(worker: &str, body: &mut Vec<u8>) {
    form(&json!({"host": "bench", "assistant": false, "current_tasks": [], "worker": worker}).to_string(), body);
}
