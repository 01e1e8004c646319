//! What goes to the terminal: tables and times that people read, or JSON; data to stdout, the rest to stderr.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;
use serde::Serialize;

use crate::error::{CliError, Code};

/// How answers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: the API's own shapes.
    Json,
}

/// How wide a line may be where nobody says.
const WIDTH_DEFAULT: usize = 80;

/// What a text is written for.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Columns; none: not a terminal, lines may be as long as they are.
    pub width: Option<usize>,
    /// Bold and colours may be used.
    pub colour: bool,
    /// What time it is, for "4 min ago".
    pub now: Timestamp,
}

impl Screen {
    /// As stdout is.
    pub fn of_stdout() -> Screen {
        let is_terminal = std::io::stdout().is_terminal();
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = is_terminal.then(|| columns.or_else(measured).unwrap_or(WIDTH_DEFAULT).max(40));
        // https://no-color.org: set and not empty.
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Screen { width, colour: is_terminal && !no_colour && !dumb, now: Timestamp::now() }
    }

    /// Bold, where that is possible.
    pub fn bold(&self, text: &str) -> String {
        if self.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A table without lines: a header, and columns two spaces apart.
    pub fn table(&self, header: &[&str], rows: Vec<Vec<String>>) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        match self.width {
            Some(width) => {
                table.set_content_arrangement(ContentArrangement::Dynamic);
                table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
            }
            None => {
                table.set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        table.set_header(header.to_vec());
        for row in rows {
            table.add_row(row.into_iter().map(|cell| plain(&cell)));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let text = lines(&table.to_string());
        // After the columns were measured: letters that only steer the terminal have no width.
        match text.split_once('\n') {
            Some((header, rows)) => format!("{}\n{rows}", self.bold(header)),
            None => text,
        }
    }

    /// A moment as people say it: "4 min ago, 2026-11-25 03:12:09 UTC".
    pub fn time(&self, at: &str) -> String {
        match at.parse::<Timestamp>() {
            Ok(time) => format!("{}, {}", relative(self.now, time), absolute(time)),
            Err(_) => plain(at),
        }
    }

    /// A moment where there is little room: "4 min ago".
    pub fn ago(&self, at: &str) -> String {
        at.parse::<Timestamp>().map_or_else(|_| plain(at), |time| relative(self.now, time))
    }
}

/// "2026-11-25 03:12:09 UTC"
pub fn absolute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn relative(now: Timestamp, time: Timestamp) -> String {
    let seconds = now.as_second() - time.as_second();
    match seconds {
        -1..=1 => "now".to_owned(),
        2.. => format!("{} ago", length(seconds)),
        _ => format!("in {}", length(-seconds)),
    }
}

/// A length of time in one unit.
pub fn length(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long something took; none: it has not ended.
pub fn took(started: &str, ended: Option<&str>) -> Option<String> {
    let (started, ended) = (started.parse::<Timestamp>().ok()?, ended?.parse::<Timestamp>().ok()?);
    Some(took_ms(ended.as_millisecond() - started.as_millisecond()))
}

/// A length as people say it.
pub fn took_ms(milliseconds: i64) -> String {
    match milliseconds {
        ..1_000 => format!("{milliseconds} ms"),
        1_000..10_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => length(milliseconds / 1_000),
    }
}

/// Without spaces at the ends of lines, which tables leave.
fn lines(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    for line in text.lines() {
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

/// A text from elsewhere, without what could steer a terminal.
pub fn plain(text: &str) -> String {
    let is_harmful = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_harmful) {
        return text.to_owned();
    }
    text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect()
}

/// One of several: "1 task", "2 tasks".
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Writes data to stdout. A reader that has gone away (`| head`) has seen enough.
pub fn data(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(CliError::new(Code::Io, format!("cannot write to stdout: {error}"), "")),
    }
}

/// Writes what is not data to stderr.
pub fn say(text: &str) {
    // Nothing can be done where stderr is closed.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes an answer as asked.
pub fn answer<T: Serialize>(format: Format, value: &T, text: impl FnOnce(&Screen) -> String) -> Result<(), CliError> {
    match format {
        Format::Table => data(&text(&Screen::of_stdout())),
        Format::Json => {
            let json = serde_json::to_string_pretty(value)
                .map_err(|error| CliError::new(Code::Io, format!("cannot write the answer: {error}"), ""))?;
            data(&format!("{json}\n"))
        }
    }
}

/// Asks on a terminal; anywhere else only `--yes` agrees.
pub fn confirm(yes: bool, question: &str) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    let refused = |why: &str| {
        Err(CliError::new(Code::NotConfirmed, format!("cannot go on: {why}"), "say --yes to go on without being asked"))
    };
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return refused(&format!("nobody is here to be asked: {question}"));
    }
    say(&format!("{question} [y/N] "));
    let mut answer = String::new();
    match std::io::stdin().read_line(&mut answer) {
        Ok(_) if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") => Ok(()),
        _ => refused("it was not confirmed"),
    }
}

/// LIMIT: rows that a list on a screen or in a file may be asked to have.
const LIMIT_MAX: usize = 1_000_000;

/// How many rows a list may have: an argument's value.
pub fn limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
        _ => Err(format!("a number from 1 to {LIMIT_MAX} is needed")),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// 80 columns, no colour, at a fixed time.
    pub fn screen() -> Screen {
        let now = "2026-11-25T03:16:09Z".parse().expect("a time");
        Screen { width: Some(80), colour: false, now }
    }

    #[test]
    fn times_are_said_relative_and_absolute() {
        let check = |at: &str, expected: &str| assert_eq!(screen().time(at), expected);
        check("2026-11-25T03:12:09.123456Z", "4 min ago, 2026-11-25 03:12:09 UTC");
        check("2026-11-25T03:16:09Z", "now, 2026-11-25 03:16:09 UTC");
        check("2026-11-25T03:16:00Z", "9 s ago, 2026-11-25 03:16:00 UTC");
        check("2026-11-24T03:16:09Z", "24 h ago, 2026-11-24 03:16:09 UTC");
        check("2026-11-01T00:00:00Z", "24 days ago, 2026-11-01 00:00:00 UTC");
        check("2026-11-25T03:31:09Z", "in 15 min, 2026-11-25 03:31:09 UTC");
        check("nonsense", "nonsense");
    }

    #[test]
    fn what_something_took() {
        let check = |ended: &str, expected: &str| {
            assert_eq!(took("2026-11-25T03:00:00Z", Some(ended)).as_deref(), Some(expected));
        };
        check("2026-11-25T03:00:00.032Z", "32 ms");
        check("2026-11-25T03:00:01.250Z", "1.2 s");
        check("2026-11-25T03:00:42Z", "42 s");
        check("2026-11-25T05:30:00Z", "2 h");
        assert_eq!(took("2026-11-25T03:00:00Z", None), None);
    }

    #[test]
    fn a_text_from_elsewhere_cannot_steer_the_terminal() {
        assert_eq!(plain("a\x1b[31mb\u{202e}c\td"), "a\u{fffd}[31mb\u{fffd}c\td");
    }
}
