//! “Settings”: what is typed, what becomes of it, and what is in the file afterwards.

use std::time::{Duration, Instant};

use super::*;
use crate::duo::logs::understand;
use crate::settings;
use crate::status::Position;
use crate::store::{AccountRef, Batch, Job, Writer};
use crate::window::worker::{Act, Did};

const DAY: i64 = 86_400_000;

pub(super) const OUTPUTS: &str = "# ours\n[[output]]\nname = \"Security team\" # on call\ntype = \"email\"\n\
    server = \"smtp.example.com\"\nfrom = \"duo@example.com\"\nto = [\"security@example.com\"]\n\
    least = \"high\"\n[[output]]\nname = \"#duo-alerts\"\ntype = \"slack\"\nhost = \"hooks.slack.com\"\n\
    quiet_hours = \"22:00-07:00\"\nzone = \"Europe/Paris\"\n";

/// A home whose settings are these, and the console over it.
pub(super) struct Place {
    _folder: tempfile::TempDir,
    pub home: Home,
}

impl Place {
    pub fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        std::fs::write(home.settings_file(), text).unwrap();
        Self { _folder: folder, home }
    }

    pub fn text(&self) -> String {
        std::fs::read_to_string(self.home.settings_file()).unwrap()
    }

    /// Stores sign-ins of these days ago, some on each day.
    pub fn store(&self, days: &[i64]) -> Writer {
        let (mut writer, _) = Writer::open(&self.home.store_file()).unwrap();
        let account = AccountRef {
            name: "Contoso".to_owned(),
            integration_key: key_of(0),
            api_hostname: HOST.to_owned(),
            child: None,
        };
        let now = UnixMillis::now();
        let (mut body, mut ranges) = (Vec::new(), Vec::new());
        for (n, day) in days.iter().enumerate() {
            let at = UnixMillis(now.0 - day * DAY - n as i64);
            let raw =
                format!("{{\"txid\":\"{n}\",\"isotimestamp\":\"{at}\",\"result\":\"success\"}}");
            let start = body.len();
            body.extend_from_slice(raw.as_bytes());
            ranges.push(start..body.len());
        }
        let log_type = LogType::Authentication;
        let mut job = Job::new(writer.register(&account, log_type).unwrap().id);
        job.batch = Batch::build(body, &ranges, |raw| understand(log_type, raw), |_| 0).unwrap();
        job.position = Some(Position::window(now));
        writer.commit(&[job]).unwrap();
        writer
    }

    fn standing(&self) -> Standing {
        let settings = Settings::load(&self.home);
        let statuses = match crate::store::Reader::open(&self.home.store_file()).unwrap() {
            Some(reader) => reader.statuses().unwrap(),
            None => Vec::new(),
        };
        let defaults = Settings::default();
        let summary = Summary::of(
            settings.as_ref().unwrap_or(&defaults),
            &statuses,
            None,
            true,
            UnixMillis::now(),
        );
        let collector = CollectorStanding::Running;
        Standing {
            settings,
            statuses,
            summary,
            open_alerts: 0,
            new_alerts: 0,
            collector,
            start_at_login: false,
        }
    }

    /// The page with this section open.
    pub fn open(&self, section: &str) -> Screen {
        self.open_as(section, egui::Theme::Light, super::super::CONSOLE_SIZE, 1.0)
    }

    pub fn open_as(&self, section: &str, look: egui::Theme, size: [f32; 2], scale: f32) -> Screen {
        let stage = Stage {
            wizard: None,
            console: Console::new(self.home.clone(), Desk::new(self.home.clone(), || {})),
            standing: Some(self.standing()),
            wishes: Vec::new(),
        };
        let mut harness = screen(stage, look, size, scale);
        press(&mut harness, "Settings");
        press(&mut harness, section);
        harness
    }

    /// Does the one act that is wished for, and shows what came of it.
    #[track_caller]
    pub fn fulfil(&self, harness: &mut Screen) -> Did {
        let [Wish::Act(act)] = harness.state().wishes.as_slice() else {
            panic!("one act is wished for: {:?}", harness.state().wishes);
        };
        let did = act.clone().run(&self.home).unwrap();
        self.refresh(harness);
        did
    }

    pub fn refresh(&self, harness: &mut Screen) {
        let state = harness.state_mut();
        state.wishes.clear();
        state.standing = Some(self.standing());
        state.console.look_again();
        harness.run();
    }
}

