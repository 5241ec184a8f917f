//! What starts at login, as a desktop would start it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use duo_integrator::base::Home;
use duo_integrator::platform::autostart;

/// A desktop's own launcher reads the entry back: every word arrives as it was.
#[test]
fn the_entry_starts_the_program_whatever_its_path_holds() {
    let folder =
        tempfile::Builder::new().prefix("Duo \"in\" $HOME 100% `a` \\ ä's ").tempdir().unwrap();
    let (program, seen) = (folder.path().join("a program"), folder.path().join("seen"));
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >\"$(dirname \"$0\")/seen.new\"\n\
         mv \"$(dirname \"$0\")/seen.new\" \"$(dirname \"$0\")/{}\"\n",
        seen.file_name().unwrap().display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let home = folder.path().join("the home");
    let words = [program.to_str().unwrap(), "collect", "--home", home.to_str().unwrap()];
    let entry = folder.path().join("entry.desktop");
    fs::write(&entry, autostart::desktop_entry(&words)).unwrap();

    let launched = Command::new("gio")
        .args(["launch", entry.to_str().unwrap()])
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
        .stdin(Stdio::null())
        .output()
        .expect("gio is missing; install the package libglib2.0-bin");
    assert!(launched.status.success(), "{}", String::from_utf8_lossy(&launched.stderr));
    let start = Instant::now();
    while !seen.exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "it was not started");
        std::thread::sleep(Duration::from_millis(20));
    }
    let arrived = fs::read_to_string(&seen).unwrap();
    assert_eq!(arrived.lines().collect::<Vec<_>>(), words[1..]);
}

/// Runs in a process of its own, whose settings folder is a new one.
#[test]
#[ignore = "started by the test below"]
fn register_and_remove_in_a_child() {
    let folder = std::env::var_os("XDG_CONFIG_HOME").expect("the test below sets it");
    let entries = || -> Vec<String> {
        let found = fs::read_dir(std::path::Path::new(&folder).join("autostart"));
        let names = found.into_iter().flatten().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    let usual = Home::find(None).unwrap();
    let other = Home::under(&std::path::Path::new(&folder).join("other home"));
    assert!(!autostart::is_registered(&usual) && !autostart::is_registered(&other));
    autostart::remove(&usual).unwrap();

    autostart::register(&usual).unwrap();
    autostart::register(&usual).unwrap();
    assert_eq!(entries(), ["duo-integrator.desktop"]);
    assert!(autostart::is_registered(&usual) && !autostart::is_registered(&other));
    autostart::register(&other).unwrap();
    assert_eq!(entries().len(), 2);
    assert!(autostart::is_registered(&other));

    let file = std::path::Path::new(&folder).join("autostart/duo-integrator.desktop");
    let text = fs::read_to_string(&file).unwrap();
    let own = std::env::current_exe().unwrap();
    assert!(text.contains(&format!("Exec=\"{}\" \"collect\"\n", own.display())), "{text}");
    assert!(!text.contains("--home"), "{text}");

    // A desktop switches an entry off; a program moves. Registering again mends both.
    for (from, to) in [
        ("Terminal=false", "Hidden=true"),
        ("Autostart-enabled=true", "Autostart-enabled=false"),
        ("Exec=\"/", "Exec=\"/moved/"),
    ] {
        fs::write(&file, text.replace(from, to)).unwrap();
        assert!(!autostart::is_registered(&usual), "{to}");
        autostart::register(&usual).unwrap();
        assert!(autostart::is_registered(&usual));
    }

    autostart::remove(&usual).unwrap();
    assert_eq!(entries().len(), 1);
    assert!(!autostart::is_registered(&usual) && autostart::is_registered(&other));
    autostart::remove(&other).unwrap();
    autostart::remove(&other).unwrap();
    assert_eq!(entries(), Vec::<String>::new());
}

#[test]
fn the_start_at_login_is_registered_and_removed_for_each_home() {
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "autostart::register_and_remove_in_a_child"])
        .env("XDG_CONFIG_HOME", folder.path())
        .env_remove("DUO_INTEGRATOR_HOME")
        .env_remove("APPIMAGE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}
