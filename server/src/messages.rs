//! Messages to workers, as Luigi's client takes them with its next ping: which of its methods to call, and with what.

use bussola_domain::value::Value;

use crate::json::Object;

/// Asks a worker to run another number of tasks at once.
pub fn set_processes(n: &Value) -> String {
    message("set_worker_processes", &[("n", n)])
}

/// Something for a task that runs; the task answers under the message's id.
pub fn to_task(task: &str, id: &str, content: &Value) -> String {
    let (task, id) = (Value::from(task), Value::from(id));
    message("dispatch_scheduler_message", &[("task_id", &task), ("message_id", &id), ("content", content)])
}

fn message(name: &str, arguments: &[(&str, &Value)]) -> String {
    let mut text = String::new();
    let mut object = Object::begin(&mut text);
    object.text("name", name);
    let mut members = Object::begin(object.key("kwargs"));
    for (name, value) in arguments {
        members.value(name, value);
    }
    members.end();
    object.end();
    text
}

/// A random identifier, in the form that Luigi gives it: a UUID of version 4.
pub fn fresh_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}
