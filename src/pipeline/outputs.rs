//! What is done with an output as a whole: adding it with its secret, changing it, trying it,
//! removing it.
//!
//! Promises: the secret goes to the keychain and nowhere else, and is not left there when the output
//! could not be written down; an output that works again has what it refused sent once more; nothing
//! here repeats a secret. All of it may block.

use toml::{Table, Value};

use super::sources::unblock;
use super::{delivering, notifying};
use crate::base::words::nearest;
use crate::base::{Home, Problem, Secret, UnixMillis};
use crate::knowledge::Knowledge;
use crate::notify::Letter;
use crate::outputs::{Certificate, Probed};
use crate::secrets;
use crate::settings::{
    self, Destination, Flavor, HttpSecret, Mistake, Output, Settings, Target, check_secret_url,
    check_webhook_url,
};
use crate::store::{Reader, Refused, Writer};

/// What an output said when it was tried.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Where it leads.
    pub destination: String,
    /// What the other side said.
    pub said: String,
    /// Messages that it had not taken and that go out once more.
    pub again: usize,
    /// The certificate it presented to an output that is handed records.
    pub certificate: Option<Certificate>,
}

/// Adds an output, given as it stands in the file. `secret` is what it needs to be let in; `None`
/// where that is kept already, or nothing is needed.
pub fn add(home: &Home, mut table: Table, secret: Option<&Secret>) -> Result<Output, Problem> {
    let output = check(&table)?;
    if let Some(other) = same_name(&Settings::load(home)?, &output.name) {
        return Err(taken(other));
    }
    check_categories(home, &output)?;
    let Some(_) = output.secret_words() else {
        settings::add_output(home, &table)?;
        begin(home, &output)?;
        return Ok(output);
    };
    let host = secret.map(|secret| host_of(&output, secret)).transpose()?.flatten();
    let found;
    let host = match (host, secret) {
        (None, None) => {
            found = secrets::find_output_secret(&output.name)?.secret;
            host_of(&output, &found)?
        }
        (host, _) => host,
    };
    if let Some(host) = host {
        table.insert("host".to_owned(), Value::String(host));
    }
    if let Some(secret) = secret {
        secrets::store_output_secret(&output.name, secret)?;
    }
    if let Err(problem) = settings::add_output(home, &table) {
        if secret.is_some()
            && let Err(left) = secrets::forget_output_secret(&output.name)
        {
            tracing::warn!(problem = %left, "the secret of an output that was not added stays");
        }
        return Err(problem);
    }
    begin(home, &output)?;
    Ok(output)
}

/// Changes keys of an output, and its secret where there is a new one.
pub fn change(
    home: &Home,
    name: &str,
    values: &[(&str, Option<toml_edit::Value>)],
    secret: Option<&Secret>,
) -> Result<(), Problem> {
    let settings = Settings::load(home)?;
    let output = named(&settings, name)?;
    let mut values = values.to_vec();
    if let Some(secret) = secret {
        if let Some(host) = host_of(output, secret)? {
            values.push(("host", Some(host.into())));
        }
        secrets::store_output_secret(name, secret)?;
    }
    settings::change_output(home, name, &values).map(|_| ())
}

/// An output as it would stand in the file, and the secret that was typed for it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its section.
    pub table: Table,
    /// What it needs to be let in; `None` where that is kept already, or nothing is needed.
    pub secret: Option<Secret>,
}

impl Draft {
    /// The output; mistakes in it are told together.
    pub fn output(&self) -> Result<Output, Problem> {
        let output = check(&self.table)?;
        let host = self.secret.as_ref().map(|secret| host_of(&output, secret)).transpose()?;
        let Some(host) = host.flatten() else { return Ok(output) };
        let mut table = self.table.clone();
        table.insert("host".to_owned(), Value::String(host));
        check(&table)
    }
}

/// Sends a test to an output; tells what the other side said. What it had refused goes out once more.
pub async fn test(home: &Home, name: &str) -> Result<Tried, Problem> {
    let (home, asked) = (home.clone(), name.to_owned());
    let there = home.clone();
    let settings = unblock(move || Settings::load(&there)).await??;
    let output = named(&settings, name)?;
    let mut tried = sent(&home, &settings, output, None).await?;
    let (is_for_records, now) = (output.records().is_some(), UnixMillis::now());
    let noted = unblock(move || match Writer::beside(&home.store_file())? {
        Some(mut writer) if is_for_records => writer.note_trouble(&asked, None).map(|()| 0),
        Some(mut writer) => writer.note_works(&asked, now),
        None => Ok(0),
    });
    tried.again = noted.await?.map_err(|error| error.problem)?;
    Ok(tried)
}

