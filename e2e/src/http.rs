//! HTTP/1.1 over one keep-alive TCP connection, with as little code as a measurement can stand on.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// LIMIT: bytes of a reply's body. A list of a million tasks fits; a server gone mad does not fill the memory.
const BODY_BYTES_MAX: usize = 2 << 30;
/// LIMIT: bytes of one header line.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// A reply: its status and its body.
#[derive(Debug)]
pub struct Reply {
    /// The three digits.
    pub status: u16,
    /// The body, unpacked from chunks if it came in chunks.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as text, for messages.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One connection. After an error it is of no further use: open another.
pub struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    out: Vec<u8>,
}

impl Connection {
    /// Connects, without delay for small writes: each request is one.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        Ok(Self { stream: BufReader::with_capacity(64 << 10, stream), address, out: Vec::new() })
    }

    /// Sends one request, and reads its reply to the end.
    ///
    /// # Errors
    /// When the connection breaks, or the reply is not HTTP that we read.
    pub fn request(&mut self, verb: &str, target: &str, headers: &str, body: &[u8]) -> io::Result<Reply> {
        self.out.clear();
        write!(self.out, "{verb} {target} HTTP/1.1\r\nHost: {}\r\n{headers}", self.address)?;
        if !body.is_empty() || verb == "POST" {
            write!(self.out, "Content-Length: {}\r\n", body.len())?;
        }
        self.out.extend_from_slice(b"\r\n");
        self.out.extend_from_slice(body);
        self.stream.get_mut().write_all(&self.out)?;
        self.reply(verb)
    }

    /// A GET without headers.
    ///
    /// # Errors
    /// As [`Connection::request`].
    pub fn get(&mut self, target: &str) -> io::Result<Reply> {
        self.request("GET", target, "", b"")
    }

    fn reply(&mut self, verb: &str) -> io::Result<Reply> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| bad(&first))?;
        let (mut length, mut chunked) = (0_usize, false);
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else { return Err(bad(&line)) };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(|_| bad(&line))?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.to_ascii_lowercase().contains("chunked");
            }
        }
        let mut body = Vec::new();
        if verb != "HEAD" && chunked {
            loop {
                let line = self.line()?;
                let size = usize::from_str_radix(line.trim(), 16).map_err(|_| bad(&line))?;
                self.take(size, &mut body)?;
                self.line()?;
                if size == 0 {
                    break;
                }
            }
        } else if verb != "HEAD" {
            self.take(length, &mut body)?;
        }
        Ok(Reply { status, body })
    }

    fn take(&mut self, size: usize, body: &mut Vec<u8>) -> io::Result<()> {
        let begin = body.len();
        if size > BODY_BYTES_MAX - begin {
            return Err(bad("a body too large"));
        }
        body.resize(begin + size, 0);
        self.stream.read_exact(&mut body[begin..])
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        (&mut self.stream).take(LINE_BYTES_MAX).read_line(&mut line)?;
        if !line.ends_with('\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        Ok(line)
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a reply that we read: `{what}`"))
}
