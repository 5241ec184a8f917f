//! A text that must not be seen: wiped from memory when dropped, `•••` when printed.
//!
//! Promises: there is no `Display` and no `Serialize`, so a secret reaches a log, a file or a
//! message only through [`Secret::expose`], which is easy to search for.

use std::fmt;

use zeroize::Zeroizing;

/// A secret key, a password, a token.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the one line that signs or stores it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_dots() {
        let secret = Secret::new("correct horse".to_owned());
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "••• Some(\n    •••,\n)");
        assert_eq!(secret.expose(), "correct horse");
    }
}
