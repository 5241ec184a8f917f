//! The desktop of the tests itself: what is typed and clicked arrives, what is shown is read, and
//! nothing stays behind. The window is a small one of its own: this same test program started
//! again on that desktop.

use std::process::Command;

use eframe::egui;
use winit::platform::x11::EventLoopBuilderExtX11;

use crate::support::desktop::{App, Desktop, Role};
use crate::support::keyring::KeyringSession;
use crate::support::processes;
use crate::support::waiting::wait_until;

const TITLE: &str = "A window to try";

/// The small window, until it is closed.
#[test]
#[ignore = "started by the other tests, on a desktop"]
fn a_window() {
    if std::env::var_os(processes::MARK).is_none() {
        return;
    }
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default().with_inner_size([400.0, 300.0]),
        renderer: eframe::Renderer::Glow,
        // Tests run on threads of their own.
        event_loop_builder: Some(Box::new(|builder| {
            builder.with_any_thread(true);
        })),
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(TITLE, options, Box::new(|_| Ok(Box::<Sample>::default()))).unwrap();
}

/// An icon in the tray, until “Quit” is chosen.
#[test]
#[ignore = "started by the other tests, on a desktop"]
fn an_icon() {
    if std::env::var_os(processes::MARK).is_none() {
        return;
    }
    use ksni::TrayMethods;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let _handle = Icon { opened: 0 }.spawn().await.unwrap();
        std::future::pending::<()>().await;
    });
}

fn started_again(desktop: &Desktop, what: &str) -> Command {
    let mut command = desktop.command(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture"]).arg(format!("desktop::{what}"));
    command
}

#[test]
fn what_is_typed_and_clicked_arrives_and_what_is_shown_is_read() {
    let desktop = Desktop::start();
    let app = desktop.launch_command(started_again(&desktop, "a_window"));
    app.wait_for_text("Nothing saved");
    assert_eq!(desktop.windows(), [TITLE]);
    assert_eq!(desktop.active_window(), TITLE);
    assert!(!app.is_enabled("Save"));

    app.type_into("API HostName", "api-00000000.example");
    app.wait_for_text_of("API HostName", "api-00000000.example");
    app.paste_into("Secret Key", "zwölf Boxkämpfer");
    app.wait_for_text_of("Secret Key", &"•".repeat(16));
    assert!(!app.tree().contains("Boxkämpfer"), "{}", app.tree());
    assert_eq!(app.focused().as_deref(), Some("Secret Key"));
    assert_eq!(app.text_of("API HostName"), "api-00000000.example");
    app.key("Tab");
    app.wait_until("the next control to get the keys", |_| {
        app.focused().as_deref() == Some("Remember")
    });
    app.key("space");
    app.wait_until("the box to be ticked", |_| app.is_checked("Remember"));

    app.click("Save");
    app.find(Role::Label, "Saved api-00000000.example with 16 letters");
    app.click("OK");
    app.wait_until_gone("Saved api-00000000.example");
    assert!(!app.shows("OK"));

    // What is out of sight is scrolled to.
    app.click("Far below");
    app.wait_for_text("Reached the end");
    desktop.screenshot_of(TITLE, "harness");
    app.close();
    assert!(app.wait().success(), "{}", app.said());
    assert_eq!(desktop.windows(), [""; 0]);
}

#[test]
fn a_window_can_be_found_whoever_opened_it() {
    let desktop =
        Desktop::plan().screen(1024, 700).keyring(KeyringSession::with_bus_only()).start();
    let started = desktop.launch_command(started_again(&desktop, "a_window"));
    let app = App::with_window(&desktop, TITLE);
    assert_eq!(app.id(), started.id());
    desktop.resize(TITLE, 500, 350);
    wait_until("the new size", || {
        let (_, _, width, height) = desktop.geometry(TITLE);
        (width, height) == (500, 350)
    });
    app.click("Copy");
    wait_until("the copy", || desktop.clipboard() == "copied");
    started.kill();
}

#[test]
fn the_tray_is_read_and_its_menu_chosen_from() {
    let desktop = Desktop::plan().tray().start();
    let app = desktop.launch_command(started_again(&desktop, "an_icon"));
    let item = desktop.wait_for_tray_item();
    assert_eq!((item.id.as_str(), item.status.as_str()), ("sample", "Active"));
    assert_eq!(item.title, "Opened 0 times");
    assert_eq!(desktop.tray_menu(), ["Opened 0 times", "Open", "More", "More › Quit"]);
    assert!(!desktop.tray_entries()[0].enabled);
    desktop.tray_click("Open");
    desktop.tray_activate();
    wait_until("both clicks", || desktop.tray_menu()[0] == "Opened 2 times");
    assert_eq!(desktop.tray_property(&item, "IconName"), "dialog-information");
    desktop.tray_click("Quit");
    assert!(app.wait().success(), "{}", app.said());
    wait_until("an empty tray", || desktop.tray_items().is_empty());
}

#[test]
fn the_program_under_test_is_started_here() {
    let desktop = Desktop::start();
    let app = desktop.launch(&["--version"]);
    assert!(app.wait().success());
    assert_eq!(app.said().trim(), concat!("duo-integrator ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn waiting_in_vain_tells_what_the_program_said() {
    let desktop = Desktop::start();
    let app = desktop.launch(&["no-such-command"]);
    let waiting = std::panic::AssertUnwindSafe(|| app.wait_for_text("Welcome"));
    let told = std::panic::catch_unwind(waiting).err().unwrap();
    let told = told.downcast_ref::<String>().unwrap();
    assert!(told.contains("the program ended") && told.contains("“Welcome”"), "{told}");
    assert!(told.contains("no-such-command") && told.contains("/screenshots/failed-"), "{told}");
}

#[test]
fn nothing_stays_behind() {
    let desktop = Desktop::start();
    // One that leaves its group and its parent, as a collector in the background does.
    let mut detached = desktop.command("sh");
    detached.args(["-c", "setsid sleep 600 >/dev/null 2>&1 &"]);
    assert!(detached.status().unwrap().success());
    let folder = desktop.session().folder().to_owned();
    assert!(processes::marked(&folder).len() > 4, "{:?}", processes::marked(&folder));
    assert_eq!(desktop.session().secret_tool_lookup("nobody"), "");
    assert!(desktop.home().starts_with(&folder));
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _desktop = desktop;
        std::panic::resume_unwind(Box::new("a test that fails"));
    }));
    assert!(ended.is_err());
    assert_eq!(processes::marked(&folder), [0; 0]);
    assert!(!folder.exists());
}

