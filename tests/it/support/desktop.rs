//! A whole desktop of a test's own: a screen, a window manager, a message bus, a keyring, the bus of
//! screen readers and, if wanted, a panel with a tray.
//!
//! Promises: nothing of the person's own session is seen or touched; everything that was started is
//! ended with the desktop, also after a panic. What is waited for comes, or the test fails with the
//! accessible tree, the program's words and a screenshot.
//!
//! The mouse is moved and keys are pressed by `xdotool`, so the program gets what a person would send.
//! Where things are is read from the accessible tree, so a control without a name cannot be found:
//! nobody with a screen reader could use it either.

mod accessible;
mod app;
mod portal;
mod tray;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use accessible::{Element, Role};
pub use app::App;

use super::keyring::{KeyringSession, program};
use super::processes;
use super::waiting::wait_until;

/// Names the program to test when it is not the one that cargo built for the tests.
const PROGRAM_VARIABLE: &str = "DUO_INTEGRATOR_PROGRAM";

/// The name of the Wayland display.
const WAYLAND: &str = "wayland-of-the-test";

/// What a desktop has, before it is started.
pub struct Plan {
    session: KeyringSession,
    width: u32,
    height: u32,
    tray: bool,
    wayland: bool,
}

impl Plan {
    /// A screen of this size instead of 1280×800.
    pub fn screen(self, width: u32, height: u32) -> Self {
        Self { width, height, ..self }
    }

    /// Another keyring than an open one: locked, or none at all.
    pub fn keyring(self, session: KeyringSession) -> Self {
        Self { session, ..self }
    }

    /// A panel at the top that shows icons of programs.
    pub fn tray(self) -> Self {
        Self { tray: true, ..self }
    }

    /// The program draws for Wayland: its screen is a window on this one, so that mouse and keys reach
    /// it the same way. Where things are is not told there, so they are used with keys alone.
    pub fn wayland(self) -> Self {
        Self { wayland: true, ..self }
    }

    /// Starts it all.
    pub fn start(self) -> Desktop {
        let mut desktop = Desktop {
            session: self.session,
            display: String::new(),
            wayland: false,
            a11y: None,
            panel: None,
        };
        desktop.start_screen(self.width, self.height);
        desktop.a11y = Some(accessible::Bus::start(&mut desktop));
        desktop.start_window_manager();
        if self.tray {
            desktop.start_panel();
        }
        if self.wayland {
            desktop.start_wayland(self.width, self.height);
        }
        desktop
    }
}

/// A running desktop; ends when dropped.
pub struct Desktop {
    session: KeyringSession,
    display: String,
    wayland: bool,
    a11y: Option<accessible::Bus>,
    panel: Option<u32>,
}

impl Desktop {
    /// What a desktop has unless told otherwise: 1280×800, an open keyring, no tray.
    pub fn plan() -> Plan {
        let session = KeyringSession::unlocked();
        Plan { session, width: 1280, height: 800, tray: false, wayland: false }
    }

    /// A desktop as most tests want it.
    pub fn start() -> Self {
        Self::plan().start()
    }

    /// The home folder of whoever sits here.
    pub fn home(&self) -> PathBuf {
        self.session.home()
    }

    /// The keyring and the message bus.
    pub fn session(&self) -> &KeyringSession {
        &self.session
    }

