//! Changes the settings file and leaves alone what a person wrote around the change.
//!
//! Promises: a change is checked before it is saved, so a good file never turns into a bad one; a
//! file with mistakes is not touched; comments and order stay.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, TableLike, Value, value};

use super::{Account, Output, Settings, migrate, read_text};
use crate::base::{Home, Problem, files};

/// The first file, for a person who opens it before reading any manual.
const FIRST_FILE: &str = include_str!("first.toml");

/// Adds an account and saves. Creates a commented file when there is none.
pub fn add_account(home: &Home, account: &Account) -> Result<(), Problem> {
    update(home, |document| add_section(document, "account", account_table(account))).map(|_| ())
}

/// Adds an output, given as it stands in the file, and saves.
pub fn add_output(home: &Home, output: &toml::Table) -> Result<(), Problem> {
    let text = output.to_string();
    let unordered: DocumentMut = text.parse().map_err(|_| {
        Problem::new("The output cannot be written down").because("a value in it is no plain text")
    })?;
    let mut table = Table::new();
    // What it is first, then everything else.
    for wanted in [true, false] {
        for (key, item) in
            unordered.iter().filter(|(key, _)| ["name", "type"].contains(key) == wanted)
        {
            table.insert(key, item.clone());
        }
    }
    update(home, |document| add_section(document, "output", table)).map(|_| ())
}

/// Removes an output, saves, and gives back what was removed.
pub fn remove_output(home: &Home, name: &str) -> Result<Output, Problem> {
    let settings = Settings::load(home)?;
    let names = settings.outputs.iter().map(|output| output.name.as_str());
    let i = place_of("output", names, name)?;
    let output = settings.outputs.get(i).cloned();
    update(home, |document| remove_section(document, "output", i))?;
    output.ok_or_else(|| Problem::new("The output is gone already"))
}

/// What stands in the section of an output, as it was written.
pub fn output_section(home: &Home, name: &str) -> Result<toml::Table, Problem> {
    let settings = Settings::load(home)?;
    let names = settings.outputs.iter().map(|output| output.name.as_str());
    let i = place_of("output", names, name)?;
    let table = read_text(home)?.and_then(|text| text.parse::<toml::Table>().ok());
    let section = table.and_then(|mut table| match table.remove("output") {
        Some(toml::Value::Array(sections)) => sections.into_iter().nth(i),
        _ => None,
    });
    match section {
        Some(toml::Value::Table(section)) => Ok(section),
        _ => Err(Problem::new("The output is gone already")),
    }
}

/// Adds a report that is made by itself, and saves.
pub fn add_report(home: &Home, report: &toml::Table) -> Result<(), Problem> {
    let table: DocumentMut = report.to_string().parse().map_err(|_| {
        Problem::new("The report cannot be written down").because("a value in it is no plain text")
    })?;
    update(home, |document| add_section(document, "report", table.as_table().clone())).map(|_| ())
}

/// Writes what a report that is made by itself is now in the place of what it was, and saves.
/// Comments between its lines stay.
pub fn change_report(home: &Home, place: usize, report: &toml::Table) -> Result<(), Problem> {
    let new: DocumentMut = report.to_string().parse().map_err(|_| {
        Problem::new("The report cannot be written down").because("a value in it is no plain text")
    })?;
    let place = Place::Of("report", place);
    update(home, |document| {
        let known = place
            .find(document)
            .map(|table| table.iter().map(|(key, _)| key.to_owned()).collect::<Vec<String>>());
        let gone = known.unwrap_or_default().into_iter().filter(|key| !new.contains_key(key));
        let values = new
            .iter()
            .filter_map(|(key, item)| Some((key.to_owned(), Some(item.as_value()?.clone()))));
        let values: Vec<_> = gone.map(|key| (key, None)).chain(values).collect();
        set_in(document, &place, &values);
    })
    .map(|_| ())
}

/// Removes the report at this place among all, and saves.
pub fn remove_report(home: &Home, place: usize) -> Result<(), Problem> {
    update(home, |document| remove_section(document, "report", place)).map(|_| ())
}

/// Removes an account, saves, and gives back what was removed: its secret is still stored.
pub fn remove_account(home: &Home, name: &str) -> Result<Account, Problem> {
    let settings = Settings::load(home)?;
    let i = place_of_account(&settings, name)?;
    let account = settings.accounts.get(i).cloned();
    update(home, |document| remove_section(document, "account", i))?;
    account.ok_or_else(|| Problem::new("The account is gone already"))
}

