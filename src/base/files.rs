//! Small files that are whole or not there, and folders nobody else can open.
//!
//! Promises: after [`replace`] returns, the new bytes are on the disk; when it fails or the power
//! goes, the old file is untouched. What is written here can be read by its owner only (on Windows
//! the folders of the user's profile see to that).
//!
//! - Absent: [`read_if_there`] says `None`; [`replace`] creates.
//! - Unreadable: the error is passed on, never taken for an empty file.
//! - Left over from a crash: a `.<name>.<pid>-<random>.tmp` beside the target, which nobody reads;
//!   the next [`replace`] of the same file removes those older than an hour.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A temporary file older than this was left by a crash, not by a writer still at work.
const LEFT_OVER: Duration = Duration::from_secs(3600);

/// Virus scanners and indexers open a fresh file for a moment; Windows then refuses to rename it.
const RENAME_TRIES: u32 = if cfg!(windows) { 10 } else { 1 };

/// Puts `bytes` in place of whatever `path` held, all at once.
///
/// A symbolic link is followed, so that a linked settings file stays linked.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = NewFile::beside(path, private_options())?;
    file.write_all(bytes)?;
    file.put_in_place()
}

/// A file under way: written beside its place, and in its place only once it is whole. Dropped
/// before, it is gone.
pub struct NewFile {
    /// Closed before it is put in place: Windows is particular about open files.
    file: Option<File>,
    temporary: PathBuf,
    target: PathBuf,
    in_place: bool,
}

impl NewFile {
    /// Starts a file that others may read as far as the system lets them: one that a person hands on.
    pub fn for_others(path: &Path) -> io::Result<Self> {
        Self::beside(path, OpenOptions::new())
    }

    fn beside(path: &Path, mut options: OpenOptions) -> io::Result<Self> {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this is not the path of a file",
            ));
        };
        let prefix = format!(".{}.", name.to_string_lossy());
        remove_left_overs(folder_of(folder), &prefix);
        let temporary = folder_of(folder).join(format!(
            "{prefix}{}-{:08x}.tmp",
            std::process::id(),
            fastrand::u32(..)
        ));
        let file = options.write(true).create_new(true).open(&temporary)?;
        Ok(Self { file: Some(file), temporary, target, in_place: false })
    }

    fn open_file(&mut self) -> io::Result<&mut File> {
        self.file.as_mut().ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }

    /// Puts the file in place of whatever was there, all at once.
    pub fn put_in_place(mut self) -> io::Result<()> {
        if let Some(file) = self.file.take() {
            file.sync_all()?;
        }
        rename(&self.temporary, &self.target)?;
        self.in_place = true;
        self.target.parent().map_or(Ok(()), |folder| sync_dir(folder_of(folder)))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open_file()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open_file()?.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.in_place {
            // The error that led here is the one to tell; a file that stays is removed later.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A bare file name lies in the folder one is in.
fn folder_of(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// The bytes of a file, or `None` when there is no such file.
pub fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Creates a folder, and what is missing above it, for its owner only. A folder that is there
/// already is closed to others.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mut permissions = fs::metadata(path)?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(permissions.mode() & 0o700);
            fs::set_permissions(path, permissions)?;
        }
    }
    Ok(())
}

/// Opens a file for reading and writing, creating it for its owner only; its bytes stay.
pub fn open_private(path: &Path) -> io::Result<File> {
    private_options().read(true).write(true).create(true).truncate(false).open(path)
}

/// Finds out whether files can be written in a folder, by writing one.
pub fn check_writable(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".probe.{:08x}.tmp", fastrand::u32(..)));
    write_synced(&probe, b"")?;
    fs::remove_file(&probe)
}

fn private_options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "Unix sets the mode"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private_options().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let mut tries = 1;
    loop {
        match fs::rename(from, to) {
            Err(error) if tries < RENAME_TRIES && is_passing(&error) => {
                std::thread::sleep(Duration::from_millis(10) * tries);
                tries += 1;
            }
            result => return result,
        }
    }
}

/// Access denied, sharing violation, lock violation: what a file held open by another program gives.
/// Source: <https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499->.
fn is_passing(error: &io::Error) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32 | 33))
}

/// Makes the rename itself survive a power cut. Windows has no such call and needs none: NTFS
/// journals names.
fn sync_dir(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Best effort: what cannot be removed now is tried again next time.
fn remove_left_overs(folder: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if is_left_over(&path, prefix) {
            let _ = fs::remove_file(&path);
        }
    }
}

fn is_left_over(path: &Path, prefix: &str) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let ours = name.starts_with(prefix) && name.ends_with(".tmp");
    let age = || fs::metadata(path).ok()?.modified().ok()?.elapsed().ok();
    ours && age().is_some_and(|age| age > LEFT_OVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_bytes_take_the_place_of_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        assert_eq!(read_if_there(&path).unwrap(), None);
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(read_if_there(&path).unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else stays behind");
    }

    #[test]
    fn what_a_crash_left_is_removed_but_a_writer_at_work_is_not_disturbed() {
        let folder = tempfile::tempdir().unwrap();
        let (old, young) = (folder.path().join(".a.1-0.tmp"), folder.path().join(".a.2-0.tmp"));
        let stranger = folder.path().join(".b.1-0.tmp");
        for path in [&old, &young, &stranger] {
            fs::write(path, "half").unwrap();
        }
        let long_ago = std::time::SystemTime::now() - 2 * LEFT_OVER;
        for path in [&old, &stranger] {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            file.set_modified(long_ago).unwrap();
        }
        replace(&folder.path().join("a"), b"whole").unwrap();
        assert!(!old.exists());
        assert!(young.exists() && stranger.exists());
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let in_the_way = folder.path().join("a");
        fs::create_dir(&in_the_way).unwrap();
        fs::write(in_the_way.join("child"), "").unwrap();
        assert!(replace(&in_the_way, b"bytes").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(in_the_way.join("child").exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("x/y");
        create_private_dir(&inner).unwrap();
        assert_eq!((mode(&inner), mode(&folder.path().join("x"))), (0o700, 0o700));

        let path = inner.join("a");
        fs::write(&path, "open").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&path, b"closed").unwrap();
        assert_eq!(mode(&path), 0o600);

        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).unwrap();
        create_private_dir(&inner).unwrap();
        assert_eq!(mode(&inner), 0o700);
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_file_stays_linked() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
