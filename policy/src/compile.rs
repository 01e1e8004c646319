//! A policy set: its texts, and what is made of them when all of it is good.
//!
//! INVARIANT: a [`Compiled`] set was parsed and validated strictly against our schema, without a single complaint. There
//! are no half-loaded sets: one problem anywhere, and there is none.

use std::collections::{BTreeMap, HashMap};

use bussola_domain::id::BlobHash;
use cedar_policy::{Effect, Policy, PolicyId, PolicySet, ValidationMode, ValidationWarning, Validator};
use miette::Diagnostic;

use crate::limits::{
    FILE_BYTES_MAX, FILES_MAX, ID_BYTES_MAX, NAME_BYTES_MAX, POLICIES_MAX, POLICY_BYTES_MAX, PROBLEMS_MAX,
    SET_BYTES_MAX,
};
use crate::pieces::{Piece, cut};
use crate::problem::{PolicyProblem, ProblemKind, place};
use crate::schema;
use crate::slices::Slices;

/// The texts of a policy set, by the name of their file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySetText {
    /// The name of a file, as ledger and problems tell it, and its text.
    pub files: BTreeMap<String, String>,
}

/// A policy that was compiled.
#[derive(Clone, Debug)]
pub struct CompiledPolicy {
    /// What entries call it: its `@id`, else `file#number`.
    pub id: Box<str>,
    /// The name of its file.
    pub file: Box<str>,
    /// Where it starts in its file, from 1.
    pub line: u32,
    /// As written.
    pub text: Box<str>,
    /// Whether it forbids; else it permits.
    pub forbids: bool,
}

/// A set that decisions can follow.
#[derive(Debug)]
pub struct Compiled {
    files: BTreeMap<String, BlobHash>,
    policies: Vec<CompiledPolicy>,
    numbers: HashMap<PolicyId, u32>,
    pub(crate) slices: Slices,
}

impl Compiled {
    /// The hash of each text: how the model names the set.
    pub fn files(&self) -> &BTreeMap<String, BlobHash> {
        &self.files
    }

    /// Its policies, in order of file and place.
    pub fn policies(&self) -> &[CompiledPolicy] {
        &self.policies
    }

    /// The place of a policy in [`policies`](Compiled::policies).
    pub(crate) fn number(&self, id: &PolicyId) -> u32 {
        self.numbers.get(id).copied().expect("Cedar names policies that it was given")
    }
}

/// An id as text.
pub(crate) fn id_of(id: &PolicyId) -> &str {
    id.as_ref()
}

/// A policy on its way.
struct Parsed {
    file: usize,
    piece: Piece,
    policy: Policy,
}

impl PolicySetText {
    /// Makes a set of the texts.
    ///
    /// # Errors
    /// With everything that is wrong, in order of file and place: LIMIT [`PROBLEMS_MAX`].
    pub fn compile(&self) -> Result<Compiled, Vec<PolicyProblem>> {
        let mut problems = self.check_sizes();
        let parsed = if problems.is_empty() { self.parse(&mut problems) } else { Vec::new() };
        if problems.is_empty() {
            self.validate(&parsed, &mut problems);
        }
        if !problems.is_empty() {
            problems.sort_by(|a, b| (a.place(), &a.message).cmp(&(b.place(), &b.message)));
            problems.dedup_by(|a, b| a.place() == b.place());
            problems.truncate(PROBLEMS_MAX);
            return Err(problems);
        }
        let names: Vec<(&String, &String)> = self.files.iter().collect();
        let compiled = |parsed: &Parsed| {
            let (name, text) = names[parsed.file];
            CompiledPolicy {
                id: id_of(parsed.policy.id()).into(),
                file: name.as_str().into(),
                line: place(text, parsed.piece.start).0,
                text: self.text_of(parsed).into(),
                forbids: parsed.policy.effect() == Effect::Forbid,
            }
        };
        let numbered = parsed.iter().zip(0..);
        Ok(Compiled {
            files: self.files.iter().map(|(name, text)| (name.clone(), BlobHash::of(text.as_bytes()))).collect(),
            policies: parsed.iter().map(compiled).collect(),
            numbers: numbered.map(|(parsed, number)| (parsed.policy.id().clone(), number)).collect(),
            slices: Slices::of(parsed.iter().map(|parsed| (&parsed.policy, self.text_of(parsed)))),
        })
    }

