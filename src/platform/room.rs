//! How much room is left where something lies.

use std::path::Path;

/// The bytes this user may still write there; `None` where the system does not say.
pub fn left(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| folder.exists())?;
    fs4::available_space(there).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_room_of_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        assert!(left(folder.path()).unwrap() > 0);
        assert!(left(&folder.path().join("not/yet")).unwrap() > 0);
    }
}
