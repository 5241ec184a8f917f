//! `generate`: man pages and completions for shells, for packages to carry.
//!
//! Promises: both are made from the definitions that read the command line, so they cannot tell of
//! options that are not there; the same program writes the same bytes.
//!
//! The command is hidden: people have no use for it, package builders do.
//! Source for what a page holds: <https://man7.org/linux/man-pages/man7/man-pages.7.html>.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command, Subcommand};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::Done;
use crate::base::Problem;
use crate::secrets::{CREDENTIALS_VARIABLE, SECRET_VARIABLE};

#[derive(Subcommand)]
pub enum Generate {
    /// Write a man page for each command
    Man(Folder),
    /// Write completions for bash, fish and zsh
    Completions(Folder),
}

#[derive(Args)]
pub struct Folder {
    /// Where to; it is made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

const PROGRAM: &str = "duo-integrator";

/// The program's title, at the foot of each page.
const TITLE: &str = "Duo Security Integrator";

const DESCRIPTION: [&str; 3] = [
    "Collects the logs that Cisco Duo offers into a store on this computer: each record exactly once, byte \
     for byte as Duo sent it, and checked against Duo\u{2019}s own counts; tells what they say by \
     dashboards, rules, alerts and reports; and hands them on to a SIEM.",
    "Without a command it opens the window: a wizard at first, the console afterwards. Collecting goes on in \
     the background when the window is closed. On servers, \u{201c}account add\u{201d}, \
     \u{201c}collect\u{201d} and \u{201c}status\u{201d} do without.",
    "Data goes to standard output, everything else to standard error. Commands that print facts have --json.",
];

const EXIT_CODES: [(&str, &str); 5] = [
    ("0", "Done."),
    ("1", "It did not work; the message says why and what to do next."),
    ("2", "The words on the command line do not fit together."),
    ("3", "A collector is at work in this home already."),
    ("4", "There is no display for the window."),
];

const VARIABLES: [(&str, &str); 5] = [
    (crate::base::HOME_VARIABLE, "Keeps settings, data and state under this folder, like --home."),
    (SECRET_VARIABLE, "The secret key, where neither a keychain nor a systemd credential has it."),
    (
        CREDENTIALS_VARIABLE,
        "Set by systemd: the folder with the secret key in a file named like the \
      integration key, with what an output needs in output-NAME, and with a proxy's login in proxy.",
    ),
    (
        "DUO_INTEGRATOR_OUTPUT_NAME",
        "What the output of that name needs to be let in, where nothing \
      else has it; the name in capital letters, other characters than letters and digits as _.",
    ),
    ("DUO_INTEGRATOR_RENDERER", "How the window is drawn: opengl or direct3d."),
];

const FILES: [(&str, &str); 3] = [
    ("~/.config/duo-integrator/settings.toml", "The settings, for you to edit."),
    ("~/.local/share/duo-integrator/events.db", "The records."),
    ("~/.local/state/duo-integrator/logs", "The program\u{2019}s own log."),
];

pub fn run(generate: &Generate, command: Command) -> Done {
    let (folder, written) = match generate {
        Generate::Man(Folder { folder }) => (folder, man_pages(command, folder)),
        Generate::Completions(Folder { folder }) => (folder, completions(command, folder)),
    };
    written.map_err(|error| {
        Problem::new("The files could not be written")
            .because(error)
            .next(format!("name a folder that can be written to instead of {}", folder.display()))
    })?;
    Ok(())
}

fn completions(command: Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // Made anew without what is hidden, which shells would offer all the same.
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    let mut command =
        Command::new(PROGRAM).args(command.get_arguments().cloned()).subcommands(visible.cloned());
    for shell in [Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut command, PROGRAM, folder)?;
    }
    let mut bash = Vec::new();
    clap_complete::generate(Shell::Bash, &mut command, PROGRAM, &mut bash);
    // A hyphen in the program's name is written in two ways, so that nothing below a command would
    // be found. So it is in clap_complete 4.6.11.
    let [wrong, right] = ["__subcmd__", "__"].map(|joint| PROGRAM.replace('-', joint));
    let bash = String::from_utf8_lossy(&bash).replace(&wrong, &right);
    fs::write(folder.join(format!("{PROGRAM}.bash")), bash)
}

fn man_pages(command: Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    man_page_of(&command, None, folder)
}

/// The page of a command, and those of the commands below it.
fn man_page_of(command: &Command, above: Option<&str>, folder: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let below: Vec<&Command> =
        command.get_subcommands().filter(|command| !command.is_hide_set()).collect();
    let page = Man::new(command.clone())
        .title(name.to_uppercase())
        .source(format!("duo-integrator {}", env!("CARGO_PKG_VERSION")))
        .manual(TITLE);
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    if above.is_none() {
        let mut description = Roff::new();
        description.control("SH", ["DESCRIPTION"]);
        for paragraph in DESCRIPTION {
            description.control("PP", []).text([roman(paragraph)]);
        }
        description.to_writer(&mut text)?;
    } else {
        page.render_description_section(&mut text)?;
    }
    page.render_options_section(&mut text)?;
    if !below.is_empty() {
        page.render_subcommands_section(&mut text)?;
    }
    let mut more = Roff::new();
    if above.is_none() {
        list(&mut more, "EXIT STATUS", &EXIT_CODES);
        list(&mut more, "ENVIRONMENT", &VARIABLES);
        list(&mut more, "FILES", &FILES);
    }
    let seen = below.iter().filter_map(|command| command.get_display_name());
    let also: Vec<String> =
        above.into_iter().chain(seen).map(|name| format!("{name}(1)")).collect();
    if !also.is_empty() {
        more.control("SH", ["SEE ALSO"]).text([roman(also.join(", "))]);
    }
    more.to_writer(&mut text)?;
    fs::write(folder.join(format!("{name}.1")), text)?;
    below.into_iter().try_for_each(|command| man_page_of(command, Some(&name), folder))
}

/// A section of names and what they mean.
fn list(page: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    page.control("SH", [title]);
    for (name, meaning) in entries {
        page.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
    }
}