/// Sends a test to an output that is not written down yet.
pub async fn test_draft(home: &Home, draft: &Draft) -> Result<Tried, Problem> {
    let output = draft.output()?;
    let there = home.clone();
    let settings = unblock(move || Settings::load(&there)).await??;
    sent(home, &settings, &output, draft.secret.clone()).await
}

async fn sent(
    home: &Home,
    settings: &Settings,
    output: &Output,
    secret: Option<Secret>,
) -> Result<Tried, Problem> {
    let (destination, network) = (output.destination(), &settings.network);
    if let Some(records) = output.records() {
        let probed = delivering::probe(home, network, &output.name, records, secret).await;
        let Probed { said, certificate } = probed.map_err(|failure| failure.problem)?;
        return Ok(Tried { destination, said, again: 0, certificate });
    }
    let letter = Letter::test(&output.name, UnixMillis::now());
    let sent = notifying::deliver(output, network, secret, &letter).await;
    let said = sent.map_err(|refusal| refusal.problem)?;
    Ok(Tried { destination, said, again: 0, certificate: None })
}

/// Makes at the far side what records are kept in there; tells what was made.
pub async fn prepare(home: &Home, name: &str) -> Result<String, Problem> {
    let there = home.clone();
    let settings = unblock(move || Settings::load(&there)).await??;
    let output = named(&settings, name)?;
    let made = match output.records() {
        Some(records) => delivering::prepare(home, &settings.network, name, records).await,
        None => Ok(None),
    };
    Ok(match made.map_err(|failure| failure.problem)? {
        Some(made) => made,
        None => format!("{} needs nothing to be made", output.destination()),
    })
}

/// What an output refused for good, in order.
pub fn refused(home: &Home, name: &str) -> Result<Vec<Refused>, Problem> {
    let settings = Settings::load(home)?;
    named(&settings, name)?;
    let reader = Reader::open(&home.store_file()).map_err(|error| error.problem)?;
    let refused = reader.map_or(Ok(Vec::new()), |reader| reader.refused_of(name));
    refused.map_err(|error| error.problem)
}

/// Has refused records sent once more, or forgets them: all, or those of these numbers. Tells how
/// many.
pub fn settle_refused(
    home: &Home,
    name: &str,
    only: &[i64],
    once_more: bool,
) -> Result<usize, Problem> {
    let settings = Settings::load(home)?;
    named(&settings, name)?;
    let done = match Writer::beside(&home.store_file()).map_err(|error| error.problem)? {
        None => Ok(0),
        Some(mut writer) if once_more => writer.resend_refused(name, only),
        Some(mut writer) => writer.discard_refused(name, only),
    };
    done.map_err(|error| error.problem)
}

/// What is handed over has its place in the store from now on, so that nothing that arrives before
/// the collector looks is missed.
fn begin(home: &Home, output: &Output) -> Result<(), Problem> {
    let Some(records) = output.records() else { return Ok(()) };
    let writer = Writer::beside(&home.store_file()).map_err(|error| error.problem)?;
    let Some(mut writer) = writer else { return Ok(()) };
    let begun = writer.begin_output(&output.name, records.start, UnixMillis::now());
    begun.map(|_| ()).map_err(|error| error.problem)
}

/// Categories that nobody knows are a mistake, and found before anything is written down.
fn check_categories(home: &Home, output: &Output) -> Result<(), Problem> {
    let Some(records) = output.records() else { return Ok(()) };
    if records.filter.categories.is_empty() {
        return Ok(());
    }
    let (knowledge, _) = Knowledge::load(home)?;
    let known = knowledge.category_ids();
    match records.filter.categories.iter().find(|id| !known.contains(&id.as_str())) {
        None => Ok(()),
        Some(id) => {
            let near = nearest(id, known.iter().copied());
            let near = near.map_or(String::new(), |near| format!(" (did you mean {near}?)"));
            Err(Problem::new("The output was not added")
                .because(format!("there is no category \u{201c}{id}\u{201d}{near}"))
                .next("see duo-integrator category list"))
        }
    }
}

/// Removes an output, what waited for it, and its secret; a secret that stays is no failure, and told.
pub fn remove(home: &Home, name: &str) -> Result<(Output, Result<(), Problem>), Problem> {
    let output = settings::remove_output(home, name)?;
    let writer = Writer::beside(&home.store_file()).map_err(|error| error.problem)?;
    if let Some(mut writer) = writer {
        writer.forget_output(&output.name).map_err(|error| error.problem)?;
    }
    let secret = match output.secret_words() {
        Some(_) => secrets::forget_output_secret(&output.name),
        None => Ok(()),
    };
    Ok((output, secret))
}

