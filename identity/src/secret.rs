//! A text that must not be seen: client secrets, tokens, codes, verifiers.

use std::fmt;

use zeroize::Zeroizing;

/// A secret text. `Debug` redacts, there is no `Display`, and its memory is overwritten when it goes.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether another text is the same, in a time that does not tell where they differ.
    pub fn matches(&self, other: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), other.as_bytes());
        let difference = own.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b));
        own.len() == other.len() && std::hint::black_box(difference) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_compared_whole_and_never_shown() {
        let secret = Secret::new("correct horse");
        for (other, same) in [("correct horse", true), ("correct horsf", false), ("correct", false), ("", false)] {
            assert_eq!(secret.matches(other), same, "{other}");
        }
        assert!(!format!("{secret:?}").contains("horse"));
    }
}
