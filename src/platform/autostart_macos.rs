//! macOS: an agent of the user's, which the system starts at login.
//!
//! The file takes effect at the next login; until then the collector is started directly.
//! Source: `man 5 launchd.plist`.

use std::path::PathBuf;

use super::autostart::{Entry, remove_file, write_file};
use crate::base::files;

pub(super) fn is_registered(entry: &Entry) -> bool {
    let (Ok(path), Ok(wanted)) = (file(entry), text(entry)) else { return false };
    matches!(files::read_if_there(&path), Ok(Some(found)) if found == wanted.as_bytes())
}

pub(super) fn register(entry: &Entry) -> Result<(), String> {
    write_file(&file(entry)?, &text(entry)?)
}

pub(super) fn remove(entry: &Entry) -> Result<(), String> {
    remove_file(&file(entry)?)
}

fn file(entry: &Entry) -> Result<PathBuf, String> {
    let dirs = directories::BaseDirs::new().ok_or("this user has no home folder")?;
    let name = format!("{}.plist", entry.name("duo-integrator"));
    Ok(dirs.home_dir().join("Library/LaunchAgents").join(name))
}

fn text(entry: &Entry) -> Result<String, String> {
    let words: String = entry
        .words()?
        .iter()
        .map(|word| format!("    <string>{}</string>\n", escaped(word)))
        .collect();
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  <string>{}</string>\n  \
         <key>ProgramArguments</key>\n  <array>\n{words}  </array>\n  <key>RunAtLoad</key>\n  \
         <true/>\n  <key>LimitLoadToSessionType</key>\n  <string>Aqua</string>\n  \
         <key>ProcessType</key>\n  <string>Background</string>\n</dict>\n</plist>\n",
        entry.name("duo-integrator")
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surprising_paths_are_escaped() {
        let entry = Entry {
            program: "/Applications/R&D <1>/x".into(),
            arguments: vec!["collect".into()],
            suffix: Some("1a2b".to_owned()),
        };
        let text = text(&entry).unwrap();
        assert!(text.contains("<string>/Applications/R&amp;D &lt;1&gt;/x</string>"), "{text}");
        assert!(text.contains("<string>duo-integrator-1a2b</string>"), "{text}");
    }
}
