//! Windows: a named pipe that only the user who made it can open.
//!
//! The pipe's name is not secret, so the pipe says itself who may open it: its owner (`OW`), and
//! the user by number, for systems that do not know the former. Pipes across the network are
//! refused by the library. Sources:
//! <https://learn.microsoft.com/windows/win32/secauthz/ace-strings>,
//! <https://learn.microsoft.com/windows/win32/ipc/named-pipe-security-and-access-rights>.
//!
//! A pipe ends with its process, so nothing is ever left over.

use std::io;

use interprocess::local_socket::tokio::prelude::*;
use interprocess::local_socket::tokio::{Listener, Stream};
use interprocess::local_socket::{GenericNamespaced, ListenerOptions, Name};
use interprocess::os::windows::local_socket::ListenerOptionsExt;
use interprocess::os::windows::security_descriptor::SecurityDescriptor;
use widestring::U16CString;
use windows_registry::LOCAL_MACHINE;

use super::Role;
use super::address::name_of;
use crate::base::Home;

/// Where Windows keeps who has which profile folder.
const PROFILES: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";

/// Listens; the caller holds the lock of the role.
pub(super) fn listen(home: &Home, role: Role) -> io::Result<Listener> {
    let who = own_number().map_or(String::new(), |number| format!("(A;;GA;;;{number})"));
    let access = U16CString::from_str(format!("D:P(A;;GA;;;OW){who}"))
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    ListenerOptions::new()
        .name(place(home, role)?)
        .security_descriptor(SecurityDescriptor::deserialize(&access)?)
        .create_tokio()
}

/// Connects.
pub(super) async fn connect(home: &Home, role: Role) -> io::Result<Stream> {
    Stream::connect(place(home, role)?).await
}

/// Nobody else could have opened the pipe.
#[expect(clippy::unnecessary_wraps, reason = "other systems have to ask")]
pub(super) fn is_same_user(_stream: &Stream) -> io::Result<bool> {
    Ok(true)
}

fn place(home: &Home, role: Role) -> io::Result<Name<'static>> {
    let state = std::fs::canonicalize(&home.state).unwrap_or_else(|_| home.state.clone());
    let user = std::env::var("USERNAME").unwrap_or_default();
    // Letter case says nothing in paths and user names here.
    let whose = format!("{}\n{user}", state.display()).to_lowercase();
    format!("duo-integrator-{}", name_of(whose.as_bytes(), role)).to_ns_name::<GenericNamespaced>()
}

/// The user's security identifier: the profile whose folder is ours.
fn own_number() -> Option<String> {
    let own_folder = std::env::var("USERPROFILE").ok()?;
    let profiles = LOCAL_MACHINE.open(PROFILES).ok()?;
    profiles.keys().ok()?.find(|number| {
        let folder = profiles.open(number).and_then(|key| key.get_string("ProfileImagePath"));
        folder.is_ok_and(|folder| folder.eq_ignore_ascii_case(&own_folder))
    })
}
