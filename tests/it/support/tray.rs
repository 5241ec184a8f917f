//! A desktop with nothing on it but a panel that shows a tray: Xvfb, a D-Bus session of its own and
//! Xfce's panel.
//!
//! Promises: nothing of the person's own desktop is touched; only processes started here are ended.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic like the test")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take to be there.
const PATIENCE: Duration = Duration::from_secs(30);

const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="size" type="uint" value="32"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
  </property>
</channel>
"#;

/// A display and a bus, ended when dropped; a panel when asked for.
pub struct Desktop {
    folder: tempfile::TempDir,
    display: String,
    panel: Option<Child>,
    // In the order of starting; ended in reverse.
    processes: Vec<Child>,
}

impl Desktop {
    /// A display and a bus, and nobody who shows a tray.
    pub fn bare() -> Self {
        let folder = tempfile::Builder::new().prefix("desktop-").tempdir().unwrap();
        let config = folder.path().join(".config/xfce4/xfconf/xfce-perchannel-xml");
        fs::create_dir_all(&config).unwrap();
        fs::write(config.join("xfce4-panel.xml"), PANEL).unwrap();
        fs::create_dir(folder.path().join("run")).unwrap();
        use std::os::unix::fs::PermissionsExt;
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(folder.path().join("run"), private).unwrap();

        // The server picks a number that is free and tells it.
        let mut server = Command::new(program("Xvfb", "xvfb"));
        server.args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"]);
        server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = server.spawn().unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let display = format!(":{}", number.trim());

        let mut desktop = Self { folder, display, panel: None, processes: vec![server] };
        desktop.start_bus();
        desktop
    }

    /// The same with a panel.
    pub fn with_panel() -> Self {
        let mut desktop = Self::bare();
        desktop.start_panel();
        desktop
    }

    /// Only what the panel's settings need can be started on demand.
    fn start_bus(&mut self) {
        let services = self.folder.path().join("services");
        fs::create_dir(&services).unwrap();
        let service = "org.xfce.Xfconf.service";
        fs::copy(Path::new("/usr/share/dbus-1/services").join(service), services.join(service))
            .unwrap_or_else(|error| panic!("{error}; install the package xfconf"));
        let config = self.folder.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen>\
             <servicedir>{}</servicedir><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            self.bus().display(),
            services.display()
        );
        fs::write(&config, text).unwrap();
        let mut bus = self.command(program("dbus-daemon", "dbus"));
        bus.arg("--nofork").arg(format!("--config-file={}", config.display()));
        self.processes.push(bus.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        wait_until("the D-Bus socket", || self.bus().exists());
    }

    /// Starts the panel, and waits until it shows a tray.
    pub fn start_panel(&mut self) {
        let mut panel = self.command(program("xfce4-panel", "xfce4-panel"));
        panel.args(["--disable-wm-check", "--sm-client-disable"]);
        panel.stdout(Stdio::null()).stderr(Stdio::null());
        self.panel = Some(panel.spawn().unwrap());
        wait_until("the panel's tray", || self.items().is_some());
    }

    /// Kills the panel, as a crash would.
    pub fn kill_panel(&mut self) {
        let mut panel = self.panel.take().unwrap();
        panel.kill().unwrap();
        panel.wait().unwrap();
        wait_until("the end of the panel's tray", || self.items().is_none());
    }

    /// Lets a program live on this desktop; everything else about it stays as it is.
    pub fn settle(&self, command: &mut Command) {
        command.env("DISPLAY", &self.display);
        command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.bus().display()));
    }

    /// What the tray knows of; `None` when there is no tray.
    pub fn items(&self) -> Option<String> {
        self.call(
            "org.kde.StatusNotifierWatcher",
            "/StatusNotifierWatcher",
            "org.freedesktop.DBus.Properties.Get",
            &["org.kde.StatusNotifierWatcher", "RegisteredStatusNotifierItems"],
        )
    }

    /// Whether the tray knows of this process's icon.
    pub fn shows(&self, pid: u32) -> bool {
        self.items().is_some_and(|items| items.contains(&format!("StatusNotifierItem-{pid}-")))
    }

    /// A property of a process's icon.
    pub fn property(&self, pid: u32, name: &str) -> String {
        let arguments = ["org.kde.StatusNotifierItem", name];
        let get = "org.freedesktop.DBus.Properties.Get";
        self.call(&service(pid), "/StatusNotifierItem", get, &arguments).unwrap_or_default()
    }

    /// The menu of a process's icon, as D-Bus tells it.
    pub fn menu(&self, pid: u32) -> String {
        let arguments = ["0", "--", "-1", "[]"];
        self.call(&service(pid), "/MenuBar", "com.canonical.dbusmenu.GetLayout", &arguments)
            .unwrap_or_default()
    }

    /// Presses an item of that menu.
    #[track_caller]
    pub fn press(&self, pid: u32, label: &str) {
        let menu = self.menu(pid);
        let before = menu.split(&format!("<'{label}'>")).next().unwrap();
        assert!(before.len() < menu.len(), "there is no “{label}” in: {menu}");
        let id = before.rsplit("<(").next().and_then(|item| item.split(',').next()).unwrap();
        let arguments = [id, "clicked", "<0>", "0"];
        // Whoever quits may not answer any more.
        let _ = self.call(&service(pid), "/MenuBar", "com.canonical.dbusmenu.Event", &arguments);
    }

    /// Moves the mouse and presses buttons and keys, as a person would.
    pub fn hands(&self, words: &[&str]) {
        let mut hands = self.command(program("xdotool", "xdotool"));
        assert!(hands.args(words).status().unwrap().success());
    }

    fn call(&self, to: &str, path: &str, method: &str, arguments: &[&str]) -> Option<String> {
        let mut call = self.command(program("gdbus", "libglib2.0-bin"));
        call.args(["call", "--session", "--timeout", "5", "--dest", to, "--object-path", path]);
        call.args(["--method", method]).args(arguments);
        let output = call.output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.stdin(Stdio::null());
        command
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path().join("run"));
        command.env("NO_AT_BRIDGE", "1");
        for name in ["WAYLAND_DISPLAY", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
        self.settle(&mut command);
        command
    }

    fn bus(&self) -> PathBuf {
        self.folder.path().join("run/bus")
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in self.panel.iter_mut().chain(self.processes.iter_mut().rev()) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn service(pid: u32) -> String {
    format!("org.kde.StatusNotifierItem-{pid}-1")
}

/// Where a program is; a test without it fails with a sentence, it does not pass by skipping.
fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} is missing; install the package {package} (apt-get install {package})")
    })
}

fn wait_until(what: &str, there: impl Fn() -> bool) {
    let start = Instant::now();
    while !there() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come in {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
