//! A pack as one file: a zip archive with the pack's files at its root or in one folder.
//!
//! Promises: nothing is unpacked to the disk; an archive that is too large, unpacks to too much,
//! leads out of itself or hides something (links, encryption, what is no text) is refused with the
//! name of the part that is wrong.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::Files;
use crate::base::Problem;

/// The largest archive that is opened: a hundred times what our own pack needs.
pub const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Parts an archive may have.
const MOST_PARTS: usize = 5_000;

/// The largest part, unpacked.
const MOST_PART_BYTES: u64 = 2 * 1024 * 1024;

/// All parts together, unpacked.
const MOST_UNPACKED_BYTES: usize = 64 * 1024 * 1024;

/// Reads the files of an archive.
pub fn unpack(bytes: &[u8]) -> Result<Files, Problem> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| refused(&error.to_string()))?;
    if archive.len() > MOST_PARTS {
        return Err(refused(&format!("it has more than {MOST_PARTS} parts")));
    }
    let (mut parts, mut total) = (Vec::new(), 0);
    for i in 0..archive.len() {
        let mut part = archive.by_index(i).map_err(|error| refused(&error.to_string()))?;
        let name = part.name().map_err(|error| refused(&error.to_string()))?.into_owned();
        let wrong = |what: &str| refused(&format!("{}: {what}", name.escape_debug()));
        if leads_out(&name) {
            return Err(wrong("its name leads out of the pack"));
        }
        if part.is_symlink() {
            return Err(wrong("it is a link, and packs hold files only"));
        }
        if part.is_dir() || is_clutter(&name) {
            continue;
        }
        let mut text = Vec::new();
        // What the archive says of its sizes is not believed.
        let read = part.by_ref().take(MOST_PART_BYTES + 1).read_to_end(&mut text);
        read.map_err(|error| wrong(&error.to_string()))?;
        if text.len() as u64 > MOST_PART_BYTES {
            let most = MOST_PART_BYTES / (1024 * 1024);
            return Err(wrong(&format!("it is larger than {most} MB")));
        }
        total += text.len();
        if total > MOST_UNPACKED_BYTES {
            let most = MOST_UNPACKED_BYTES / (1024 * 1024);
            return Err(refused(&format!("it unpacks to more than {most} MB")));
        }
        let text = String::from_utf8(text).map_err(|_| wrong("it is not UTF-8 text"))?;
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        parts.push((name, text));
    }
    let root = root(&parts);
    let mut files = Files::default();
    for (name, text) in parts {
        files.insert(name.strip_prefix(&root).unwrap_or(&name).to_owned(), text);
    }
    Ok(files)
}

/// Makes an archive of files.
pub fn pack(files: &Files) -> Result<Vec<u8>, Problem> {
    let write = || -> zip::result::ZipResult<Vec<u8>> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (name, text) in files.iter() {
            archive.start_file(name, options)?;
            archive.write_all(text.as_bytes())?;
        }
        Ok(archive.finish()?.into_inner())
    };
    write().map_err(|error| Problem::new("The pack cannot be written").because(error))
}

fn refused(because: &str) -> Problem {
    Problem::new("This file cannot be used as a knowledge pack")
        .because(because)
        .next("a pack is a zip archive; duo-integrator pack export FILE makes one to start from")
}

fn leads_out(name: &str) -> bool {
    name.starts_with('/')
        || name.contains(['\\', '\0', ':'])
        || name.split('/').any(|part| part == ".." || part == ".")
}

/// What systems put into archives on their own.
fn is_clutter(name: &str) -> bool {
    name.starts_with("__MACOSX/")
        || name.split('/').any(|part| part.starts_with('.') || part == "Thumbs.db")
}