    fn text_of(&self, parsed: &Parsed) -> &str {
        let text = self.files.values().nth(parsed.file).map_or("", String::as_str);
        &text[parsed.piece.start..parsed.piece.end]
    }

    fn check_sizes(&self) -> Vec<PolicyProblem> {
        let mut problems = Vec::new();
        let mut add = |kind, file: &str, text: &str, message: String, hint: &str| {
            problems.push(PolicyProblem::at(kind, file, text, 0, message).hint(hint));
        };
        let hint = format!("letters, digits, `.`, `-`, `_` and `/`, at most {NAME_BYTES_MAX} of them");
        for (name, text) in &self.files {
            if !is_name(name, NAME_BYTES_MAX) {
                let message = format!("the file's name `{name}` cannot be used");
                add(ProblemKind::Id, name, "", message, &hint);
            }
            if text.len() > FILE_BYTES_MAX {
                let message = format!("the file has {} bytes, at most {FILE_BYTES_MAX} are read", text.len());
                add(ProblemKind::Limit, name, "", message, "make several files of it");
            }
        }
        if self.files.len() > FILES_MAX {
            let message = format!("the set has {} files, at most {FILES_MAX} are read", self.files.len());
            add(ProblemKind::Limit, "", "", message, "put policies that belong together into one file");
        }
        let bytes: usize = self.files.values().map(String::len).sum();
        if bytes > SET_BYTES_MAX {
            let message = format!("the set has {bytes} bytes, at most {SET_BYTES_MAX} are read");
            add(ProblemKind::Limit, "", "", message, "let one policy speak of a group instead of many of its members");
        }
        problems
    }

    fn parse(&self, problems: &mut Vec<PolicyProblem>) -> Vec<Parsed> {
        let mut all = Vec::new();
        let mut places: HashMap<String, String> = HashMap::new();
        for (file, (name, text)) in self.files.iter().enumerate() {
            for (piece, number) in cut(text).into_iter().zip(1_u32..) {
                if all.len() == POLICIES_MAX {
                    let message = format!("the set has more than {POLICIES_MAX} policies");
                    let hint = "let one policy speak of a group instead of many of its members";
                    problems.push(PolicyProblem::at(ProblemKind::Limit, name, text, piece.start, message).hint(hint));
                    return all;
                }
                match parse_piece(name, text, piece, number) {
                    Err(found) => problems.extend(found),
                    Ok(policy) => {
                        let (line, _) = place(text, piece.start);
                        let id = id_of(policy.id());
                        if let Some(before) = places.insert(id.to_owned(), format!("{name}:{line}")) {
                            let message = format!("the id `{id}` is already that of the policy at {before}");
                            let problem = PolicyProblem::at(ProblemKind::Id, name, text, piece.start, message);
                            problems.push(problem.hint("entries of the ledger name policies by id: give each its own"));
                        }
                        all.push(Parsed { file, piece, policy });
                    }
                }
            }
        }
        all
    }

