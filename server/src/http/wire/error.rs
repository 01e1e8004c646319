//! Errors and problems.

use bussola_domain::catalog::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// Stable code; `docs/errors` has a line for each.
    #[schema(example = "B0212")]
    pub code: String,
    /// What happened: lower case, one line, no period.
    #[schema(example = "there is no run `77`")]
    pub message: String,
    /// What to do about it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// What is wrong with manifests, where that is the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<FileProblem>,
}

/// One thing that is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FileProblem {
    /// Stable code.
    #[schema(example = "B0114")]
    pub code: String,
    /// The file.
    pub path: String,
    /// The line, from 1; not given where the file as a whole is concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column, from 1, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// What to write instead; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

impl FileProblem {
    /// From the domain's.
    pub fn of(problem: &Problem) -> FileProblem {
        FileProblem {
            code: problem.code.to_string(),
            path: problem.path.clone(),
            line: Some(problem.line),
            column: Some(problem.column),
            message: problem.message.clone(),
            hint: problem.hint.clone(),
        }
    }

    /// From a file that could not be read.
    pub fn refused(refused: &crate::manifests::Refused) -> FileProblem {
        FileProblem {
            code: refused.code().to_owned(),
            path: refused.path().display().to_string(),
            line: None,
            column: None,
            message: refused.to_string(),
            hint: refused.hint(),
        }
    }
}
