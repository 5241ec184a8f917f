//! Linux: an entry in the desktop's autostart folder.
//!
//! Sources: <https://specifications.freedesktop.org/autostart-spec/latest/>,
//! <https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html>.

use std::path::PathBuf;

use super::autostart::{Entry, remove_file, write_file};
use crate::base::files;

pub(super) fn is_registered(entry: &Entry) -> bool {
    let (Ok(path), Ok(wanted)) = (file(entry), text(entry)) else { return false };
    let Ok(Some(found)) = files::read_if_there(&path) else { return false };
    let found = String::from_utf8_lossy(&found);
    let holds = |text: &str, line: &str| text.lines().any(|found| found.trim() == line);
    // Desktops switch an entry off rather than remove it.
    let is_off =
        ["Hidden=true", "X-GNOME-Autostart-enabled=false"].iter().any(|l| holds(&found, l));
    let starts = wanted.lines().find(|line| line.starts_with("Exec="));
    !is_off && starts.is_some_and(|line| holds(&found, line))
}

pub(super) fn register(entry: &Entry) -> Result<(), String> {
    write_file(&file(entry)?, &text(entry)?)
}

pub(super) fn remove(entry: &Entry) -> Result<(), String> {
    remove_file(&file(entry)?)
}

/// `$XDG_CONFIG_HOME/autostart/duo-integrator.desktop`.
fn file(entry: &Entry) -> Result<PathBuf, String> {
    let dirs = directories::BaseDirs::new().ok_or("this user has no home folder")?;
    let name = format!("{}.desktop", entry.name("duo-integrator"));
    Ok(dirs.config_dir().join("autostart").join(name))
}

fn text(entry: &Entry) -> Result<String, String> {
    Ok(desktop_entry(&entry.words()?))
}

/// The entry that starts a program with its words.
pub fn desktop_entry(words: &[&str]) -> String {
    let mut exec: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    // Launchers look for the program before they make one percent sign of two.
    if words.first().is_some_and(|program| program.contains('%')) {
        exec.insert(0, "env".to_owned());
    }
    format!(
        "[Desktop Entry]\nType=Application\nName=Duo Security Integrator\n\
         Comment=Collects Duo\u{2019}s logs in the background\nExec={}\nTryExec={}\n\
         Icon=duo-integrator\nTerminal=false\nNoDisplay=true\nStartupNotify=false\n\
         X-GNOME-Autostart-enabled=true\n",
        escaped(&exec.join(" ")),
        // A program that was removed is passed over in silence.
        escaped(words.first().unwrap_or(&"")),
    )
}

/// A word of the command line, where some characters mean something else outside of quotes, some
/// also inside, and `%` everywhere.
fn quoted(word: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' | '`' | '$' | '\\' => quoted.extend(['\\', letter]),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Text in any value of such a file; this comes on top of the quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r").replace('\t', r"\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surprising_paths_are_quoted_twice() {
        let entry = desktop_entry(&["/opt/a b/x", "collect", "--home", "/h/$HOME \"`\\ 100%"]);
        let exec = entry.lines().find(|line| line.starts_with("Exec=")).unwrap();
        let expected = r#"Exec="/opt/a b/x" "collect" "--home" "/h/\\$HOME \\"\\`\\\\ 100%%""#;
        assert_eq!(exec, expected);
        assert!(entry.lines().any(|line| line == "TryExec=/opt/a b/x"), "{entry}");
    }
}