/// Draws until something is on the screen: answers come from other threads.
#[track_caller]
pub(super) fn wait_for(harness: &mut Screen, text: &str) {
    let end = Instant::now() + Duration::from_secs(20);
    while !has(harness, text) {
        assert!(Instant::now() < end, "{text} never came: {:#?}", said(harness));
        std::thread::sleep(Duration::from_millis(10));
        harness.step();
    }
    harness.step();
}

pub(super) fn has(harness: &Screen, text: &str) -> bool {
    said(harness).iter().any(|name| name.contains(text))
}

pub(super) fn said(harness: &Screen) -> Vec<String> {
    nodes(harness).into_iter().map(|(name, ..)| name).filter(|name| !name.is_empty()).collect()
}

/// Presses what may be out of sight.
pub(super) fn reach(harness: &mut Screen, label: &str) {
    harness.get_all_by_label(label).last().unwrap().scroll_to_me();
    harness.run_steps(8);
    press(harness, label);
}

/// Replaces what stands in a field.
pub(super) fn retype(harness: &mut Screen, label: &str, text: &str) {
    field(harness, label).focus();
    harness.run();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    harness.run();
    field(harness, label).type_text(text);
    harness.run();
}

#[test]
fn without_an_account_each_section_says_what_will_be_there() {
    let place = Place::new("version = 1\n");
    let mut harness = place.open("Accounts");
    assert!(has(&harness, "No account yet"));
    for (section, words) in [
        ("Outputs", "No output yet"),
        ("Storage", "No records yet"),
        ("Collection", "No records yet"),
        ("Knowledge packs", "everything is as it comes"),
    ] {
        press(&mut harness, section);
        wait_for(&mut harness, words);
    }
}

#[test]
fn a_mistake_shows_at_its_field_as_it_is_typed_and_nothing_is_written() {
    let place = Place::new("version = 1\n");
    let mut harness = place.open("Collection");
    retype(&mut harness, "Ask each log every", "soon");
    assert!(has(&harness, "is not a span of time"));
    key(&mut harness, Key::Tab);
    assert!(harness.state().wishes.is_empty());
    // Escape brings back what is set.
    retype(&mut harness, "Ask each log every", "9 min");
    key(&mut harness, Key::Escape);
    assert!(harness.state().wishes.is_empty());
    assert_eq!(field(&harness, "Ask each log every").value().as_deref(), Some("1 min"));
}

#[test]
fn a_change_is_written_when_the_field_is_left_and_undone_with_every_comment() {
    let by_hand = "version = 1\n[collection] # often\n# the law\nkeep = \"365d\"\npoll_interval = \"60s\" # a minute\n";
    let place = Place::new(by_hand);
    let mut harness = place.open("Collection");
    retype(&mut harness, "Ask each log every", "10 min");
    key(&mut harness, Key::Tab);
    let did = place.fulfil(&mut harness);
    assert_eq!(did.words.as_deref(), Some("Each log is asked every 10 min"));
    let text = place.text();
    assert!(text.contains("poll_interval = \"10m\" # a minute"), "{text}");
    assert!(text.contains("# often") && text.contains("# the law"), "{text}");
    assert_eq!(field(&harness, "Ask each log every").value().as_deref(), Some("10 min"));
    did.undo.unwrap().run(&place.home).unwrap();
    assert_eq!(place.text(), by_hand);
}

#[test]
fn keeping_records_for_less_long_tells_what_goes_and_asks() {
    let place = Place::new("version = 1 # mine\n");
    let days: Vec<i64> = (0..200).collect();
    drop(place.store(&days));
    let mut harness = place.open("Collection");
    wait_for(&mut harness, "200 records in");
    retype(&mut harness, "Keep records for", "90 days");
    wait_for(&mut harness, "109 records from before");
    reach(&mut harness, "Keep for 90 days");
    assert!(harness.state().wishes.is_empty(), "it is asked first");
    assert_eq!(focused(&harness).as_deref(), Some("Cancel"), "{:?}", said(&harness));
    press(&mut harness, "Remove them");
    let did = place.fulfil(&mut harness);
    assert!(did.undo.is_none(), "what is gone is gone");
    let settings = Settings::load(&place.home).unwrap();
    assert_eq!(settings.collection.keep, Duration::from_secs(90 * 86_400));
    assert!(place.text().starts_with("version = 1 # mine\n"));
    // Longer takes nothing away, so that nothing is asked.
    retype(&mut harness, "Keep records for", "2000 days");
    reach(&mut harness, "Keep for 2000 days");
    assert!(matches!(harness.state().wishes.as_slice(), [Wish::Act(_)]));
}

