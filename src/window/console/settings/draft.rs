//! A field whose text becomes a setting when it is left.
//!
//! Promises: what is typed is checked at each letter by the code that reads the file; only what is
//! right and new is handed on; Escape brings back what is set; what changes elsewhere shows.

use eframe::egui;
use toml::{Table, Value};

use crate::settings::{Mistake, Settings};
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::parts;

/// What may be worth saying about a text that is right.
pub(super) type Verdict = Result<Option<String>, String>;

/// The text in a field.
#[derive(Default)]
pub(super) struct Draft {
    text: String,
    /// The setting that it began with.
    set: Option<String>,
    /// The last verdict, and what it is about.
    judged: Option<(String, Verdict)>,
}

impl Draft {
    /// Draws the field; the text when it was left just now, is right, and differs from what is `set`.
    pub fn ui(
        &mut self,
        ui: &mut egui::Ui,
        set: &str,
        spec: &FieldSpec<'_>,
        check: impl Fn(&str) -> Verdict,
    ) -> Option<String> {
        let done = self.draw(ui, set, spec, check);
        let escaped = ui.input(|input| input.key_pressed(egui::Key::Escape));
        if done && escaped {
            self.discard();
        }
        (done && !escaped).then(|| self.changed()).flatten()
    }

    /// Draws the field; whether it was left just now.
    pub fn draw(
        &mut self,
        ui: &mut egui::Ui,
        set: &str,
        spec: &FieldSpec<'_>,
        check: impl Fn(&str) -> Verdict,
    ) -> bool {
        if self.set.as_deref() != Some(set) {
            set.clone_into(&mut self.text);
            self.set = Some(set.to_owned());
        }
        let verdict = match &self.judged {
            Some((text, verdict)) if *text == self.text => verdict.clone(),
            _ => {
                let verdict = check(self.text.trim());
                self.judged = Some((self.text.clone(), verdict.clone()));
                verdict
            }
        };
        let error = verdict.as_ref().err().map(|what| parts::capitalized(what));
        let help = match &verdict {
            Ok(Some(note)) => parts::capitalized(note),
            _ => spec.help.to_owned(),
        };
        let spec = FieldSpec { error: error.as_deref(), help: &help, ..spec.clone() };
        let shown = widgets::field(ui, &mut self.text, &spec);
        shown.left || shown.entered
    }

    /// The text, when it is right and differs from what is set.
    pub fn changed(&self) -> Option<String> {
        let text = self.text.trim();
        let is_new = self.set.as_deref().is_some_and(|set| set.trim() != text);
        let is_right = match &self.judged {
            Some((judged, verdict)) => *judged == self.text && verdict.is_ok(),
            None => false,
        };
        (is_new && is_right).then(|| text.to_owned())
    }

    /// Goes back to what is set.
    pub fn discard(&mut self) {
        self.text = self.set.clone().unwrap_or_default();
    }
}

/// Checks one key of a section as the file would be; other keys may be given that it belongs to.
pub(super) fn judge(section: &str, key: &str, text: &str, others: &[(&str, &str)]) -> Verdict {
    let value = |text: &str| Value::String(text.to_owned());
    let mut table = Table::from_iter([(key.to_owned(), value(text))]);
    for (key, text) in others.iter().filter(|(_, text)| !text.is_empty()) {
        table.insert((*key).to_owned(), value(text));
    }
    let place = format!("{section}.{key}");
    let own = |mistake: &Mistake| mistake.key == place;
    match Settings::check_section(section, table) {
        Ok(settings) => {
            let notes = settings.notes();
            let about = |note: &&String| note.starts_with(&place);
            let without_place = |note: &String| {
                let rest =
                    note.strip_prefix(place.as_str()).and_then(|rest| rest.strip_prefix(": "));
                rest.unwrap_or(note).to_owned()
            };
            Ok(notes.iter().find(about).map(without_place))
        }
        Err(mistakes) => match mistakes.into_iter().find(own) {
            Some(mistake) => Err(mistake.what),
            None => Ok(None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_judged_by_the_code_that_reads_the_file() {
        assert_eq!(judge("collection", "keep", "90 days", &[]), Ok(None));
        let wrong = judge("collection", "keep", "soon", &[]).unwrap_err();
        assert!(wrong.contains("is not a span of time"), "{wrong}");
        let note = judge("collection", "poll_interval", "5 s", &[]).unwrap().unwrap();
        assert!(note.starts_with("Duo asks for at most"), "{note}");
        let zone = judge("alerts", "zone", "Mars", &[("working_hours", "07:00-19:00")]);
        assert!(zone.unwrap_err().contains("Mars"));
    }
}
