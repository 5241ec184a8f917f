//! Changes of the settings file as acts: written at once, said in a sentence, undone by putting back
//! what the file said before.

use toml_edit::Value;

use crate::base::{Home, Problem};
use crate::settings;
use crate::window::worker::{Act, Did};

/// An act that changes the settings file.
pub(super) fn change(
    name: &'static str,
    words: impl Into<String>,
    change: impl Fn(&Home) -> Result<(), Problem> + Send + Sync + 'static,
) -> Act {
    let words = words.into();
    Act::new(name, move |home| {
        let before = settings::text(home)?;
        change(home)?;
        let after = settings::text(home)?;
        if before == after {
            return Ok(Did::quietly());
        }
        let undo = Act::new("undo a setting", move |home| {
            settings::put_back(home, before.as_deref(), after.as_deref())?;
            Ok(Did::said("The setting is as it was before"))
        });
        Ok(Did::said(words.clone()).with_undo(undo))
    })
}

/// An act that sets keys of a section, or removes those without a value.
pub(super) fn set(
    section: &'static str,
    values: Vec<(&'static str, Option<Value>)>,
    words: impl Into<String>,
) -> Act {
    change(section, words, move |home| settings::set_in_section(home, section, &values).map(|_| ()))
}

/// An act that goes back to the last settings without a mistake.
pub(super) fn restore() -> Act {
    Act::new("restore the settings", |home| {
        let aside = settings::restore_good(home)?;
        Ok(Did::said(format!(
            "The last good settings are in use again. The other file is kept as {}",
            aside.display()
        )))
    })
}
