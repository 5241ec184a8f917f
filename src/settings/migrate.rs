//! Opens a settings file of any version and brings it to the current one.
//!
//! Promises: works on raw TOML, so a step needs no types of its time and comments stay; a file of
//! a newer program is refused, never cut down; a file without a version is taken for version 1,
//! the first. The migrated text reaches the disk with the next change a person makes, so an older
//! program still finds its file until then.

use std::path::Path;

use toml_edit::DocumentMut;

use super::Mistake;
use super::mistake::problem;
use crate::base::Problem;

/// The version this program writes.
pub const VERSION: i64 = 1;

/// One change of format.
type Step = fn(&mut DocumentMut);

/// The step at place `n` turns version `n + 1` into `n + 2`. Each has its old file in
/// `tests/data` and a test that opens it.
const STEPS: &[Step] = &[];

/// Reads the text of a settings file as a document of the current version.
pub(super) fn open(text: &str, file: &Path) -> Result<DocumentMut, Problem> {
    open_with(text, file, STEPS)
}

fn open_with(text: &str, file: &Path, steps: &[Step]) -> Result<DocumentMut, Problem> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        // The error's own text would repeat the line, and a line may hold what should not be seen.
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| format!("line {}", before.matches('\n').count() + 1));
        let place = line.unwrap_or_else(|| "the whole file".to_owned());
        let what = format!("this is not TOML: {}", error.message().replace('\n', ", "));
        problem(&[Mistake::at(place, what)], file)
    })?;
    let newest = i64::try_from(steps.len()).unwrap_or(i64::MAX).saturating_add(1);
    let version = match document.get("version") {
        None => 1,
        Some(item) => item.as_integer().filter(|version| *version >= 1).ok_or_else(|| {
            let what = format!("write the number of the format: version = {newest}");
            problem(&[Mistake::at("version", what)], file)
        })?,
    };
    if version > newest {
        return Err(Problem::new("The settings file is newer than this program")
            .because(format!(
                "the file has version {version}, and this program ({}) knows {newest}",
                env!("CARGO_PKG_VERSION")
            ))
            .next(format!("update the program, or restore an older file: {}", file.display())));
    }
    let done = usize::try_from(version - 1).unwrap_or_default();
    for step in steps.iter().skip(done) {
        step(&mut document);
    }
    if version != newest {
        set_version(&mut document, newest);
    }
    Ok(document)
}

/// Sets the number and keeps what stands around it.
fn set_version(document: &mut DocumentMut, version: i64) {
    let mut new = toml_edit::Value::from(version);
    match document.get_mut("version").and_then(toml_edit::Item::as_value_mut) {
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => {
            document.insert("version", toml_edit::Item::Value(new));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a later version might: `[collection] interval` becomes `poll_interval`.
    fn rename_interval(document: &mut DocumentMut) {
        if let Some(table) = document.get_mut("collection").and_then(|item| item.as_table_mut())
            && let Some(value) = table.remove("interval")
        {
            table.insert("poll_interval", value);
        }
    }

    #[test]
    fn each_step_runs_once_and_comments_stay() {
        let old = "# ours\nversion = 1 # first\n[collection]\n# slow\ninterval = \"5m\"\n";
        let steps: &[Step] = &[rename_interval];
        let document = open_with(old, Path::new("s.toml"), steps).unwrap();
        let text = document.to_string();
        assert!(text.starts_with("# ours\nversion = 2 # first\n"), "{text}");
        assert!(text.contains("poll_interval = \"5m\""), "{text}");
        let again = open_with(&text, Path::new("s.toml"), steps).unwrap();
        assert_eq!(again.to_string(), text);
    }

    #[test]
    fn a_newer_file_is_refused() {
        let problem = open("version = 2\nnew_key = 1\n", Path::new("s.toml")).unwrap_err();
        assert_eq!(problem.what, "The settings file is newer than this program");
        assert!(problem.to_string().contains("version 2"));
    }

    #[test]
    fn what_is_not_toml_is_told_with_its_line_and_without_its_text() {
        let problem =
            open("version = 1\nproxy = http://me:hunter2@x\n", Path::new("s.toml")).unwrap_err();
        let told = problem.to_string();
        assert!(told.contains("line 2") && !told.contains("hunter2"), "{told}");
    }

    #[test]
    fn a_version_is_a_number_from_one_up() {
        for text in ["version = 0", "version = -1", "version = \"1\"", "version = 1.0"] {
            assert!(open(text, Path::new("s.toml")).is_err(), "{text}");
        }
        assert!(open("", Path::new("s.toml")).is_ok());
    }
}
