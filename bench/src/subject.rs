//! The two servers under measurement, started afresh for each figure.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bussola_e2e::http::Connection;
use bussola_e2e::places::Scratch;
use bussola_e2e::server::free_address;

/// LIMIT: a server that has not answered by then does not start.
const START_MAX: Duration = Duration::from_secs(120);

/// Which server, and how to start it.
pub struct Subject {
    /// `bussola` or `luigid`: the columns of the report.
    pub name: &'static str,
    program: PathBuf,
    place: PathBuf,
}

/// A running server, killed when dropped.
pub struct Running {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Subject {
    /// `bussola serve` with a data directory and its default durability.
    pub fn bussola(program: &Path, scratch: &Scratch) -> Self {
        Self { name: "bussola", program: program.to_owned(), place: scratch.join("bussola") }
    }

    /// Python's `luigid`, with its state file in a folder of its own.
    pub fn luigid(program: &Path, scratch: &Scratch) -> Self {
        Self { name: "luigid", program: program.to_owned(), place: scratch.join("luigid") }
    }

    /// Starts it on nothing: what an earlier start left is removed.
    pub fn start_empty(&self) -> Running {
        let _ = std::fs::remove_dir_all(&self.place);
        std::fs::create_dir_all(&self.place).expect("the scratch folder can be written");
        self.start()
    }

    /// Starts it on what is there, and waits for its first answer to a call.
    pub fn start(&self) -> Running {
        let address = free_address();
        let log =
            File::options().create(true).append(true).open(self.place.join("log")).expect("the log can be written");
        let mut command = Command::new(&self.program);
        if self.name == "bussola" {
            command.args(["serve", "--listen", &address.to_string(), "--data"]).arg(self.place.join("data"));
        } else {
            command
                .args(["--address", "127.0.0.1", "--port", &address.port().to_string(), "--state-path"])
                .arg(self.place.join("state.pickle"))
                .env("LUIGI_CONFIG_PATH", "/dev/null");
        }
        let child = command
            .current_dir(&self.place)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log)
            .spawn()
            .expect("the server can be run");
        let mut running = Running { child, address };
        let begin = Instant::now();
        while !Connection::open(address)
            .and_then(|mut c| c.get("/api/is_paused"))
            .is_ok_and(|reply| reply.status == 200)
        {
            let ended = running.child.try_wait().expect("a child can be asked");
            assert!(
                ended.is_none() && begin.elapsed() < START_MAX,
                "{} did not start, see {}",
                self.name,
                self.place.display()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        running
    }

    /// The folder it writes to.
    pub fn place(&self) -> &Path {
        &self.place
    }
}

impl Running {
    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, and waits however long a large state takes.
    pub fn stop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}