/// Two fields, a button that waits for them, a dialog, and something far below.
#[derive(Default)]
struct Sample {
    hostname: String,
    secret: String,
    remember: bool,
    saved: Option<String>,
    end: bool,
}

impl eframe::App for Sample {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        egui::CentralPanel::default().show(ui, |ui| {
            egui::ScrollArea::vertical().show(ui, |ui| self.page_ui(ui));
        });
        let Some(saved) = &self.saved else { return };
        let dialog = egui::Modal::new(egui::Id::unique("saved")).show(ui.ctx(), |ui| {
            ui.label(saved);
            ui.button("OK").clicked()
        });
        if dialog.inner {
            self.saved = None;
        }
    }
}

impl Sample {
    fn page_ui(&mut self, ui: &mut egui::Ui) {
        let label = ui.label("API HostName").id;
        ui.text_edit_singleline(&mut self.hostname).labelled_by(label);
        let label = ui.label("Secret Key").id;
        ui.add(egui::TextEdit::singleline(&mut self.secret).password(true)).labelled_by(label);
        ui.checkbox(&mut self.remember, "Remember");
        let complete = !self.hostname.is_empty() && !self.secret.is_empty();
        if ui.add_enabled(complete, egui::Button::new("Save")).clicked() {
            let letters = self.secret.chars().count();
            self.saved = Some(format!("Saved {} with {letters} letters", self.hostname));
        }
        if ui.button("Copy").clicked() {
            ui.ctx().copy_text("copied".to_owned());
        }
        ui.label(if self.end { "Reached the end" } else { "Nothing saved" });
        ui.add_space(600.0);
        self.end |= ui.button("Far below").clicked();
    }
}

/// Counts how often it was opened.
struct Icon {
    opened: u32,
}

impl ksni::Tray for Icon {
    fn id(&self) -> String {
        "sample".to_owned()
    }

    fn title(&self) -> String {
        format!("Opened {} times", self.opened)
    }

    fn icon_name(&self) -> String {
        "dialog-information".to_owned()
    }

    fn activate(&mut self, _: i32, _: i32) {
        self.opened += 1;
    }

    fn menu(&self) -> Vec<ksni::MenuItem<Self>> {
        use ksni::menu::{StandardItem, SubMenu};
        vec![
            StandardItem { label: self.title(), enabled: false, ..Default::default() }.into(),
            ksni::MenuItem::Separator,
            StandardItem {
                label: "Open".to_owned(),
                activate: Box::new(|icon: &mut Self| icon.opened += 1),
                ..Default::default()
            }
            .into(),
            SubMenu {
                label: "More".to_owned(),
                submenu: vec![
                    StandardItem {
                        label: "Quit".to_owned(),
                        activate: Box::new(|_| std::process::exit(0)),
                        ..Default::default()
                    }
                    .into(),
                ],
                ..Default::default()
            }
            .into(),
        ]
    }
}
