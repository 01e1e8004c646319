//! `bussola policy …`: policies checked, tested and shown without a server, by the code that decides in one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bussola_policy::cases::{Cases, Outcome};
use bussola_policy::{Compiled, PolicyProblem, PolicySetText, ProblemKind, Switches, schema};
use bussola_server::policies;
use serde::Serialize;

use crate::Common;
use crate::error::{CliError, Code, Exit};
use crate::output::{self, Format, count, plain};

/// `bussola policy …`
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check policies: exit status 0 if a server would load them, 1 if not.
    Check {
        /// Files, or directories (searched for *.cedar).
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Compare what policies say with what files expect: exit status 0 if all comes as expected, 1 if not.
    Test {
        /// Files of expectations (TOML): docs/policies.md says what they hold.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The policies; without it those that ship.
        #[arg(long, value_name = "DIR")]
        policies: Option<PathBuf>,
    },
    /// Show the policies that ship, to start from.
    Show {
        /// Write them as files into this directory, which must not hold any of them.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// With the one that lets workers without an identity work.
        #[arg(long)]
        anonymous_workers: bool,
        /// Show the words of policies instead, as a Cedar schema for editors.
        #[arg(long, conflicts_with_all = ["dir", "anonymous_workers"])]
        schema: bool,
    },
}

/// Runs one of them.
pub fn run(command: Command, common: &Common) -> Result<Exit, CliError> {
    match command {
        Command::Check { paths } => check(&paths, common),
        Command::Test { files, policies } => test(&files, policies.as_deref(), common),
        Command::Show { schema: true, .. } => {
            output::data(&schema::schema_text())?;
            Ok(Exit::Ok)
        }
        Command::Show { dir, anonymous_workers, .. } => show(dir.as_deref(), Switches { anonymous_workers }, common),
    }
}

/// A problem, as JSON says it.
#[derive(Debug, Serialize)]
struct Problem {
    code: &'static str,
    path: String,
    line: u32,
    column: u32,
    message: String,
    hint: String,
    #[serde(skip)]
    excerpt: String,
}

impl Problem {
    fn of(problem: &PolicyProblem, path: &Path) -> Problem {
        Problem {
            code: problem.kind.code(),
            path: path.display().to_string(),
            line: problem.line,
            column: problem.column,
            message: problem.message.clone(),
            hint: problem.hint.clone(),
            excerpt: problem.excerpt(),
        }
    }

    /// `file:line:column: error[B0402]: …`, the line with a caret, and a hint.
    fn text(&self) -> String {
        let place =
            if self.path.is_empty() { String::new() } else { format!("{}:{}:{}: ", self.path, self.line, self.column) };
        let excerpt = if self.excerpt.trim() == "^" { String::new() } else { self.excerpt.clone() };
        let hint = if self.hint.is_empty() { String::new() } else { format!("hint: {}\n", self.hint) };
        plain(&format!("{place}error[{}]: {}\n{excerpt}{hint}", self.code, self.message))
    }
}

#[derive(Debug, Serialize)]
struct Checked {
    valid: bool,
    files: usize,
    policies: usize,
    problems: Vec<Problem>,
}

/// Policies that are good, or what is wrong with them.
fn load(paths: &[PathBuf]) -> Result<Result<Arc<Compiled>, Vec<Problem>>, CliError> {
    let files = policies::load(paths).map_err(|refused| CliError::from(&refused))?;
    let place = |problem: &PolicyProblem| {
        Problem::of(problem, files.paths.get(&problem.file).map_or(Path::new(&problem.file), PathBuf::as_path))
    };
    Ok(files.set.compile().map(Arc::new).map_err(|problems| problems.iter().map(place).collect()))
}

fn check(paths: &[PathBuf], common: &Common) -> Result<Exit, CliError> {
    let checked = match load(paths)? {
        Ok(set) => {
            Checked { valid: true, files: set.files().len(), policies: set.policies().len(), problems: Vec::new() }
        }
        Err(problems) => Checked { valid: false, files: 0, policies: 0, problems },
    };
    output::answer(common.output, &checked, |_| {
        if checked.valid {
            let files = count(checked.files, "file", "files");
            format!("{} in {files}: good\n", count(checked.policies, "policy", "policies"))
        } else {
            checked.problems.iter().map(Problem::text).collect()
        }
    })?;
    if checked.valid {
        return Ok(Exit::Ok);
    }
    if common.output == Format::Table {
        output::say(&format!(
            "{}: none of the files would be loaded\n",
            count(checked.problems.len(), "problem", "problems")
        ));
    }
    Ok(Exit::No)
}