/// The one folder everything stands in, with its slash; empty when the files stand at the root.
fn root(parts: &[(String, String)]) -> String {
    let Some((first, _)) = parts.first().and_then(|(name, _)| name.split_once('/')) else {
        return String::new();
    };
    let root = format!("{first}/");
    let manifest = format!("{root}{}", super::manifest::FILE);
    let all_inside = parts.iter().all(|(name, _)| name.starts_with(&root));
    let has_manifest = parts.iter().any(|(name, _)| *name == manifest);
    if all_inside && has_manifest { root } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn names(files: &Files) -> Vec<&str> {
        files.iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn files_come_out_as_they_went_in() {
        let mut files = Files::default();
        files.insert("manifest.toml".to_owned(), "id = \"x\"\n".to_owned());
        files.insert("rules/grüße.yml".to_owned(), "title: ü\n".repeat(1000));
        let bytes = pack(&files).unwrap();
        let again = unpack(&bytes).unwrap();
        assert!(files.iter().eq(again.iter()));
        assert_eq!(pack(&again).unwrap(), bytes);
    }

    #[test]
    fn one_folder_around_everything_is_looked_through() {
        let bytes = archive(&[
            ("my/", b""),
            ("my/manifest.toml", b"x"),
            ("my/rules/a.yml", b"y"),
            ("my/.DS_Store", b"\xff"),
            ("__MACOSX/my/x", b"\xff"),
        ]);
        assert_eq!(names(&unpack(&bytes).unwrap()), ["manifest.toml", "rules/a.yml"]);
        let bytes = archive(&[("a/manifest.toml", b"x"), ("b/rules/a.yml", b"y")]);
        assert_eq!(names(&unpack(&bytes).unwrap()), ["a/manifest.toml", "b/rules/a.yml"]);
    }

    #[test]
    fn what_leads_out_or_hides_something_is_refused() {
        for (name, told) in [
            ("../evil.toml", "leads out"),
            ("rules/../../evil.yml", "leads out"),
            ("/etc/evil.yml", "leads out"),
            ("C:evil.yml", "leads out"),
            ("rules\\..\\evil.yml", "leads out"),
        ] {
            let problem = unpack(&archive(&[(name, b"x")])).unwrap_err().to_string();
            assert!(problem.contains(told), "{name}: {problem}");
        }
        let problem = unpack(&archive(&[("rules/a.yml", b"\xff\xfe")])).unwrap_err().to_string();
        assert!(problem.contains("rules/a.yml: it is not UTF-8 text"), "{problem}");
        let mut linked = ZipWriter::new(Cursor::new(Vec::new()));
        linked.add_symlink("rules/a.yml", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let problem = unpack(&linked.finish().unwrap().into_inner()).unwrap_err().to_string();
        assert!(problem.contains("rules/a.yml: it is a link"), "{problem}");
        assert!(unpack(b"no archive").is_err());
    }

    #[test]
    fn an_archive_that_unpacks_to_too_much_is_refused() {
        let much = vec![b' '; usize::try_from(MOST_PART_BYTES).unwrap() + 1];
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
        bomb.start_file("rules/a.yml", options).unwrap();
        bomb.write_all(&much).unwrap();
        let bytes = bomb.finish().unwrap().into_inner();
        assert!(bytes.len() < 10_000);
        let problem = unpack(&bytes).unwrap_err().to_string();
        assert!(problem.contains("rules/a.yml: it is larger than 2 MB"), "{problem}");

        let mut many = ZipWriter::new(Cursor::new(Vec::new()));
        let part = much.get(1..).unwrap();
        for n in 0..=32 {
            many.start_file(format!("rules/{n}.yml"), options).unwrap();
            many.write_all(part).unwrap();
        }
        let problem = unpack(&many.finish().unwrap().into_inner()).unwrap_err().to_string();
        assert!(problem.contains("it unpacks to more than 64 MB"), "{problem}");
    }

    #[test]
    fn too_many_parts_are_refused() {
        let names: Vec<String> = (0..=MOST_PARTS).map(|n| format!("rules/{n}.yml")).collect();
        let parts: Vec<(&str, &[u8])> =
            names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        let problem = unpack(&archive(&parts)).unwrap_err().to_string();
        assert!(problem.contains("more than 5000 parts"), "{problem}");
    }
}
