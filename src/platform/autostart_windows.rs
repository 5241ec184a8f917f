//! Windows: a value of the key whose commands run when this user logs on.
//!
//! Windows takes the value for a command line, so each word is in quotes.
//! Sources: <https://learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys>,
//! <https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments>.

use windows_registry::CURRENT_USER;

use super::autostart::Entry;

const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";

pub(super) fn is_registered(entry: &Entry) -> bool {
    let found = CURRENT_USER.open(RUN).and_then(|key| key.get_string(name(entry)));
    matches!((found, command_line(entry)), (Ok(found), Ok(wanted)) if found == wanted)
}

pub(super) fn register(entry: &Entry) -> Result<(), String> {
    let line = command_line(entry)?;
    CURRENT_USER
        .create(RUN)
        .and_then(|key| key.set_string(name(entry), line))
        .map_err(|error| error.to_string())
}

pub(super) fn remove(entry: &Entry) -> Result<(), String> {
    let Ok(key) = CURRENT_USER.options().read().write().open(RUN) else { return Ok(()) };
    if key.get_type(name(entry)).is_err() {
        return Ok(());
    }
    key.remove_value(name(entry)).map_err(|error| error.to_string())
}

fn name(entry: &Entry) -> String {
    entry.name("Duo Security Integrator")
}

fn command_line(entry: &Entry) -> Result<String, String> {
    let words: Vec<String> = entry.words()?.into_iter().map(quoted).collect();
    Ok(words.join(" "))
}

/// A path holds no quotes here; backslashes before the closing one would take its meaning away.
fn quoted(word: &str) -> String {
    let trailing = word.len() - word.trim_end_matches('\\').len();
    format!("\"{word}{}\"", "\\".repeat(trailing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_in_quotes() {
        assert_eq!(quoted(r"C:\Program Files\x.exe"), "\"C:\\Program Files\\x.exe\"");
        assert_eq!(quoted(r"D:\"), "\"D:\\\\\"");
    }
}
