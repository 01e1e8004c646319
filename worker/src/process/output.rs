//! What a command prints: read, redacted, shown on the terminal, and handed on to be kept.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Duration, Instant, timeout};
use zeroize::{Zeroize as _, Zeroizing};

use crate::limits::{LINE_BYTES_KEPT_MAX, OUTPUT_IDLE_MAX, READ_BYTES, TERMINAL_CHUNKS_MAX};
use crate::redact::Redactor;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

impl Stream {
    /// `stdout` or `stderr`.
    pub fn name(self) -> &'static str {
        match self {
            Stream::Out => "stdout",
            Stream::Err => "stderr",
        }
    }
}

/// Redacted output, as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Which stream.
    pub stream: Stream,
    /// Bytes of this stream that were kept before.
    pub offset: u64,
    /// Since the command started.
    pub after: Duration,
    /// The text; lines may be cut between chunks.
    pub bytes: &'a [u8],
}

/// Where output is kept. Called while output is read, so whoever has to wait for something hands it on.
pub type Keep = Box<dyn FnMut(Chunk<'_>) + Send>;

/// Where a stream is shown.
pub type Terminal = Box<dyn Write + Send>;

/// What is kept of both streams, within limits.
pub(super) struct Keeper {
    keep: Keep,
    began: Instant,
    /// `None`: it was said that there is no more.
    bytes_left: Option<u64>,
    bytes_max: u64,
    offsets: [u64; 2],
    /// Bytes of the line that is being printed.
    line: [usize; 2],
}

impl Keeper {
    pub(super) fn new(keep: Keep, bytes_max: u64) -> Keeper {
        Keeper { keep, began: Instant::now(), bytes_left: Some(bytes_max), bytes_max, offsets: [0; 2], line: [0; 2] }
    }

    fn take(&mut self, stream: Stream, bytes: &[u8]) {
        let Some(bytes_left) = self.bytes_left else { return };
        let mut kept = Vec::with_capacity(bytes.len());
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.take_line(stream, line, &mut kept);
        }
        self.bytes_left = bytes_left.checked_sub(kept.len() as u64);
        if self.bytes_left.is_none() {
            kept.truncate(usize::try_from(bytes_left).unwrap_or(usize::MAX));
            kept.extend(format!("\n[output beyond {} bytes is not kept]\n", self.bytes_max).bytes());
        }
        if kept.is_empty() {
            return;
        }
        let offset = &mut self.offsets[stream as usize];
        (self.keep)(Chunk { stream, offset: *offset, after: self.began.elapsed(), bytes: &kept });
        *offset += kept.len() as u64;
    }

    /// `line` may be a part of one.
    fn take_line(&mut self, stream: Stream, line: &[u8], kept: &mut Vec<u8>) {
        let before = self.line[stream as usize];
        let ends = line.ends_with(b"\n");
        let text = if ends { &line[..line.len() - 1] } else { line };
        let room = LINE_BYTES_KEPT_MAX.saturating_sub(before).min(text.len());
        kept.extend_from_slice(&text[..room]);
        let now = before.saturating_add(text.len());
        self.line[stream as usize] = if ends { 0 } else { now };
        if ends && now > LINE_BYTES_KEPT_MAX {
            kept.extend(format!(" [{} more bytes of this line are not kept]", now - LINE_BYTES_KEPT_MAX).bytes());
        }
        if ends {
            kept.push(b'\n');
        }
    }
}

pub(super) type SharedKeeper = Arc<Mutex<Keeper>>;

/// A terminal with a thread of its own: it may block for as long as somebody holds a pager open.
pub(super) struct Screen {
    chunks: mpsc::Sender<Vec<u8>>,
    /// Fails when all is shown.
    shown: oneshot::Receiver<()>,
}

impl Screen {
    pub(super) fn new(mut terminal: Terminal) -> Screen {
        let (chunks, mut queue) = mpsc::channel::<Vec<u8>>(TERMINAL_CHUNKS_MAX);
        let (showing, shown) = oneshot::channel();
        // Not one of the runtime's, which would wait for it at its own end.
        std::thread::spawn(move || {
            let _showing: oneshot::Sender<()> = showing;
            while let Some(chunk) = queue.blocking_recv() {
                // Nobody reads any more: the receiver goes, and the command prints on into nothing.
                if terminal.write_all(&chunk).and_then(|()| terminal.flush()).is_err() {
                    return;
                }
            }
        });
        Screen { chunks, shown }
    }
}

/// Reads a stream until it ends; once `over`, until nothing comes any more.
pub(super) async fn read(
    stream: Stream,
    mut pipe: impl AsyncRead + Unpin,
    mut redactor: Redactor,
    mut screen: Option<Screen>,
    keeper: SharedKeeper,
    mut over: watch::Receiver<bool>,
) {
    let mut raw = Zeroizing::new(vec![0; READ_BYTES]);
    let mut out = Vec::new();
    loop {
        let is_over = *over.borrow_and_update();
        let read = if is_over {
            timeout(OUTPUT_IDLE_MAX, pipe.read(&mut raw)).await.unwrap_or(Ok(0))
        } else {
            tokio::select! {
                read = pipe.read(&mut raw) => read,
                changed = over.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => Ok(0),
                },
            }
        };
        let Ok(count @ 1..) = read else { break };
        redactor.push(&raw[..count], &mut out);
        raw[..count].zeroize();
        hand_on(stream, &mut out, &mut screen, &keeper).await;
    }
    redactor.finish(&mut out);
    hand_on(stream, &mut out, &mut screen, &keeper).await;
    if let Some(Screen { chunks, shown }) = screen {
        drop(chunks);
        let _ = shown.await;
    }
}

async fn hand_on(stream: Stream, out: &mut Vec<u8>, screen: &mut Option<Screen>, keeper: &SharedKeeper) {
    if out.is_empty() {
        return;
    }
    keeper.lock().unwrap_or_else(PoisonError::into_inner).take(stream, out);
    let bytes = std::mem::take(out);
    if let Some(Screen { chunks, .. }) = screen
        && chunks.send(bytes).await.is_err()
    {
        *screen = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes_max: u64, printed: &[&str], expected: &str) {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&kept);
        let mut keeper = Keeper::new(
            Box::new(move |chunk| {
                let mut kept = keep.lock().expect("no panic");
                assert_eq!(chunk.offset, kept.len() as u64);
                kept.extend_from_slice(chunk.bytes);
            }),
            bytes_max,
        );
        printed.iter().for_each(|text| keeper.take(Stream::Out, text.as_bytes()));
        assert_eq!(String::from_utf8_lossy(&kept.lock().expect("no panic")), expected);
    }

    #[test]
    fn what_is_kept_has_limits() {
        check(100, &["one\ntwo", " and a half\n"], "one\ntwo and a half\n");
        let said = "\n[output beyond 8 bytes is not kept]\n";
        check(8, &["12345", "678"], "12345678");
        check(8, &["12345", "6789", "12345"], &format!("12345678{said}"));
        check(8, &["12345678", "9", "0"], &format!("12345678{said}"));
        let most = "x".repeat(LINE_BYTES_KEPT_MAX);
        check(u64::MAX, &[&most, "\nnext\n"], &format!("{most}\nnext\n"));
        check(
            u64::MAX,
            &[&most, "yy", "y\nnext\n"],
            &format!("{most} [3 more bytes of this line are not kept]\nnext\n"),
        );
    }
}