/// A line of a file of expectations, as JSON says it.
#[derive(Debug, Serialize)]
struct Line {
    path: String,
    line: u32,
    what: String,
    /// `ada startRun component:default/payments`
    case: String,
    expected: bool,
    allowed: bool,
    passed: bool,
    /// The policies that decided.
    policies: Vec<String>,
    /// What they say, in a sentence.
    says: String,
    #[serde(skip)]
    wrong_policy: bool,
}

impl Line {
    fn of(path: &Path, outcome: &Outcome) -> Line {
        let decided = &outcome.explanation.decided;
        Line {
            path: path.display().to_string(),
            line: outcome.line,
            what: outcome.what.to_string(),
            case: outcome.text.clone(),
            expected: outcome.expected,
            allowed: outcome.explanation.allowed,
            passed: outcome.passed(),
            policies: decided.iter().map(|policy| format!("{} ({}:{})", policy.id, policy.file, policy.line)).collect(),
            says: outcome.explanation.says.clone(),
            wrong_policy: !outcome.decided_as_expected(),
        }
    }

    fn text(&self) -> String {
        let decided = |allowed| if allowed { "allowed" } else { "denied" };
        let by = if self.policies.is_empty() { self.says.clone() } else { self.policies.join(", ") };
        let mark = if self.passed { "ok  " } else { "FAIL" };
        let but = match (self.expected == self.allowed, self.wrong_policy) {
            (false, _) => format!(" instead of {}", decided(self.expected)),
            (true, true) => ", but by another policy than expected".to_owned(),
            (true, false) => String::new(),
        };
        plain(&format!("{mark} {}:{}: {}: {}{but}: {by}\n", self.path, self.line, self.case, decided(self.allowed)))
    }
}

fn test(files: &[PathBuf], policies: Option<&Path>, common: &Common) -> Result<Exit, CliError> {
    let set = match policies {
        None => PolicySetText::shipped(Switches::default()).compile().map(Arc::new).map_err(|problems| {
            problems.iter().map(|problem| Problem::of(problem, Path::new(&problem.file))).collect::<Vec<_>>()
        }),
        Some(path) => load(&[path.to_owned()])?,
    };
    let set = match set {
        Ok(set) => set,
        Err(problems) => {
            problems.iter().for_each(|problem| output::say(&problem.text()));
            return Ok(Exit::No);
        }
    };
    let mut lines = Vec::new();
    for file in files {
        match read_cases(file)? {
            Ok(mut cases) => lines.extend(cases.run(&set).iter().map(|outcome| Line::of(file, outcome))),
            Err(problem) => {
                output::say(&problem.text());
                return Ok(Exit::No);
            }
        }
    }
    let failed = lines.iter().filter(|line| !line.passed).count();
    output::answer(common.output, &lines, |_| lines.iter().map(Line::text).collect())?;
    output::say(&match failed {
        0 => format!("{} as expected\n", count(lines.len(), "line is", "lines are")),
        _ => format!("{failed} of {} not as expected\n", count(lines.len(), "line is", "lines are")),
    });
    Ok(if failed == 0 { Exit::Ok } else { Exit::No })
}

fn read_cases(path: &Path) -> Result<Result<Cases, Problem>, CliError> {
    let bytes = bussola_server::manifests::read(path).map_err(|refused| CliError::from(&refused))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        CliError::new(Code::Io, format!("cannot read `{}`: it is not UTF-8", path.display()), "write it anew in UTF-8")
    })?;
    let name = path.display().to_string();
    let cases = Cases::parse(&name, &text).map_err(|problem| Problem::of(&problem, path));
    // A file that expects nothing would pass for ever, whatever is written in it by mistake.
    Ok(cases.and_then(|cases| if cases.is_empty() { Err(expects_nothing(path)) } else { Ok(cases) }))
}

