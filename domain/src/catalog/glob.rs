//! Globs over task families: `Billing*`, `billing.*`, `Load?`.
//!
//! `*` is any run of characters, `?` is one; everything else is itself, and case counts, as it does in Python's names.
//!
//! When several globs fit, the most specific wins: the one with most literal characters, then the one with fewest `*`,
//! then the one with fewest `?`.

use std::cmp::Reverse;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::limits::GLOB_BYTES_MAX;

/// A checked glob.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyGlob(String);

/// Why text is not a glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GlobError {
    /// Nothing to match.
    #[error("the glob is empty")]
    Empty,
    /// Longer than the limit.
    #[error("the glob is longer than {GLOB_BYTES_MAX} bytes")]
    TooLong,
    /// A character that no family has.
    #[error("the glob holds white space or a control character")]
    Blank,
}

/// How exactly a glob says what it wants: greater is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity {
    literals: usize,
    stars: Reverse<usize>,
    singles: Reverse<usize>,
}

impl FamilyGlob {
    /// Checks a glob.
    ///
    /// # Errors
    /// When it is empty, too long, or holds what no family can hold.
    pub fn parse(text: &str) -> Result<FamilyGlob, GlobError> {
        if text.is_empty() {
            return Err(GlobError::Empty);
        }
        if text.len() > GLOB_BYTES_MAX {
            return Err(GlobError::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(GlobError::Blank);
        }
        Ok(FamilyGlob(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has no wildcard.
    pub fn is_exact(&self) -> bool {
        !self.0.contains(['*', '?'])
    }

    /// How exactly it says what it wants.
    pub fn specificity(&self) -> Specificity {
        let count = |wanted| self.0.chars().filter(|c| *c == wanted).count();
        let (stars, singles) = (count('*'), count('?'));
        Specificity {
            literals: self.0.chars().count() - stars - singles,
            stars: Reverse(stars),
            singles: Reverse(singles),
        }
    }

    /// Whether a family fits. Time is at most the product of both lengths.
    pub fn matches(&self, family: &str) -> bool {
        let pattern: Vec<char> = self.0.chars().collect();
        let text: Vec<char> = family.chars().collect();
        let (mut p, mut t) = (0, 0);
        // Where to go back to when what follows the last star does not fit.
        let mut back: Option<(usize, usize)> = None;
        while t < text.len() {
            match pattern.get(p) {
                Some('*') => {
                    back = Some((p + 1, t));
                    p += 1;
                }
                Some(c) if *c == '?' || *c == text[t] => {
                    p += 1;
                    t += 1;
                }
                _ => match back {
                    Some((after_star, tried)) => {
                        p = after_star;
                        t = tried + 1;
                        back = Some((after_star, tried + 1));
                    }
                    None => return false,
                },
            }
        }
        pattern[p..].iter().all(|c| *c == '*')
    }

    /// Whether some family fits both.
    pub fn overlaps(&self, other: &FamilyGlob) -> bool {
        let (a, b): (Vec<char>, Vec<char>) = (self.0.chars().collect(), other.0.chars().collect());
        // row[j]: whether some text fits both a[i..] and b[j..].
        let mut row = vec![false; b.len() + 1];
        for i in (0..=a.len()).rev() {
            let below = row.clone();
            for j in (0..=b.len()).rev() {
                row[j] = match (a.get(i), b.get(j)) {
                    (None, None) => true,
                    (Some('*'), _) if below[j] => true,
                    (Some('*'), Some(_)) => row[j + 1],
                    (_, Some('*')) => row[j + 1] || (i < a.len() && below[j]),
                    (Some(x), Some(y)) => (*x == '?' || *y == '?' || x == y) && below[j + 1],
                    _ => false,
                };
            }
        }
        row[0]
    }
}

impl fmt::Display for FamilyGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for FamilyGlob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FamilyGlob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FamilyGlob, D::Error> {
        FamilyGlob::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(text: &str) -> FamilyGlob {
        FamilyGlob::parse(text).expect(text)
    }

    #[test]
    fn families_that_fit() {
        let check =
            |pattern, family, expected| assert_eq!(glob(pattern).matches(family), expected, "{pattern} {family}");
        check("Billing*", "BillingDaily", true);
        check("Billing*", "Billing", true);
        check("Billing*", "billingDaily", false);
        check("billing.*", "billing.Daily", true);
        check("billing.*", "billingXDaily", false);
        check("*Report", "DailyReport", true);
        check("*a*b*", "xxaxxbxx", true);
        check("*a*b*", "xxbxxaxx", false);
        check("Load?", "Load1", true);
        check("Load?", "Load", false);
        check("*", "anything", true);
        check("A", "A", true);
        check("A", "AB", false);
    }

    #[test]
    fn globs_that_overlap() {
        let check = |a, b, expected| {
            assert_eq!(glob(a).overlaps(&glob(b)), expected, "{a} {b}");
            assert_eq!(glob(b).overlaps(&glob(a)), expected, "{b} {a}");
        };
        check("Billing*", "*Report", true);
        check("A*", "B*", false);
        check("A*", "A", true);
        check("A?", "A", false);
        check("A?", "?B", true);
        check("*A*", "*B*", true);
        check("A*B", "A*C", false);
    }

    #[test]
    fn the_more_specific_wins() {
        let check =
            |more: &str, less: &str| assert!(glob(more).specificity() > glob(less).specificity(), "{more} {less}");
        check("BillingDaily", "Billing*");
        check("Billing*", "B*");
        check("Bill", "Bil?");
        check("Bill?", "Bill*");
        check("B*", "*");
    }
}
