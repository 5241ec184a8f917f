//! What packages carry beside the program: man pages and completions, written by the program itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use duo_integrator::simulator::World;

use crate::support::lab::Lab;

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The commands that the help of some words lists.
fn commands_of(lab: &Lab, words: &[&str]) -> Vec<String> {
    let help = lab.run(&[words, &["--help"]].concat()).exits(0).out;
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // Deeper lines are the rest of a sentence.
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_command_has_a_page() {
    let lab = Lab::without_account(World::single());
    let folder = lab.folder().join("man");
    let made = folder.to_str().unwrap();
    assert_eq!(lab.run(&["generate", "man", made]).exits(0).out, "");

    let mut wanted = BTreeSet::new();
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(words) = open.pop() {
        let page = [&["duo-integrator".to_owned()][..], &words].concat().join("-");
        wanted.insert(format!("{page}.1"));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for command in commands_of(&lab, &words) {
            open.push(words.iter().copied().map(str::to_owned).chain([command]).collect());
        }
    }
    assert!(wanted.len() > 40, "{wanted:?}");
    assert_eq!(names_in(&folder), wanted);

    for name in &wanted {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        for part in [".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS", "Duo Security Integrator"] {
            assert!(text.contains(part), "{name}: {part}");
        }
        assert!(!text.contains("generate"), "{name} tells of the hidden command");
    }
    let page = fs::read_to_string(folder.join("duo-integrator.1")).unwrap();
    for part in ["EXIT STATUS", "ENVIRONMENT", "DUO_INTEGRATOR_SECRET_KEY", "FILES", "events.db"] {
        assert!(page.contains(part), "{part}");
    }

    // Again, over what is there, it is the same.
    let list = folder.join("duo-integrator-event-list.1");
    let before = fs::read(&list).unwrap();
    lab.run(&["generate", "man", made]).exits(0);
    assert!(before == fs::read(&list).unwrap());
}

#[test]
fn shells_complete_commands_and_options() {
    let lab = Lab::without_account(World::single());
    let folder = lab.folder().join("completions");
    lab.run(&["generate", "completions", folder.to_str().unwrap()]).exits(0);
    let files = ["_duo-integrator", "duo-integrator.bash", "duo-integrator.fish"];
    assert_eq!(names_in(&folder), BTreeSet::from(files.map(str::to_owned)));

    // What bash offers after these words.
    let offered = |words: &[&str]| {
        let script = "source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
                      complete=$(complete -p duo-integrator | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
                      $complete duo-integrator \"${!#}\" \"${COMP_WORDS[$(($# - 2))]}\"; \
                      printf '%s\\n' \"${COMPREPLY[@]}\"";
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", script]).arg(folder.join("duo-integrator.bash")).args(words);
        let output = bash.output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(offered(&["duo-integrator", "acc"]), ["account"]);
    assert_eq!(offered(&["duo-integrator", "account", "va"]), ["validate"]);
    assert_eq!(offered(&["duo-integrator", "collect", "--on"]), ["--once"]);
    assert_eq!(offered(&["duo-integrator", "gen"]), [""], "the hidden command is not offered");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let lab = Lab::without_account(World::single());
    let file = lab.folder().join("in-the-way");
    fs::write(&file, "").unwrap();
    let place = file.join("man");
    let told = lab.run(&["generate", "man", place.to_str().unwrap()]).exits(1);
    assert!(told.err.contains(place.to_str().unwrap()), "{}", told.err);
}
