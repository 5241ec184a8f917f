//! A real GNOME Keyring in a D-Bus session of its own, with its own home and runtime folder.
//!
//! Promises: the desktop's own keychain is never touched; only processes started here are ended, and
//! those that they started, whatever became of their parents.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic like the test")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::processes;
use super::waiting::wait_until;

/// A session that ends when dropped.
pub struct KeyringSession {
    folder: tempfile::TempDir,
    // In the order of starting; ended in reverse.
    processes: Vec<Child>,
}

impl KeyringSession {
    /// No D-Bus at all.
    pub fn without_bus() -> Self {
        let folder = tempfile::Builder::new().prefix("keyring-").tempdir().unwrap();
        let session = Self { folder, processes: Vec::new() };
        for dir in [session.home(), session.runtime_dir()] {
            fs::create_dir(&dir).unwrap();
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
        }
        session
    }

    /// A D-Bus on which nobody keeps secrets, and none can be started on demand.
    pub fn with_bus_only() -> Self {
        let mut session = Self::without_bus();
        let socket = session.socket();
        let config = session.folder.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            socket.display()
        );
        fs::write(&config, text).unwrap();
        let mut bus = session.command(program("dbus-daemon", "dbus"));
        bus.arg("--nofork").arg(format!("--config-file={}", config.display()));
        session.start(bus.stdout(Stdio::null()).stderr(Stdio::null()));
        wait_until("the D-Bus socket", || socket.exists());
        session
    }

    /// A keyring that is open.
    pub fn unlocked() -> Self {
        let mut session = Self::with_bus_only();
        session.start_daemon();
        session
    }

    /// A keyring that was open and has been locked; nobody will answer its prompt.
    pub fn locked() -> Self {
        let session = Self::unlocked();
        session.lock();
        session
    }

    /// Starts a program that lives as long as the session.
    pub fn start(&mut self, command: &mut Command) -> &mut Child {
        self.processes.push(command.spawn().unwrap());
        self.processes.last_mut().unwrap()
    }

    /// Ends one of these programs without a warning, as a crash would.
    pub fn end(&mut self, id: u32) {
        let place = self.processes.iter().position(|child| child.id() == id);
        let mut child = self.processes.remove(place.expect("it was started here"));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts the daemon on a bus that has none yet.
    pub fn start_daemon(&mut self) {
        let mut daemon = self.command(program("gnome-keyring-daemon", "gnome-keyring"));
        daemon.args(["--foreground", "--unlock", "--components=secrets"]);
        daemon.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = self.start(&mut daemon);
        // The daemon reads to the end of its input, so the pipe has to close.
        child.stdin.take().unwrap().write_all(b"password of the test keyring").unwrap();
        wait_until("the keyring", || {
            self.call("ReadAlias", "string:default")
                .is_some_and(|answer| answer.contains("/collection/"))
        });
    }

    /// Locks the default collection.
    pub fn lock(&self) {
        self.call("Lock", "array:objpath:/org/freedesktop/secrets/aliases/default").unwrap();
        self.call("Lock", "array:objpath:/org/freedesktop/secrets/collection/login").unwrap();
    }

    /// What `secret-tool` finds: another program's view of the same keyring.
    pub fn secret_tool_lookup(&self, user: &str) -> String {
        let mut tool = self.command(program("secret-tool", "libsecret-tools"));
        tool.args(["lookup", "service", "duo-integrator", "username", user]);
        String::from_utf8(tool.output().unwrap().stdout).unwrap()
    }

    /// A program that lives in this session.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env(processes::MARK, self.folder())
            .env("HOME", self.home())
            .env("XDG_RUNTIME_DIR", self.runtime_dir())
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus_address());
        for name in [
            "CREDENTIALS_DIRECTORY",
            "DISPLAY",
            "DUO_INTEGRATOR_HOME",
            "DUO_INTEGRATOR_SECRET_KEY",
            "GNOME_KEYRING_CONTROL",
            "WAYLAND_DISPLAY",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Holds all that belongs to the session; gone when it ends.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The home folder of whoever sits in this session.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// How programs find the session's D-Bus.
    pub fn bus_address(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.runtime_dir().join("bus")
    }

    /// Where programs of this session meet.
    pub fn runtime_dir(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// Calls the Secret Service; `None` when it is not there or refuses.
    fn call(&self, method: &str, argument: &str) -> Option<String> {
        let mut call = self.command(program("dbus-send", "dbus"));
        call.args(["--session", "--print-reply", "--dest=org.freedesktop.secrets"])
            .arg("/org/freedesktop/secrets")
            .arg(format!("org.freedesktop.Secret.Service.{method}"))
            .arg(argument);
        let output = call.output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for KeyringSession {
    fn drop(&mut self) {
        for child in self.processes.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
        // What these had started, and what detached itself.
        processes::end_all_marked(self.folder());
    }
}

/// Where a program is; a test without it fails with a sentence, it does not pass by skipping.
pub fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} is missing; install the package {package} (apt-get install {package})")
    })
}