/// Checks a section as it would stand in the file.
pub fn check(table: &Table) -> Result<Output, Problem> {
    Output::check(table).map_err(|mistakes| {
        let list: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
        Problem::new("The output was not added").because(list.join("; "))
    })
}

/// The output that has this name already, in any letter case.
pub fn same_name<'a>(settings: &'a Settings, name: &str) -> Option<&'a Output> {
    let name = name.trim().to_lowercase();
    settings.outputs.iter().find(|other| other.name.to_lowercase() == name)
}

/// The name is taken.
pub fn taken(other: &Output) -> Problem {
    let name = &other.name;
    Problem::new(format!("There is an output \u{201c}{name}\u{201d} already"))
        .next(format!("give another name, or: duo-integrator output remove \u{201c}{name}\u{201d}"))
}

/// The host of an address that is itself the secret; `None` where the secret is something else. A
/// refusal never repeats it.
fn host_of(output: &Output, secret: &Secret) -> Result<Option<String>, Problem> {
    match &output.target {
        Target::Webhook(webhook) if webhook.flavor != Flavor::Json => {
            check_webhook_url(secret.expose()).map(Some).map_err(|what| {
                Problem::new("This is not the address of a webhook")
                    .because(what)
                    .next("copy it again from Slack or Teams")
            })
        }
        Target::Records(records) => match &records.to {
            Destination::Http(to) if to.secret == HttpSecret::Address => {
                let checked = check_secret_url(secret.expose());
                checked.map(|_| None).map_err(|what| {
                    Problem::new("This is not the address of an HTTP source")
                        .because(what)
                        .next("copy it again from the receiver")
                })
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn named<'a>(settings: &'a Settings, name: &str) -> Result<&'a Output, Problem> {
    settings.output(name).ok_or_else(|| {
        let names: Vec<&str> = settings.outputs.iter().map(|output| output.name.as_str()).collect();
        let problem = Problem::new(format!("There is no output named \u{201c}{name}\u{201d}"));
        match names.as_slice() {
            [] => problem.next("add one with: duo-integrator output add"),
            _ => problem.next(format!("the outputs are: {}", names.join(", "))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        std::fs::write(home.settings_file(), "version = 1 # ours\n").unwrap();
        (folder, home)
    }

    fn email(name: &str) -> Table {
        let text = format!(
            "name = {name:?}\ntype = \"email\"\nserver = \"s.example\"\nfrom = \"d@example.com\"\n\
             to = [\"a@example.com\"]\n"
        );
        text.parse().unwrap()
    }

    fn slack() -> Table {
        "name = \"alerts\"\ntype = \"slack\"\n".parse().unwrap()
    }

    fn text(home: &Home) -> String {
        std::fs::read_to_string(home.settings_file()).unwrap()
    }

    #[test]
    fn a_name_is_taken_in_any_letter_case() {
        let (_folder, home) = home();
        add(&home, email("Team"), None).unwrap();
        let before = text(&home);
        let problem = add(&home, email("TEAM"), None).unwrap_err();
        assert!(problem.to_string().contains("already"), "{problem}");
        assert_eq!(text(&home), before);
    }

    #[test]
    fn an_output_whose_secret_cannot_be_kept_is_not_added() {
        let (_folder, home) = home();
        let before = text(&home);
        // There is no keychain in these tests.
        let secret = Secret::new("https://hooks.slack.com/services/T0/B0/hunter2".to_owned());
        let problem = add(&home, slack(), Some(&secret)).unwrap_err();
        assert!(problem.to_string().contains("not stored"), "{problem}");
        assert!(!problem.to_string().contains("hunter2"));
        add(&home, slack(), None).unwrap_err();
        assert_eq!(text(&home), before);
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_not_repeated() {
        let (_folder, home) = home();
        let secret = Secret::new("hooks.slack.com/services/hunter2".to_owned());
        let problem = add(&home, slack(), Some(&secret)).unwrap_err().to_string();
        assert!(
            problem.contains("address of a webhook") && !problem.contains("hunter2"),
            "{problem}"
        );
    }

    #[test]
    fn a_removed_output_is_gone_from_the_file_and_nobody_else() {
        let (_folder, home) = home();
        add(&home, email("One"), None).unwrap();
        add(&home, email("Two"), None).unwrap();
        let (output, secret) = remove(&home, "One").unwrap();
        assert_eq!(output.name, "One");
        secret.unwrap();
        let settings = Settings::load(&home).unwrap();
        assert_eq!(settings.outputs.len(), 1);
        assert!(text(&home).starts_with("version = 1 # ours\n"));
        let problem = remove(&home, "One").unwrap_err();
        assert!(problem.next.unwrap().contains("Two"));
    }
}
