//! Unix: a socket in the home's state folder, which only its owner can open.
//!
//! A socket's path has to be short: 108 bytes on Linux and 104 on macOS, the end included. The
//! socket of a home that lies deeper is in a folder of the user's own among the temporary files.
//! Source: <https://man7.org/linux/man-pages/man7/unix.7.html>, `sys/un.h` of macOS.
//!
//! - Absent: nobody listens.
//! - Unreadable: the folder is not ours, or something else has the socket's name: a [`io::Error`],
//!   and it is left as it is.
//! - Left over from a crash: a socket that nobody listens on; whoever holds the role's lock removes
//!   it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use interprocess::local_socket::tokio::prelude::*;
use interprocess::local_socket::tokio::{Listener, Stream};
use interprocess::local_socket::traits::StreamCommon;
use interprocess::local_socket::{GenericFilePath, ListenerOptions};
use interprocess::os::unix::uds_local_socket;

use super::Role;
use super::address::name_of;
use crate::base::Home;

/// The longest path that fits everywhere.
const LONGEST: usize = 100;

/// Listens; the caller holds the lock of the role.
pub(super) fn listen(home: &Home, role: Role) -> io::Result<Listener> {
    let path = place(home, role)?;
    if let Some(folder) = path.parent().filter(|folder| *folder != home.state) {
        make_own(folder)?;
    }
    match fs::symlink_metadata(&path) {
        Ok(left) if left.file_type().is_socket() => fs::remove_file(&path)?,
        Ok(_) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is no socket")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let name = path.as_path().to_fs_name::<GenericFilePath>()?;
    let listener = ListenerOptions::new().name(name).create_tokio()?;
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Connects.
pub(super) async fn connect(home: &Home, role: Role) -> io::Result<Stream> {
    let path = place(home, role)?;
    if let Some(folder) = path.parent().filter(|folder| *folder != home.state) {
        check_own(folder)?;
    }
    let stream = Stream::connect(path.as_path().to_fs_name::<GenericFilePath>()?).await?;
    match is_same_user(&stream)? {
        true => Ok(stream),
        false => Err(not_ours()),
    }
}

/// Whether the other side runs as the same user.
pub(super) fn is_same_user(stream: &Stream) -> io::Result<bool> {
    Ok(stream.peer_creds()?.euid() == Some(own_user()?))
}

fn place(home: &Home, role: Role) -> io::Result<PathBuf> {
    let usual = home.state.join(format!("{}.sock", role.name()));
    if usual.as_os_str().len() <= LONGEST {
        return Ok(usual);
    }
    let state = fs::canonicalize(&home.state).unwrap_or_else(|_| home.state.clone());
    let name = format!("{}.sock", name_of(state.as_os_str().as_bytes(), role));
    Ok(std::env::temp_dir().join(format!("duo-integrator-{}", own_user()?)).join(name))
}

/// The number of the user this process acts for: what a socket of ours says to itself.
fn own_user() -> io::Result<u32> {
    let (one, _other) = UnixStream::pair()?;
    let user = uds_local_socket::Stream::from(one).peer_creds()?.euid();
    user.ok_or_else(|| io::Error::other("the system does not say whose process this is"))
}

/// Makes a folder that nobody else can open, or finds it as it should be.
fn make_own(folder: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => check_own(folder),
    }
}

/// Among the temporary files anybody may have put a folder, or a link, of this name.
fn check_own(folder: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(folder)?;
    if found.is_dir() && found.uid() == own_user()? && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(not_ours())
}

fn not_ours() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user or is open to them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_the_one_whose_files_these_are() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(own_user().unwrap(), file.as_file().metadata().unwrap().uid());
    }

    #[test]
    fn a_deep_home_has_its_socket_elsewhere_and_always_in_the_same_place() {
        let folder = tempfile::tempdir().unwrap();
        let near = Home::under(folder.path());
        assert_eq!(
            place(&near, Role::Collector).unwrap(),
            folder.path().join("state/collector.sock")
        );
        let deep = Home::under(&folder.path().join("x".repeat(90)));
        let found = place(&deep, Role::Collector).unwrap();
        assert!(found.as_os_str().len() <= LONGEST, "{}", found.display());
        assert_eq!(found, place(&deep, Role::Collector).unwrap());
        assert_ne!(found, place(&deep, Role::Window).unwrap());
        let other = Home::under(&folder.path().join("y".repeat(90)));
        assert_ne!(found, place(&other, Role::Collector).unwrap());
    }

    #[test]
    fn a_folder_others_could_use_is_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("own");
        make_own(&own).unwrap();
        make_own(&own).unwrap();

        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&own, &link).unwrap();
        assert!(make_own(&link).is_err());

        fs::set_permissions(&own, Permissions::from_mode(0o750)).unwrap();
        assert!(make_own(&own).is_err() && check_own(&own).is_err());
    }

    #[tokio::test]
    async fn only_a_socket_is_taken_for_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        let path = place(&home, Role::Collector).unwrap();
        fs::write(&path, "somebody's").unwrap();
        assert!(listen(&home, Role::Collector).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"somebody's");

        fs::remove_file(&path).unwrap();
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(connect(&home, Role::Collector).await.is_err());
        let _listener = listen(&home, Role::Collector).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let stream = connect(&home, Role::Collector).await.unwrap();
        assert!(is_same_user(&stream).unwrap());
    }
}