fn expects_nothing(path: &Path) -> Problem {
    Problem {
        code: ProblemKind::Cases.code(),
        path: path.display().to_string(),
        line: 1,
        column: 1,
        message: "the file expects nothing".to_owned(),
        hint: "write `[[expect]]` with `allow = [\"WHO ACTION RESOURCE\"]` or `deny`".to_owned(),
        excerpt: String::new(),
    }
}

fn show(dir: Option<&Path>, switches: Switches, common: &Common) -> Result<Exit, CliError> {
    let files = PolicySetText::shipped(switches).files;
    let Some(dir) = dir else {
        output::answer(common.output, &files, |_| {
            files.iter().map(|(name, text)| format!("// ---- {name}\n{text}\n")).collect()
        })?;
        return Ok(Exit::Ok);
    };
    if let Some(there) = files.keys().map(|name| dir.join(name)).find(|path| path.exists()) {
        let message = format!("cannot write `{}`: it is there already", there.display());
        return Err(CliError::new(Code::Io, message, "name another directory"));
    }
    std::fs::create_dir_all(dir).map_err(|error| CliError::write(dir, &error))?;
    for (name, text) in &files {
        let path = dir.join(name);
        std::fs::write(&path, text).map_err(|error| CliError::write(&path, &error))?;
        output::say(&format!("wrote {}\n", path.display()));
    }
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_with_their_line() {
        let place = tempfile::tempdir().expect("a directory");
        std::fs::write(place.path().join("a.cedar"), "permit (principal is Bussola::Usr, action, resource);")
            .expect("a file");
        let problems = load(&[place.path().to_owned()]).expect("it can be read").expect_err("it is not good");
        let text: String = problems.iter().map(Problem::text).collect();
        insta::assert_snapshot!(text.replace(&place.path().display().to_string(), "DIR"), @r"
        DIR/a.cedar:1:22: error[B0402]: unrecognized entity type `Bussola::Usr`
            permit (principal is Bussola::Usr, action, resource);
                                 ^
        hint: did you mean `Bussola::User`?
        ");
    }

    #[test]
    fn lines_say_what_decided() {
        let set = Arc::new(PolicySetText::shipped(Switches::default()).compile().expect("the set that ships"));
        let text = r#"
            [components.api]
            owner = "payments"
            [who.ada]
            groups = ["payments"]
            [who.bob]
            [[expect]]
            allow = ["ada,bob startRun api"]
            deny = ["bob retryRun api", "ada readLedger ledger"]
            [[expect]]
            policies = ["administrators"]
            allow = ["local readLedger ledger"]
        "#;
        let outcomes = Cases::parse("t.toml", text).expect("a good file").run(&set);
        let lines: String = outcomes.iter().map(|outcome| Line::of(Path::new("t.toml"), outcome).text()).collect();
        insta::assert_snapshot!(lines, @r"
        ok   t.toml:8: ada startRun component:default/api: allowed: owners-run (owners.cedar:3)
        FAIL t.toml:8: bob startRun component:default/api: denied instead of allowed: no policy allows it
        ok   t.toml:9: bob retryRun component:default/api: denied: no policy allows it
        ok   t.toml:9: ada readLedger ledger: denied: no policy allows it
        FAIL t.toml:12: local readLedger ledger: allowed, but by another policy than expected: local (local.cedar:3)
        ");
    }

    #[test]
    fn what_is_wrong_with_expectations_has_a_place() {
        let check = |text: &str, expected: &str| {
            let problem = Cases::parse("t.toml", text).expect_err(text);
            assert!(problem.to_string().starts_with(expected), "{text}: {problem}");
        };
        check("[who.ada]\nage = 7", "t.toml:2:1: unknown field `age`");
        check("[[expect]]\nallow = [\n  \"ada startRun api\",\n]", "t.toml:3:3: nobody is called `ada`");
        check("[who.ada]\n[[expect]]\nallow = [\"ada startRuns api\"]", "t.toml:3:10: there is no action `startRuns`");
        check(
            "[who.ada]\n[[expect]]\nallow = [\"ada startRun\"]",
            "t.toml:3:10: `ada startRun` is not of the form WHO ACTION RESOURCE",
        );
        check("[who.ada]\nby = \"fax\"", "t.toml:1:6: nobody is known by `fax`");
        check("[who.local]", "t.toml:1:6: `local` cannot be anybody's name");
        check("[who.nightly]\nis = \"run\"", "t.toml:1:6: `nightly` is a run of nothing");
    }
}