    /// Starts the program with these words.
    pub fn launch(&self, words: &[&str]) -> App<'_> {
        let mut command = self.program();
        command.args(words);
        self.launch_command(command)
    }

    /// Starts a program that may open windows.
    pub fn launch_command(&self, command: Command) -> App<'_> {
        App::start(self, command)
    }

    /// The program under test, in this desktop.
    pub fn program(&self) -> Command {
        let built = OsStr::new(env!("CARGO_BIN_EXE_duo-integrator"));
        let wanted = std::env::var_os(PROGRAM_VARIABLE);
        let mut command = self.command(wanted.as_deref().unwrap_or(built));
        if self.wayland {
            command.env_remove("DISPLAY").env("WAYLAND_DISPLAY", WAYLAND);
        }
        command
    }

    /// Any program, in this desktop.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = self.session.command(program);
        command
            .stdin(Stdio::null())
            .env("DISPLAY", &self.display)
            .env("LANG", "C.UTF-8")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("GSETTINGS_BACKEND", "memory");
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        for (name, _) in std::env::vars_os() {
            let ours = name.to_str().is_some_and(|name| {
                name.starts_with("DUO_INTEGRATOR_") || name.starts_with("LC_") || name == "LANGUAGE"
            });
            if ours {
                command.env_remove(name);
            }
        }
        for name in ["AT_SPI_BUS_ADDRESS", "NO_AT_BRIDGE", "XAUTHORITY"] {
            command.env_remove(name);
        }
        command
    }

    /// Lets a program of another home show its icon and its windows here. It ends with the desktop.
    pub fn settle(&self, command: &mut Command) {
        command
            .env(processes::MARK, self.session.folder())
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", self.session.bus_address());
    }

    /// The titles of the windows that can be seen.
    pub fn windows(&self) -> Vec<String> {
        self.window_ids().iter().map(|id| self.title(id)).collect()
    }

    /// The title of the window that gets the keys.
    pub fn active_window(&self) -> String {
        self.xdotool(&["getactivewindow", "getwindowname"]).unwrap_or_default().trim().to_owned()
    }

    /// Place and size of a window without its frame: x, y, width, height.
    #[track_caller]
    pub fn geometry(&self, title: &str) -> (i32, i32, i32, i32) {
        let id = self.window_id(title);
        let id = id.unwrap_or_else(|| panic!("no window “{title}”, only {:?}", self.windows()));
        let told = self.xdotool(&["getwindowgeometry", "--shell", &id]).unwrap();
        let number = |key: &str| {
            let value = told.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            value.unwrap().parse().unwrap()
        };
        (number("X"), number("Y"), number("WIDTH"), number("HEIGHT"))
    }

    /// Makes a window this large, as dragging its corner would.
    pub fn resize(&self, title: &str, width: u32, height: u32) {
        let (width, height) = (width.to_string(), height.to_string());
        let pattern = format!("^{title}$");
        let search = ["search", "--onlyvisible", "--name", &pattern];
        self.xdotool(&[&search[..], &["windowsize", &width, &height]].concat()).unwrap();
    }

    /// Presses keys together, as `Tab`, `Return`, `ctrl+a`.
    pub fn key(&self, keys: &str) {
        self.xdotool(&["key", "--clearmodifiers", keys]).unwrap();
    }

    /// Types letters, one key after the other. Letters beyond ASCII are better pasted.
    pub fn type_text(&self, text: &str) {
        self.xdotool(&["type", "--clearmodifiers", "--delay", "4", "--", text]).unwrap();
    }

    /// Moves the mouse there and presses a button: 1 left, 2 middle, 3 right, 4 and 5 the wheel.
    pub fn click_at(&self, x: i32, y: i32, button: u8) {
        let (x, y, button) = (x.to_string(), y.to_string(), button.to_string());
        self.xdotool(&["mousemove", &x, &y, "sleep", "0.03", "click", &button]).unwrap();
    }

    /// Puts a text on the clipboard.
    pub fn copy(&self, text: &str) {
        let mut xclip = self.command(program("xclip", "xclip"));
        // It stays behind to hand the text out, so it must not hold a pipe of ours open.
        xclip.args(["-selection", "clipboard", "-in"]).stdin(Stdio::piped());
        let mut child = xclip.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "xclip did not take the text");
    }

    /// Puts a text on the clipboard and pastes it where the keys go.
    pub fn paste(&self, text: &str) {
        self.copy(text);
        self.key("ctrl+v");
    }

    /// What is on the clipboard.
    pub fn clipboard(&self) -> String {
        let mut xclip = self.command(program("xclip", "xclip"));
        let output = xclip.args(["-selection", "clipboard", "-out"]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Saves the whole screen as `target/screenshots/NAME.png`.
    pub fn screenshot(&self, name: &str) -> PathBuf {
        self.import("root", name)
    }

    /// Saves one window, without its frame, as `target/screenshots/NAME.png`.
    pub fn screenshot_of(&self, title: &str, name: &str) -> PathBuf {
        let id = self.window_id(title);
        self.import(id.as_deref().unwrap_or("root"), name)
    }

    fn import(&self, window: &str, name: &str) -> PathBuf {
        let file = screenshots().join(format!("{name}.png"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let mut import = self.command(program("import", "imagemagick"));
        let output = import.args(["-window", window]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        file
    }

    fn window_ids(&self) -> Vec<String> {
        // Only what a window manager looks after has a name; the search fails when there is nothing.
        let found = self.xdotool(&["search", "--onlyvisible", "--name", "."]).unwrap_or_default();
        found.lines().map(str::to_owned).collect()
    }

    fn window_id(&self, title: &str) -> Option<String> {
        self.window_ids().into_iter().find(|id| self.title(id) == title)
    }

    /// The process that shows a window of this title.
    fn process_of(&self, title: &str) -> Option<u32> {
        let told = self.xdotool(&["getwindowpid", &self.window_id(title)?]).ok()?;
        told.trim().parse().ok()
    }

    fn title(&self, id: &str) -> String {
        self.xdotool(&["getwindowname", id]).unwrap_or_default().trim_end().to_owned()
    }

    fn xdotool(&self, words: &[&str]) -> Result<String, String> {
        let output = self.command(program("xdotool", "xdotool")).args(words).output().unwrap();
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!("xdotool {words:?}: {}", String::from_utf8_lossy(&output.stderr)))
        }
    }

    fn start_screen(&mut self, width: u32, height: u32) {
        let mut screen = self.command(program("Xvfb", "xvfb"));
        // It chooses a free number by itself and says which, so that tests run beside each other.
        screen.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "+extension", "GLX"]);
        screen.args(["-screen", "0", &format!("{width}x{height}x24")]);
        let child = self.session.start(screen.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut number = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb did not start");
        self.display = format!(":{}", number.trim());
    }

    fn start_window_manager(&mut self) {
        let mut manager = self.command(program("openbox", "openbox"));
        self.session.start(manager.stdout(Stdio::null()).stderr(Stdio::null()));
        wait_until("the window manager", || self.xdotool(&["get_num_desktops"]).is_ok());
        // The first key of all changes the screen's keyboard, and the window manager, which then learns its
        // keys anew, misses those that follow at once. So it is one that nobody waits for.
        self.key("shift");
    }

    fn start_wayland(&mut self, width: u32, height: u32) {
        let mut weston = self.command(program("weston", "weston"));
        weston.args(["--backend=x11-backend.so", "--no-config", "--idle-time=0"]);
        weston.args([format!("--width={width}"), format!("--height={height}")]);
        weston.arg(format!("--socket={WAYLAND}"));
        self.session.start(weston.stdout(Stdio::null()).stderr(Stdio::null()));
        let socket = self.session.runtime_dir().join(WAYLAND);
        wait_until("the Wayland socket", || socket.exists());
        self.wayland = true;
    }

    /// A panel with nothing but a tray, also after the one before was killed.
    pub fn start_panel(&mut self) {
        let folder = self.home().join(".config/xfce4/xfconf/xfce-perchannel-xml");
        if !folder.exists() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("xfce4-panel.xml"), PANEL).unwrap();
            self.start_silently(service("org.xfce.Xfconf", "xfconf"));
        }
        self.panel = Some(self.start_silently(program("xfce4-panel", "xfce4-panel")));
        wait_until("the tray", || self.has_tray());
    }

    /// Kills the panel, as a crash would.
    pub fn kill_panel(&mut self) {
        self.session.end(self.panel.take().expect("there is a panel"));
        wait_until("the end of the tray", || !self.has_tray());
    }

    fn has_tray(&self) -> bool {
        self.bus().has_owner("org.kde.StatusNotifierWatcher")
    }

    /// Its controls have no place among those of the program under test.
    fn start_silently(&mut self, program: PathBuf) -> u32 {
        let mut command = self.command(program);
        command.env("NO_AT_BRIDGE", "1").stdout(Stdio::null()).stderr(Stdio::null());
        self.session.start(&mut command).id()
    }

    fn bus(&self) -> &accessible::Bus {
        self.a11y.as_ref().unwrap()
    }
}

/// Where screenshots are kept.
fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots")
}

/// The program behind a name on the bus: nothing is started on demand on a bus of ours.
fn service(name: &str, package: &str) -> PathBuf {
    let file = format!("/usr/share/dbus-1/services/{name}.service");
    let text = fs::read_to_string(&file)
        .unwrap_or_else(|_| panic!("{file} is missing; install the package {package}"));
    let exec = text.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap();
    exec.split_whitespace().next().unwrap().into()
}

/// One panel along the top, with the tray as its only part.
const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="32"/>
      <property name="length" type="uint" value="100"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
  </property>
</channel>
"#;
