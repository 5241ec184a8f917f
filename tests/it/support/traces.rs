//! Looks for the look-alike's secret key where it must not be.

use std::fs;
use std::path::Path;

use duo_integrator::simulator::SECRET_KEY;

/// Looks for the secret key, also as the headers of a request would carry it.
#[track_caller]
pub fn assert_absent(bytes: &[u8], place: &str) {
    let text = String::from_utf8_lossy(bytes);
    let encoded = data_encoding::BASE64.encode(format!("x{SECRET_KEY}").as_bytes());
    for form in [SECRET_KEY, &encoded[2..50]] {
        assert!(!text.contains(form), "the secret key is in {place}");
    }
}

/// Looks for it in every file of a folder; tells how many files there were.
#[track_caller]
pub fn assert_absent_below(folder: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files += assert_absent_below(&entry.path());
        } else if entry.file_type().unwrap().is_file() {
            let bytes = fs::read(entry.path()).unwrap();
            assert_absent(&bytes, &entry.path().display().to_string());
            files += 1;
        }
    }
    files
}
