//! `doctor` looks at a whole installation, and what it writes for whoever helps is nobody's.

use duo_integrator::base::UnixMillis;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{INTEGRATION_KEY, SECRET_KEY, World};
use serde_json::Value;

use crate::support::collector::Collector;
use crate::support::lab::Lab;
use crate::support::records::record;

fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("{id}: {report}"))
}

#[test]
fn a_sound_installation_is_told_from_a_broken_one() {
    let mut world = World::single();
    let at = UnixMillis(UnixMillis::now().0 - 3_600_000);
    world.publish(INTEGRATION_KEY, LogType::Telephony, at, record(LogType::Telephony, at, 7));
    let lab = Lab::new(world);
    let collector = Collector::start(lab.command(&["collect", "--no-tray"]), &lab);
    collector.wait_until_current(&lab);
    let report = lab.run(&["doctor", "--json"]).exits(0).json();
    assert_eq!(report["ok"], true, "{report}");
    for id in ["program", "folder", "secret", "duo", "knowledge", "store", "collector"] {
        assert_eq!(finding(&report, id)["state"], "pass", "{id}: {report}");
    }
    collector.kill();
    let said = lab.run(&["doctor", "--offline"]).exits(0);
    assert!(said.out.contains("does not run, but Duo was asked"), "{}", said.out);
    // Without the secret key, and with a setting nobody knows.
    let mut command = lab.command_without_secret(&["doctor", "--json"]);
    let report = crate::support::lab::Ran::of(&command.output().unwrap()).json();
    assert_eq!(finding(&report, "secret")["state"], "fail");
    assert_eq!(report["ok"], false);
    lab.change_settings("version = 1", "version = 1\nversoin = 2");
    let report = lab.run(&["doctor", "--json", "--offline"]).exits(1).json();
    let settings = finding(&report, "settings");
    assert_eq!(settings["state"], "fail");
    assert!(settings["detail"].as_str().unwrap().contains("versoin"), "{settings}");
    assert_eq!(finding(&report, "store")["state"], "pass", "what is wrong before hides nothing");
}

#[test]
fn the_bundle_says_nothing_about_whose_it_is() {
    let lab = Lab::new(World::single());
    let text = std::fs::read_to_string(lab.home.settings_file()).unwrap();
    lab.write_settings(&format!(
        "{text}\n[[output]]\nname = \"Contoso SIEM\"\ntype = \"syslog\"\n\
         address = \"siem.contoso.example\"\n"
    ));
    let file = lab.folder().join("bundle.json");
    lab.run(&["collect", "--once"]);
    lab.run(&["doctor", "--bundle", file.to_str().unwrap()]);
    let text = std::fs::read_to_string(&file).unwrap();
    let bundle: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(bundle["logs"].as_array().unwrap().len(), LogType::ALL.len());
    assert_eq!(bundle["outputs"][0]["type"], "syslog");
    let folder = lab.folder().display().to_string();
    let user = std::env::var("USER").unwrap_or_else(|_| "nobody at all".to_owned());
    for private in
        ["Contoso", "contoso", "Example", INTEGRATION_KEY, SECRET_KEY, "127.0.0.1", &folder]
    {
        assert!(!text.contains(private), "{private} is in it: {text}");
    }
    assert!(user == "root" || !text.contains(&user), "{text}");
    let said = lab.run(&["doctor", "--offline", "--bundle", "/nonexistent/bundle.json"]).exits(1);
    assert!(said.err.contains("The bundle was not written"), "{}", said.err);
}