#[test]
fn settings_with_a_mistake_are_told_with_their_place_and_can_be_gone_back_from() {
    let good = "version = 1\n[collection]\nkeep = \"90d\" # law\n";
    let place = Place::new(good);
    settings::keep_good(&place.home).unwrap();
    let broken = "version = 1\n[collection]\nkep = \"90d\"\nnew_key = 1\n";
    std::fs::write(place.home.settings_file(), broken).unwrap();
    let mut harness = place.open("Collection");
    assert!(has(&harness, "collection.kep") && has(&harness, "did you mean keep?"));
    assert!(has(&harness, "Open the file"));
    wait_for(&mut harness, "Restore the last good one");
    // Nothing writes to a file with a key that nobody knows.
    let act = Act::new("x", |home| {
        settings::set_in_section(home, "collection", &[("pace", Some("adaptive".into()))])?;
        Ok(Did::quietly())
    });
    act.run(&place.home).unwrap_err();
    assert_eq!(place.text(), broken);
    press(&mut harness, "Restore the last good one");
    place.fulfil(&mut harness);
    assert_eq!(place.text(), good);
    assert!(!has(&harness, "Open the file"));
}

#[test]
fn a_pack_with_mistakes_is_told_with_file_and_line() {
    let place = Place::new("version = 1\n");
    let file = place.home.data.join("mine.zip");
    std::fs::write(&file, "this is no archive").unwrap();
    let mut harness = place.open("Knowledge packs");
    wait_for(&mut harness, "Comes with the program");
    fill(&mut harness, "Pack file", &file.display().to_string());
    reach(&mut harness, "Import");
    place.fulfil(&mut harness);
    wait_for(&mut harness, "Next: ");
    assert!(!place.home.packs_dir().join("mine.zip").exists());
}

#[test]
fn how_it_looks_is_remembered() {
    let place = Place::new("version = 1\n");
    let mut harness = place.open("Appearance");
    press(&mut harness, "Reduce motion");
    assert!(harness.state().wishes.is_empty(), "it is about this window, not the settings");
    let looks: look::looks::Looks = harness.state().console.kept().get("looks").unwrap();
    assert!(looks.reduced_motion && looks.percent == 100);
    press(&mut harness, "Back to the usual");
    let looks: look::looks::Looks = harness.state().console.kept().get("looks").unwrap();
    assert_eq!(looks, look::looks::Looks::default());
}

#[test]
fn one_of_fifty_accounts_is_found_and_one_of_its_logs_left_out() {
    let names: Vec<String> = (0..50).map(|i| format!("Customer {i:02}")).collect();
    let mut text = "version = 1\n".to_owned();
    for (i, name) in names.iter().enumerate() {
        text.push_str(&format!(
            "[[account]] # {i}\nname = {name:?}\nintegration_key = \"DIWJ8X6AEYOR5OMC6T{i:02}\"\n\
             api_hostname = {HOST:?}\n"
        ));
    }
    let place = Place::new(&text);
    let mut harness = place.open("Accounts");
    fill(&mut harness, "Find an account", "mer 37");
    assert!(has(&harness, "Edit Customer 37") && !has(&harness, "Edit Customer 01"));
    press(&mut harness, "Unfold the logs of Customer 37");
    press(&mut harness, "Trust Monitor");
    let did = place.fulfil(&mut harness);
    assert!(did.words.unwrap().contains("no longer collected from Customer 37"));
    let settings = Settings::load(&place.home).unwrap();
    let account = settings.account("Customer 37").unwrap();
    assert!(!account.log_types.contains(&LogType::TrustMonitor));
    assert_eq!(account.log_types.len(), LogType::ALL.len() - 1);
    assert_eq!(place.text().matches(" # ").count(), 50);
}

#[test]
fn every_section_is_used_with_the_keyboard_and_has_a_name_for_everything() {
    let place = Place::new(&format!(
        "version = 1\n[[account]]\nname = \"Contoso\"\nintegration_key = {:?}\napi_hostname = {HOST:?}\n\
         [[account]]\nname = \"MSP\"\nintegration_key = {:?}\napi_hostname = {HOST:?}\nkind = \"accounts\"\n\
         exclude = [\"Child\"]\n{OUTPUTS}",
        key_of(0),
        key_of(1)
    ));
    for (section, ready) in [
        ("Accounts", "Add account"),
        ("Collection", "No records yet"),
        ("Network", "Certificate file"),
        ("Notifications", "Working days"),
        ("Outputs", "Test #duo-alerts"),
        ("Knowledge packs", "Comes with the program"),
        ("Appearance", "Reduce motion"),
        ("Storage", "No records yet"),
        ("About", "Diagnostics"),
    ] {
        let mut harness = place.open(section);
        wait_for(&mut harness, ready);
        if section == "Accounts" {
            press(&mut harness, "Unfold the logs of MSP");
        }
        keyboard::assert_all_is_reached(&mut harness);
    }
}

