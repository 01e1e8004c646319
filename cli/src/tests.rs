//! The command line as a whole: its reference and its codes are committed, and current.

use clap::CommandFactory;

use crate::Cli;
use crate::error::{Code, Exit};

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

/// What is generated is committed. With `BUSSOLA_UPDATE=1` it is written anew.
fn is_current(path: &str, generated: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("BUSSOLA_UPDATE").is_some() {
        std::fs::write(&path, generated).expect("the checkout can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "{} is not current: run the tests with BUSSOLA_UPDATE=1", path.display());
}

const INTRODUCTION: &str = "\
# The command line

Made from the program itself; `bussola help COMMAND` says the same.

- Data goes to stdout, everything else to stderr. `--output json` writes the shapes of the [API](api.md).
- Tables fit the terminal; in a pipe lines are as long as they are. There is no colour outside a terminal, nor with
  `NO_COLOR`.
- `--server` or `BUSSOLA_SERVER` says which server is asked: `http://host:port`, or a socket file as
  `http+unix://%2Frun%2Fbussola.sock`.
- A ref is `kind:namespace/name`; for a component in the namespace `default` its name is enough.
- What destroys something asks on a terminal, and elsewhere wants `--yes`.
- An error is one line `error[B0301]: …` and mostly a line `hint: …`; `docs/errors/` lists the codes. Problems of
  manifests say where: `file:line:column: error[B0114]: …`.

| exit status | means |
|---|---|
| 0 | yes: done, found, in order |
| 1 | no: refused, not there, a problem was found; for `catalog problems`: there are some |
| 2 | the command line is wrong |
| 3 | the server cannot be reached, or cannot answer now |
";

fn describe(command: &mut clap::Command, path: &str, text: &mut String) {
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    text.push_str(&format!("\n## {path}\n\n```text\n{}\n```\n", help.join("\n").trim()));
    for inner in command.get_subcommands_mut().filter(|inner| inner.get_name() != "help" && !inner.is_hide_set()) {
        let path = format!("{path} {}", inner.get_name());
        describe(inner, &path, text);
    }
}

#[test]
fn the_reference_is_current() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut text = INTRODUCTION.to_owned();
    describe(&mut command, "bussola", &mut text);
    is_current("docs/cli.md", &text);
}

#[test]
fn the_table_of_codes_is_current() {
    let mut table = String::from(
        "# Errors of the command line\n\n\
         The codes `B0301` to `B0399`, each with the exit status that goes with it. Errors of the server ([api.md](api.md)) and of\n\
         manifests ([catalog.md](catalog.md)) end with 1, or with 3 where the server is at fault.\n\n\
         | code | exit status | what |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        table.push_str(&format!("| B{:04} | {} | {} |\n", code.number(), code.exit() as u8, code.summary()));
    }
    is_current("docs/errors/cli.md", &table);
}

#[test]
fn exit_statuses_are_as_documented() {
    assert_eq!([Exit::Ok, Exit::No, Exit::Usage, Exit::Server].map(|exit| exit as u8), [0, 1, 2, 3]);
}
