//! How the desktop wants programs to look: light or dark, and with how much motion.
//!
//! Promises: whoever follows hears at least once, soon, and then at each change; nothing is asked
//! again and again; a desktop that does not say, or does not answer in time, leaves the defaults and
//! says so once in the log. The accent color is our own and not followed.
//!
//! Only Linux needs this for light and dark: on Windows and macOS the windowing layer tells. These
//! two say nothing about motion here.

use super::appearance_of_system as system;

/// How the desktop wants programs to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appearance {
    /// Dark, light, or left to the windowing layer.
    pub dark: Option<bool>,
    /// Nothing should move that need not.
    pub reduced_motion: bool,
}

/// Tells how things should look, now and whenever that changes. Ends when there is nothing more to
/// hear of.
pub async fn follow(mut tell: impl FnMut(Appearance) + Send) {
    system::follow(&mut tell).await;
}