/// Adds one more section of two brackets behind everything else.
fn add_section(document: &mut DocumentMut, name: &str, mut table: Table) {
    // What stands at the end of a file belongs to the section above it; it must not end up
    // inside the new one.
    let tail = document.trailing().as_str().unwrap_or_default().to_owned();
    document.set_trailing("");
    let gap = if tail.is_empty() || tail.ends_with('\n') { "" } else { "\n" };
    table.decor_mut().set_prefix(format!("{tail}{gap}\n"));
    let item = document.entry(name).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(inline) = item.as_array() {
        // `account = [{ … }]` is as good; it becomes sections so that one more can follow.
        let tables = inline
            .iter()
            .filter_map(|value| value.as_inline_table().cloned().map(|t| t.into_table()));
        *item = Item::ArrayOfTables(tables.collect());
    }
    if let Some(list) = item.as_array_of_tables_mut() {
        list.push(table);
    }
}

fn remove_section(document: &mut DocumentMut, name: &str, i: usize) {
    let Some(item) = document.get_mut(name) else { return };
    if let Some(list) = item.as_array_of_tables_mut() {
        list.remove(i);
    } else if let Some(list) = item.as_array_mut() {
        list.remove(i);
    }
}

/// Writes what an account is now in the place of what it was, and saves. Comments between its lines
/// stay.
pub fn change_account(home: &Home, name: &str, account: &Account) -> Result<(), Problem> {
    let i = place_of_account(&Settings::load(home)?, name)?;
    let new = account_table(account);
    let gone = ["include", "exclude", "kind", "signature"].into_iter();
    let gone = gone.filter(|key| !new.contains_key(key)).map(|key| (key.to_owned(), None));
    let values =
        new.iter().filter_map(|(key, item)| Some((key.to_owned(), Some(item.as_value()?.clone()))));
    let values: Vec<(String, Option<Value>)> = gone.chain(values).collect();
    update(home, |document| set_in(document, &Place::Of("account", i), &values)).map(|_| ())
}

/// Sets keys of an output, or removes those without a value, and saves. Its other keys, and what
/// stands around them, stay.
pub fn change_output(
    home: &Home,
    name: &str,
    values: &[(&str, Option<Value>)],
) -> Result<Settings, Problem> {
    let settings = Settings::load(home)?;
    let names = settings.outputs.iter().map(|output| output.name.as_str());
    let i = place_of("output", names, name)?;
    let values = owned(values);
    update(home, |document| set_in(document, &Place::Of("output", i), &values))
}

/// Sets a key of a section, or removes it when there is no value, and saves. What stands around it
/// stays.
pub fn set_in_section(
    home: &Home,
    section: &str,
    values: &[(&str, Option<Value>)],
) -> Result<Settings, Problem> {
    let values = owned(values);
    update(home, |document| {
        if values.iter().all(|(_, value)| value.is_none()) && !document.contains_key(section) {
            return;
        }
        document.entry(section).or_insert(Item::Table(Table::new()));
        set_in(document, &Place::Section(section), &values);
    })
}

/// A table of the document.
enum Place<'a> {
    /// `[name]`.
    Section(&'a str),
    /// The one at this place among `[[name]]`.
    Of(&'a str, usize),
}

impl Place<'_> {
    fn find<'d>(&self, document: &'d mut DocumentMut) -> Option<&'d mut dyn TableLike> {
        match *self {
            Self::Section(name) => document.get_mut(name)?.as_table_like_mut(),
            Self::Of(name, i) => match document.get_mut(name)? {
                Item::ArrayOfTables(list) => {
                    list.get_mut(i).map(|table| table as &mut dyn TableLike)
                }
                Item::Value(Value::Array(list)) => list
                    .get_mut(i)
                    .and_then(Value::as_inline_table_mut)
                    .map(|table| table as &mut dyn TableLike),
                _ => None,
            },
        }
    }
}

fn owned(values: &[(&str, Option<Value>)]) -> Vec<(String, Option<Value>)> {
    values.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

fn set_in(document: &mut DocumentMut, place: &Place<'_>, values: &[(String, Option<Value>)]) {
    let mut left = String::new();
    if let Some(table) = place.find(document) {
        for (key, value) in values {
            match value {
                Some(value) => set(table, key, value),
                None => left.push_str(&remove(table, key)),
            }
        }
    }
    if !left.is_empty() {
        // The comments above the last lines of a table go on below it.
        let tail = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(format!("{tail}{left}"));
    }
}

/// Sets a value and keeps the comment behind the old one. One that is there already is left as it is
/// written.
fn set(table: &mut dyn TableLike, key: &str, new: &Value) {
    let mut new = new.clone();
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        if is_same(old, &new) {
            return;
        }
        *new.decor_mut() = old.decor().clone();
    }
    table.insert(key, Item::Value(new));
}

