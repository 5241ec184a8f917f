//! A text nobody may see: a secret key, a token, a proxy's password.
//!
//! Promises: printing or logging one shows `•••`; it cannot be serialized; its memory is wiped when
//! it is dropped. Seeing the text takes a call to [`Secret::expose`], which is easy to search for.

use std::fmt;

use zeroize::Zeroizing;

/// A text that prints as `•••`.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Keep it to the line that signs, stores or sends it.
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
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?} {:?}", Some(secret.clone())), "••• Some(•••)");
        assert_eq!(secret.expose(), "hunter2");
    }
}
