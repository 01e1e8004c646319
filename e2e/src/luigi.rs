//! Luigi's protocol as its Python client speaks it: a form with one field, `data`, holding JSON of every argument.

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::http::Connection;

const FORM: &str = "User-Agent: python-requests/2.31.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\n\
                    Connection: keep-alive\r\nContent-Type: application/x-www-form-urlencoded\r\n";
const FORM_PLAIN: &str = "User-Agent: bussola-e2e\r\nContent-Type: application/x-www-form-urlencoded\r\n";

/// What a call came to: the value of `response`, or a status that is not 200.
#[derive(Debug)]
pub enum Answer {
    /// `{"response": value}`
    Value(Value),
    /// Any other status, with the body's text.
    Refused(u16, String),
}

/// A client of a scheduler, over one keep-alive connection.
pub struct Client {
    connection: Connection,
    body: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { connection: Connection::open(address)?, body: Vec::new() })
    }

    /// Calls a method. Replies are asked for uncompressed, so that they can be read without a library.
    ///
    /// # Errors
    /// When the connection breaks: the call may or may not have been carried out.
    pub fn call(&mut self, method: &str, arguments: &Value) -> io::Result<Answer> {
        form(&arguments.to_string(), &mut self.body);
        let reply = self.connection.request("POST", &format!("/api/{method}"), FORM_PLAIN, &self.body)?;
        if reply.status != 200 {
            return Ok(Answer::Refused(reply.status, reply.text()));
        }
        let mut value: Value =
            serde_json::from_slice(&reply.body).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        Ok(Answer::Value(value["response"].take()))
    }

    /// Calls a method that must be answered.
    ///
    /// # Errors
    /// When the connection breaks, or the status is not 200.
    pub fn ask(&mut self, method: &str, arguments: &Value) -> io::Result<Value> {
        match self.call(method, arguments)? {
            Answer::Value(value) => Ok(value),
            Answer::Refused(status, text) => Err(io::Error::other(format!("{method}: HTTP {status}: {text}"))),
        }
    }

    /// Sends a body made beforehand, with the headers of Luigi's own client; answers the size of the reply. For
    /// measurements: nothing is parsed.
    ///
    /// # Errors
    /// When the connection breaks, or the status is not 200.
    pub fn send_prepared(&mut self, target: &str, body: &[u8]) -> io::Result<Vec<u8>> {
        let reply = self.connection.request("POST", target, FORM, body)?;
        if reply.status == 200 {
            Ok(reply.body)
        } else {
            Err(io::Error::other(format!("{target}: HTTP {}", reply.status)))
        }
    }
}

/// `data=…`, escaped as Python's `urllib.parse.urlencode` does.
pub fn form(data: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.clear();
    out.extend_from_slice(b"data=");
    for byte in data.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => out.push(byte),
            b' ' => out.push(b'+'),
            _ => out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
}

/// All arguments of `add_task` as Luigi 3.8.1's worker sends them for a new task.
#[must_use]
pub fn add_task(worker: &str, task_id: &str, family: &str, params: &Value, deps: &[String], status: &str) -> Value {
    json!({
        "task_id": task_id, "status": status, "runnable": status == "PENDING", "deps": deps, "new_deps": null,
        "expl": null, "resources": {}, "priority": 0, "family": family, "module": "pipeline.tasks", "params": params,
        "param_visibilities": {"n": 0}, "accepts_messages": false, "assistant": false, "tracking_url": null,
        "worker": worker, "batchable": false, "batch_id": null,
        "retry_policy_dict": {"retry_count": null, "disable_hard_timeout": null, "disable_window": null},
        "owners": [], "check_complete_on_run": null,
    })
}

/// The arguments of `add_task` by which a worker ends a run.
#[must_use]
pub fn end_task(worker: &str, task_id: &str, family: &str, params: &Value, status: &str, expl: &str) -> Value {
    json!({
        "task_id": task_id, "status": status, "runnable": null, "deps": null, "new_deps": [], "expl": expl,
        "resources": {}, "priority": 0, "family": family, "module": "pipeline.tasks", "params": params,
        "param_visibilities": null, "accepts_messages": false, "assistant": false, "tracking_url": null,
        "worker": worker, "batchable": null, "batch_id": null, "retry_policy_dict": {}, "owners": null,
    })
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn a_form_is_escaped_as_python_does() {
        let check = |data: &str, expected: &str| {
            let mut out = Vec::new();
            form(data, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        };
        check(r#"{"a": [1, "x y"]}"#, "data=%7B%22a%22%3A+%5B1%2C+%22x+y%22%5D%7D");
        check("a_b.c-d~é&=+%", "data=a_b.c-d~%C3%A9%26%3D%2B%25");
    }
}