    fn validate(&self, parsed: &[Parsed], problems: &mut Vec<PolicyProblem>) {
        let names: Vec<(&String, &String)> = self.files.iter().collect();
        let by_id: HashMap<&PolicyId, &Parsed> = parsed.iter().map(|parsed| (parsed.policy.id(), parsed)).collect();
        // INVARIANT: ids are unique and policies static, so that each can be added.
        let set = PolicySet::from_policies(parsed.iter().map(|parsed| parsed.policy.clone()))
            .expect("policies with ids of their own are a set");
        let validator = Validator::new(schema::schema().clone());
        let result = validator.validate(&set, ValidationMode::Strict);
        // Cedar says the same fault once for each action, and adds what follows from it. What is told of a policy is what comes
        // first: a wrong word or type, then that no action fits, then that it never applies or is written with odd letters.
        let mut told: BTreeMap<&PolicyId, (u8, Vec<PolicyProblem>)> = BTreeMap::new();
        let mut add = |id: &'_ PolicyId, rank: u8, complaint: &dyn Diagnostic| {
            let Some((&id, parsed)) = by_id.get_key_value(id) else { return };
            let (name, text) = names[parsed.file];
            let problem = complained(ProblemKind::Schema, name, text, parsed.piece, complaint, id_of(id));
            let (of_rank, problems) = told.entry(id).or_insert((rank, Vec::new()));
            if rank < *of_rank {
                problems.clear();
                *of_rank = rank;
            }
            if rank == *of_rank {
                problems.push(problem);
            }
        };
        result.validation_errors().for_each(|error| add(error.policy_id(), 0, error));
        for warning in result.validation_warnings() {
            let follows = !matches!(warning, ValidationWarning::InvalidActionApplication(_));
            add(warning.policy_id(), 1 + u8::from(follows), warning);
        }
        problems.extend(told.into_values().flat_map(|(_, problems)| problems));
    }
}

fn parse_piece(name: &str, text: &str, piece: Piece, number: u32) -> Result<Policy, Vec<PolicyProblem>> {
    let at = |kind, offset, message: String, hint: &str| {
        vec![PolicyProblem::at(kind, name, text, offset, message).hint(hint)]
    };
    if piece.end - piece.start > POLICY_BYTES_MAX {
        let message = format!("the policy has {} bytes, at most {POLICY_BYTES_MAX} are read", piece.end - piece.start);
        return Err(at(ProblemKind::Limit, piece.start, message, "make several policies of it"));
    }
    if let Some(offset) = piece.too_deep {
        let hint = "`when` can stand several times in one policy";
        return Err(at(ProblemKind::Limit, offset, "brackets nest too deep".to_owned(), hint));
    }
    let source = &text[piece.start..piece.end];
    let policy = Policy::parse(None, source).map_err(|errors| {
        errors.iter().map(|error| complained(ProblemKind::Syntax, name, text, piece, error, "")).collect::<Vec<_>>()
    })?;
    let id = match policy.annotation("id") {
        None => format!("{name}#{number}"),
        Some(id) if is_name(id, ID_BYTES_MAX) => id.to_owned(),
        Some(id) => {
            let message = format!("the id `{id}` cannot be used");
            let hint = format!("letters, digits, `.`, `-`, `_` and `/`, at most {ID_BYTES_MAX} of them");
            return Err(at(ProblemKind::Id, piece.start, message, &hint));
        }
    };
    Ok(policy.new_id(PolicyId::new(id)))
}

/// What Cedar says of a policy, at the place that it says it of.
fn complained(
    kind: ProblemKind,
    name: &str,
    text: &str,
    piece: Piece,
    complaint: &dyn Diagnostic,
    id: &str,
) -> PolicyProblem {
    let label = complaint.labels().and_then(|mut labels| labels.next());
    let offset = label.as_ref().map_or(0, |label| label.offset()).min(piece.end - piece.start);
    let message = complaint.to_string();
    let help = complaint.help().map(|help| help.to_string());
    let help =
        help.or_else(|| (kind == ProblemKind::Schema).then(|| "the words: `bussola policy show --schema`".to_owned()));
    let hint = help.or_else(|| label.as_ref().and_then(|label| label.label()).map(str::to_owned)).unwrap_or_default();
    let bare = |text: &str| {
        let bare =
            text.strip_prefix(&format!("for policy `{id}`")).map(|rest| rest.trim_start_matches([',', ':', ' ']));
        bare.unwrap_or(text).to_owned()
    };
    PolicyProblem::at(kind, name, text, piece.start + offset, bare(&message)).hint(bare(&hint))
}

/// Whether it can stand in entries and in reasons, which separate names by `,`, `+` and `@`.
fn is_name(text: &str, bytes_max: usize) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    (1..=bytes_max).contains(&text.len()) && text.chars().all(fits)
}
