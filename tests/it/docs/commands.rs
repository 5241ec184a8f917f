//! Every command in the documents is one that the program, or the Makefile, takes.

use std::fs;

use clap::Command;
use duo_integrator::cli;

use super::{pages, root};

const PROGRAM: &str = "duo-integrator";

#[test]
fn commands_in_blocks_are_accepted_as_they_stand() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.language == "sh") {
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
    assert!(checked > 40, "only {checked} commands were found");
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
