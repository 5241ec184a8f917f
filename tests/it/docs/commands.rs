//! Every command in the documents is one that the program, or the Makefile, takes; those on the first
//! page and where one looks first when something is wrong do what they say.

use std::fs;

use clap::Command;
use duo_integrator::base::UnixMillis;
use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::cli;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{INTEGRATION_KEY, World, invent};

use super::{page, pages, root};
use crate::support::lab::{Lab, Ran, assert_same, this_second};

const PROGRAM: &str = "duo-integrator";

#[test]
fn commands_in_blocks_are_accepted_as_they_stand() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for page in pages() {
        for block in
            page.blocks().iter().filter(|block| ["sh", "powershell"].contains(&block.language))
        {
            for words in commands(&block.text) {
                if words.first().is_some_and(|word| word == PROGRAM) {
                    checked += 1;
                    if let Err(error) = cli::command().try_get_matches_from(&words) {
                        wrong.push(format!("{}:{}: {words:?}: {error}", page.name, block.line));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 25, "only {checked} commands were found");
}

#[test]
fn commands_in_sentences_exist() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for page in pages() {
        for code in page.code() {
            let Some(rest) = code.strip_prefix("duo-integrator ") else { continue };
            checked += 1;
            if let Err(what) = exists(&cli::command(), rest) {
                wrong.push(format!("{}: `{code}`: {what}", page.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 60, "only {checked} commands were found");
}

#[test]
fn what_the_first_page_shows_can_be_done() {
    let mut world = World::single();
    let until = this_second().0 - 600_000;
    let from = UnixMillis(until - 6 * DAY_MILLIS);
    world.settle_in(INTEGRATION_KEY, invent(5, from, UnixMillis(until), 20, 40));
    let lab = Lab::without_account(world);
    let mut done = Vec::new();
    for name in ["README.md", "docs/troubleshooting.md"] {
        for words in page(name).blocks().iter().flat_map(|block| commands(&block.text)) {
            // Nobody listens at the receiver of an example.
            if words.first().is_none_or(|word| word != PROGRAM)
                || words[1..].starts_with(&["output".to_owned(), "test".to_owned()])
            {
                continue;
            }
            let words = words_for(&lab, &words[1..]);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let mut command = lab.command(&words);
            Ran::of(&command.current_dir(lab.folder()).output().unwrap()).exits(0);
            done.push(words.iter().take(2).copied().collect::<Vec<_>>().join(" "));
            if done.len() == 1 {
                lab.change_settings("pace = \"adaptive\"", "pace = \"unlimited\"");
            }
        }
    }
    for command in ["account add", "collect --once", "report run", "output list", "audit --since"] {
        assert!(done.iter().any(|one| one == command), "{command} was not tried: {done:?}");
    }
    assert!(fs::read(lab.folder().join("failed.pdf")).unwrap().starts_with(b"%PDF"));
    for log_type in LogType::ALL {
        assert_same(&lab.stored_of("Contoso", log_type), &lab.served(log_type), log_type.name());
    }
}

/// The words of a document, with this lab's Duo in place of the example's.
fn words_for(lab: &Lab, words: &[String]) -> Vec<String> {
    let mut own: Vec<String> = words
        .iter()
        .filter(|word| *word != "--secret-key-stdin")
        .map(|word| match word.as_str() {
            "DIXXXXXXXXXXXXXXXXXX" => INTEGRATION_KEY.to_owned(),
            "api-xxxxxxxx.duosecurity.com" => lab.api_hostname(),
            word => word.to_owned(),
        })
        .collect();
    if words.starts_with(&["account".to_owned(), "add".to_owned()]) {
        own.extend(["--ca-file".to_owned(), lab.home.config.join("ca.pem").display().to_string()]);
    }
    own
}

#[test]
fn recipes_exist() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    for page in pages() {
        let spans = page.code();
        let blocks = page.blocks();
        let lines = blocks.iter().filter(|block| block.language == "sh");
        let lines = lines.flat_map(|block| block.text.lines().map(str::to_owned));
        for line in spans.into_iter().chain(lines) {
            let Some(recipe) = line.strip_prefix("make ") else { continue };
            let recipe = recipe.split_whitespace().next().unwrap();
            let is_there = makefile.lines().any(|line| line.starts_with(&format!("{recipe}:")));
            assert!(is_there, "{}: there is no make {recipe}", page.name);
        }
    }
}

/// Whether the words before the first value name a command, and each `--word` is one of its own.
fn exists(program: &Command, words: &str) -> Result<(), String> {
    let mut command = program;
    let mut inside = true;
    for word in words.split_whitespace() {
        if let Some(long) = word.strip_prefix("--") {
            let long = long.split('=').next().unwrap_or_default();
            let own = command.get_arguments().chain(program.get_arguments());
            let known = own.filter_map(clap::Arg::get_long).any(|known| known == long);
            if !known && !["help", "version"].contains(&long) {
                return Err(format!("there is no --{long}"));
            }
        } else if inside && command.has_subcommands() && !word.starts_with('-') {
            command = command.find_subcommand(word).ok_or(format!("there is no {word}"))?;
        } else {
            inside = false;
        }
    }
    Ok(())
}

/// The commands of a block as a shell would take them apart; what comes after a pipe is another's, and
/// where the answer goes is the shell's.
fn commands(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    joined.lines().map(words).filter(|words| !words.is_empty()).collect()
}

fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '>') => break,
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn lines_are_taken_apart_as_a_shell_does() {
    assert_eq!(
        commands("a --b 'c d' \\\n    e   # f\n\n# g\nh \"i|j\" | k\nl > m\n"),
        [vec!["a", "--b", "c d", "e"], vec!["h", "i|j"], vec!["l"]]
    );
}

#[test]
fn what_does_not_exist_is_told() {
    let program = cli::command();
    assert!(exists(&program, "rule list --json").is_ok());
    assert!(exists(&program, "rule lst").unwrap_err().contains("lst"));
    assert!(exists(&program, "rule list --jason").unwrap_err().contains("jason"));
}