/// Whether two values say the same, however they are written.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.value() == other.value(),
        (Value::Integer(one), Value::Integer(other)) => one.value() == other.value(),
        (Value::Boolean(one), Value::Boolean(other)) => one.value() == other.value(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        _ => false,
    }
}

/// Removes a key. A comment above it goes to the line that follows; where none does, it is given
/// back.
fn remove(table: &mut dyn TableLike, key: &str) -> String {
    let above = table.key(key).and_then(|key| key.leaf_decor().prefix()?.as_str());
    let above = above.unwrap_or_default().to_owned();
    let mut after = table.iter().map(|(key, _)| key.to_owned()).skip_while(|known| known != key);
    let following = after.nth(1);
    drop(after);
    table.remove(key);
    if !above.contains('#') {
        return String::new();
    }
    match following.and_then(|following| table.key_mut(&following)) {
        Some(mut following) => {
            let decor = following.leaf_decor_mut();
            let own = decor.prefix().and_then(|own| own.as_str()).unwrap_or_default().to_owned();
            decor.set_prefix(format!("{above}{own}"));
            String::new()
        }
        None => above,
    }
}

fn place_of_account(settings: &Settings, name: &str) -> Result<usize, Problem> {
    place_of("account", settings.accounts.iter().map(|account| account.name.as_str()), name)
}

fn place_of<'a>(
    what: &str,
    names: impl Iterator<Item = &'a str> + Clone,
    name: &str,
) -> Result<usize, Problem> {
    names.clone().position(|known| known == name).ok_or_else(|| {
        let names: Vec<&str> = names.collect();
        let problem = Problem::new(format!("There is no {what} named \u{201c}{name}\u{201d}"));
        match names.as_slice() {
            [] => problem.next(format!("add one with: duo-integrator {what} add")),
            _ => problem.next(format!("the {what}s are: {}", names.join(", "))),
        }
    })
}

/// Changes the document, checks the result, and saves it. Gives back the settings as saved.
pub fn update(home: &Home, change: impl FnOnce(&mut DocumentMut)) -> Result<Settings, Problem> {
    let text = read_text(home)?.unwrap_or_else(|| FIRST_FILE.to_owned());
    Settings::parse(&text, home)?;
    let mut document = migrate::open(&text, &home.settings_file())?;
    change(&mut document);
    let text = document.to_string();
    let settings = Settings::parse(&text, home)?;
    let path = home.settings_file();
    let save = || {
        files::create_private_dir(&home.config)?;
        files::replace(&path, text.as_bytes())
    };
    save().map_err(|error| cannot_save(error, home))?;
    Ok(settings)
}

/// The text of the settings file as it is now; `None` when there is none.
pub fn text(home: &Home) -> Result<Option<String>, Problem> {
    read_text(home)
}

/// Puts back what the file said `before` a change, as long as it says nothing else than `after` it.
pub fn put_back(home: &Home, before: Option<&str>, after: Option<&str>) -> Result<(), Problem> {
    if read_text(home)?.as_deref() != after {
        return Err(Problem::new("This cannot be undone any more")
            .because("the settings were changed again since")
            .next("change it back by hand"));
    }
    let path = home.settings_file();
    match before {
        Some(text) => files::replace(&path, text.as_bytes()),
        None => std::fs::remove_file(&path),
    }
    .map_err(|error| cannot_save(error, home))
}

fn cannot_save(error: std::io::Error, home: &Home) -> Problem {
    Problem::new("The settings cannot be saved")
        .because(error)
        .next(format!("make this file and its folder writable: {}", home.settings_file().display()))
}

fn account_table(account: &Account) -> Table {
    let raw = account.to_raw();
    let mut table = Table::new();
    table.insert("name", value(raw.name));
    table.insert("integration_key", value(raw.integration_key));
    table.insert("api_hostname", value(raw.api_hostname));
    let mut list = |key: &str, items: Vec<String>| {
        table.insert(key, value(items.into_iter().collect::<Array>()));
    };
    if let Some(log_types) = raw.log_types {
        list("log_types", log_types);
    }
    if !raw.include.is_empty() {
        list("include", raw.include);
    }
    if !raw.exclude.is_empty() {
        list("exclude", raw.exclude);
    }
    for (key, text) in [("history", raw.history), ("kind", raw.kind), ("signature", raw.signature)]
    {
        if let Some(text) = text {
            table.insert(key, value(text));
        }
    }
    table
}