pub(super) fn strange() -> Place {
    let place = Place::new(&format!(
        "version = 1\n[[account]]\nname = \"Contoso\"\nintegration_key = {:?}\napi_hostname = {HOST:?}\n\
         [[account]]\nname = \"The Honourable Worshipful Company of Telephone Sanitizers, Hairdressers and \
         Documentary Makers, Northern Division\"\nintegration_key = {:?}\napi_hostname = {HOST:?}\n\
         [[account]]\nname = \"חברת הדוגמה 🦀\"\nintegration_key = {:?}\napi_hostname = {HOST:?}\n\
         kind = \"accounts\"\nexclude = [\"Fabrikam\"]\n\
         [network]\nproxy = \"http://proxy.example:3128\"\n{OUTPUTS}\
         [[output]]\nname = \"מוקד האבטחה של החברה הגדולה בעולם 🦀\"\n\
         type = \"webhook\"\nurl = \"https://automation.example.com/hooks/0123456789/duo/alerts/and/much/more\"\n\
         levels = [\"low\", \"critical\"]\n",
        key_of(0),
        key_of(1),
        key_of(2)
    ));
    let days: Vec<i64> = (0..200).collect();
    let mut writer = place.store(&days);
    writer.note_delivered("Security team", &[]).unwrap();
    let at = UnixMillis(UnixMillis::now().0 - 3 * MINUTE);
    let words = "The message was refused: the workspace is gone (HTTP 410). What waits goes out after: \
                 duo-integrator output test \u{201c}#duo-alerts\u{201d}";
    writer.note_failed("#duo-alerts", &[], words, None, at).unwrap();
    place
}

#[test]
fn the_page_in_pictures() {
    let place = strange();
    let mut all = egui_kittest::SnapshotResults::new();
    let mut harness = place.open("Outputs");
    wait_for(&mut harness, "the workspace is gone");
    harness.remove_cursor();
    harness.run();
    harness.snapshot("settings_outputs");
    all.extend_harness(&mut harness);

    // What is in a store changes from day to day.
    let place = Place::new("version = 1\n[collection]\npace = \"30/min\"\n");
    let mut harness = place.open_as("Collection", egui::Theme::Dark, [1024.0, 700.0], 1.0);
    wait_for(&mut harness, "No records yet");
    retype(&mut harness, "Ask each log every", "soon");
    harness.remove_cursor();
    harness.run();
    harness.snapshot("settings_collection_dark");
    all.extend_harness(&mut harness);
}

#[test]
fn all_sections_to_look_at() {
    let Ok(folder) = std::env::var("LOOK_AT") else { return };
    let place = strange();
    for (look, name, size, scale) in [
        (egui::Theme::Light, "light", super::super::CONSOLE_SIZE, 1.0),
        (egui::Theme::Dark, "dark", [1024.0, 700.0], 1.0),
        (egui::Theme::Light, "small", [640.0, 480.0], 2.0),
    ] {
        for section in [
            "Accounts",
            "Collection",
            "Network",
            "Notifications",
            "Outputs",
            "Knowledge packs",
            "Appearance",
            "Storage",
            "About",
        ] {
            if name == "small" && section != "Collection" && section != "Outputs" {
                continue;
            }
            let mut harness = if name == "small" {
                let mut harness = place.open_as("Settings", look, size, scale);
                harness.get_by_role_and_label(Role::ComboBox, "Section").click();
                harness.run();
                press(&mut harness, section);
                harness
            } else {
                place.open_as(section, look, size, scale)
            };
            for _ in 0..30 {
                std::thread::sleep(Duration::from_millis(20));
                harness.step();
            }
            if section == "Accounts" {
                press(&mut harness, "Unfold the logs of Contoso");
            }
            harness.remove_cursor();
            harness.run();
            let picture = harness.render().unwrap();
            picture
                .save(format!("{folder}/{}-{name}.png", section.to_lowercase().replace(' ', "-")))
                .unwrap();
        }
    }
    let mut harness = place.open("Outputs");
    press(&mut harness, "Edit Security team");
    wait_for(&mut harness, "Mail server");
    harness.render().unwrap().save(format!("{folder}/form.png")).unwrap();
}
