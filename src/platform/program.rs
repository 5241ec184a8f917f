//! The program itself, as others will have to start it: at login, or as a window's helper.

use std::io;
use std::path::PathBuf;

/// The file to start: this program, or the image it was unpacked from.
pub fn path() -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    // An AppImage runs from a folder that is gone when it ends. The variables also reach whatever
    // another AppImage starts. Source: <https://docs.appimage.org/packaging-guide/environment-variables.html>.
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let (Some(image), Some(unpacked)) = (variable("APPIMAGE"), variable("APPDIR"))
        && own.starts_with(&unpacked)
    {
        return Ok(PathBuf::from(image));
    }
    Ok(without_deleted_mark(own))
}

/// Linux marks the path of a program whose file was replaced, as an update does.
fn without_deleted_mark(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        Some(before) if cfg!(target_os = "linux") && !path.exists() => PathBuf::from(before),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_updated_program_is_started_from_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let marked = folder.path().join("program (deleted)");
        if cfg!(target_os = "linux") {
            assert_eq!(without_deleted_mark(marked.clone()), folder.path().join("program"));
        }
        std::fs::write(&marked, "").unwrap();
        assert_eq!(without_deleted_mark(marked.clone()), marked);
    }
}
