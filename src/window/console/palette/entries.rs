//! What the command palette offers, and what of it fits what was typed.
//!
//! Promises: what fits best comes first; of what fits alike, what was chosen last; then the order of
//! kinds, pages before rules. Without anything typed, what was chosen last comes before everything.

use super::matching::{Rank, Words};
use crate::knowledge::{Item, Knowledge};
use crate::status::Overall;
use crate::window::console::deed::Deed;
use crate::window::console::range::Range;
use crate::window::console::settings::Section;
use crate::window::console::{Filter, Go, Page};
use crate::window::look::icons;
use crate::window::look::looks::Mode;
use crate::window::worker::Standing;

/// More than this nobody reads through.
const MOST: usize = 60;

/// So many of those chosen last are offered before anything is typed.
const RECENT: usize = 5;

/// Something to choose.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The same from one start to the next.
    pub id: String,
    /// What people read.
    pub title: String,
    /// What it is, in a word or two.
    pub kind: &'static str,
    pub icon: &'static str,
    /// What it is found by: its title; and that with its kind and a rule's id.
    words: [Words; 2],
    pub deed: Deed,
}

impl Entry {
    fn new(kind: &'static str, icon: &'static str, title: &str, deed: Deed) -> Self {
        let id = format!("{kind}: {title}");
        let words = [Words::of(title), Words::of(&format!("{kind} {title}"))];
        Self { id, title: title.to_owned(), kind, icon, words, deed }
    }

    fn of<T>(kind: &'static str, icon: &'static str, item: &Item<T>, deed: Deed) -> Self {
        let title = item.short_title();
        let all = format!("{kind} {title} {} {}", item.title, item.id);
        let words = [Words::of(title), Words::of(&all)];
        Self { id: format!("{kind}: {}", item.id), words, ..Self::new(kind, icon, title, deed) }
    }

    fn fits(&self, typed: &Words) -> Option<Rank> {
        let [title, all] = &self.words;
        // The word for what it is narrows a search down: “rule push”.
        let with_kind = || typed.fit(all).map(|rank| rank.saturating_add(10));
        typed.fit(title).or_else(with_kind)
    }
}

/// Everything there is to choose.
pub(super) fn entries(
    standing: Option<&Standing>,
    names: &[String],
    knowledge: Option<&Knowledge>,
) -> Vec<Entry> {
    let mut all = Vec::new();
    for page in Page::ALL {
        all.push(Entry::new("Page", page.icon(), page.title(), Deed::page(page)));
    }
    all.extend(actions(standing));
    for section in Section::ALL {
        let deed = Deed::Go(Go::Settings(section));
        all.push(Entry::new("Settings", section.icon(), section.title(), deed));
    }
    for range in Range::LAST {
        all.push(Entry::new("Time range", icons::CALENDAR, range.title(), Deed::Range(range)));
    }
    let custom = "Custom range\u{2026}";
    all.push(Entry::new("Time range", icons::CALENDAR, custom, Deed::CustomRange));
    if names.len() > 1 {
        let every = Deed::Account(None);
        all.push(Entry::new("Account", icons::BUILDINGS, "All accounts", every));
        for name in names {
            let deed = Deed::Account(Some(name.clone()));
            all.push(Entry::new("Account", icons::BUILDINGS, name, deed));
        }
    }
    if let Some(knowledge) = knowledge {
        for item in knowledge.dashboards().iter().filter(|item| item.enabled) {
            let deed = Deed::Go(Go::Dashlet(item.id.clone()));
            all.push(Entry::of("Dashboard", icons::CHART_LINE, item, deed));
        }
        for item in knowledge.reports().iter().filter(|item| item.enabled) {
            let deed = Deed::Go(Go::Report(item.id.clone()));
            all.push(Entry::of("Report", icons::FILE_TEXT, item, deed));
        }
        for item in knowledge.categories().iter().filter(|item| item.enabled) {
            let filter = Filter { categories: vec![item.id.clone()], ..Filter::default() };
            let deed = Deed::Go(Go::Events(Box::new(filter)));
            all.push(Entry::of("Category", icons::TAG, item, deed));
        }
        for item in knowledge.rules() {
            let deed = Deed::Go(Go::Rule(item.id.clone()));
            all.push(Entry::of("Rule", icons::CROSSHAIR, item, deed));
        }
    }
    all
}

/// What can be done now: nobody resumes what is not paused.
fn actions(standing: Option<&Standing>) -> Vec<Entry> {
    fn action(icon: &'static str, title: &str, deed: Deed) -> Entry {
        Entry::new("Action", icon, title, deed)
    }
    let mut all = Vec::new();
    match standing.map(|standing| standing.summary.state) {
        Some(Overall::Stopped) => {
            all.push(action(icons::PLAY, "Start collecting", Deed::StartCollector));
        }
        Some(Overall::Paused) => {
            all.push(action(icons::PLAY, "Resume collecting", Deed::Resume));
        }
        Some(Overall::NoAccount) | None => {}
        Some(Overall::Attention | Overall::Collecting | Overall::Current) => {
            let now = "Collect now";
            all.push(action(icons::ARROWS_CLOCKWISE, now, Deed::CollectNow));
            let for_an_hour = "Pause collecting for an hour";
            all.push(action(icons::PAUSE, for_an_hour, Deed::PauseForAnHour));
            all.push(action(icons::PAUSE, "Pause collecting until resumed", Deed::Pause));
        }
    }
    all.push(action(icons::PLUS, "Add account\u{2026}", Deed::Go(Go::AddAccount)));
    if let Some(Ok(settings)) = standing.map(|standing| &standing.settings) {
        for account in &settings.accounts {
            let title = format!("Edit account {}\u{2026}", account.name);
            let deed = Deed::Go(Go::EditAccount(account.name.clone()));
            all.push(action(icons::PENCIL, &title, deed));
        }
    }
    for (icon, title, mode) in [
        (icons::SUN, "Always light", Mode::Light),
        (icons::MOON, "Always dark", Mode::Dark),
        (icons::PALETTE, "Light or dark as the system has it", Mode::System),
    ] {
        all.push(action(icon, title, Deed::Look(mode)));
    }
    all.push(action(icons::KEYBOARD, "Show the keys", Deed::Keys));
    all.push(action(icons::BOOK, "Show the first steps", Deed::FirstSteps));
    all
}

/// What fits, the best first. `recent`: ids of what was chosen, the last one first.
pub(super) fn found(all: &[Entry], recent: &[String], typed: &str) -> Vec<Entry> {
    let typed = typed.trim();
    let place = |entry: &Entry| recent.iter().position(|id| *id == entry.id);
    if typed.is_empty() {
        let mut last: Vec<_> =
            all.iter().filter_map(|entry| Some((place(entry)?, entry))).collect();
        last.sort_by_key(|(place, _)| *place);
        last.truncate(RECENT);
        let rest = all.iter().filter(|entry| !last.iter().any(|(_, last)| last.id == entry.id));
        return last.iter().map(|(_, entry)| *entry).chain(rest).take(MOST).cloned().collect();
    }
    let words = Words::of(typed);
    let mut fitting: Vec<_> = all
        .iter()
        .filter_map(|entry| Some((entry.fits(&words)?, place(entry).unwrap_or(usize::MAX), entry)))
        .collect();
    fitting.sort_by_key(|(rank, place, _)| (*rank, *place));
    let mut found: Vec<Entry> =
        fitting.into_iter().take(MOST).map(|(.., entry)| entry.clone()).collect();
    found.push(search_for(typed));
    found
}

/// Whatever was typed may stand in a record.
fn search_for(typed: &str) -> Entry {
    let filter = Filter { text: typed.to_owned(), ..Filter::default() };
    let title = format!("Search the records for \u{201c}{typed}\u{201d}");
    let deed = Deed::Go(Go::Events(Box::new(filter)));
    // Not remembered by what was searched for.
    let id = String::new();
    Entry { id, ..Entry::new("Events", icons::MAGNIFIER, &title, deed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(all: &[Entry], recent: &[&str], typed: &str) -> Vec<String> {
        let recent: Vec<String> = recent.iter().map(|id| (*id).to_owned()).collect();
        found(all, &recent, typed).into_iter().map(|entry| entry.title).collect()
    }

    fn everything() -> Vec<Entry> {
        let names = ["Contoso".to_owned(), "Fabrikam".to_owned()];
        entries(None, &names, Some(&Knowledge::embedded().unwrap()))
    }

    #[test]
    fn what_was_chosen_last_comes_first() {
        let all = everything();
        assert_eq!(titles(&all, &[], "")[0], "Overview");
        let recent = ["Account: Fabrikam", "Page: Reports", "Rule: gone"];
        assert_eq!(titles(&all, &recent, "")[..3], ["Fabrikam", "Reports", "Overview"]);
        assert_eq!(titles(&all, &[], "last")[0], "Last hour");
        assert_eq!(titles(&all, &["Time range: Last 30 days"], "last")[0], "Last 30 days");
        // But a worse fit stays behind.
        assert_eq!(titles(&all, &["Time range: Last 30 days"], "last h")[0], "Last hour");
    }

    #[test]
    fn pages_accounts_and_kinds_are_found() {
        let all = everything();
        assert_eq!(titles(&all, &[], "eve")[0], "Events");
        assert_eq!(titles(&all, &[], "fab")[0], "Fabrikam");
        assert_eq!(titles(&all, &[], "7 d")[0], "Last 7 days");
        let rules = found(&all, &[], "rule push");
        assert!(rules.len() > 2 && rules[0].kind == "Rule", "{rules:?}");
        assert_eq!(
            titles(&all, &[], "no such thing"),
            ["Search the records for \u{201c}no such thing\u{201d}"]
        );
    }

    #[test]
    fn no_two_entries_are_the_same() {
        let all = everything();
        let mut ids: Vec<&str> = all.iter().map(|entry| entry.id.as_str()).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn thousands_of_entries_are_looked_through_between_two_keys() {
        let names: Vec<String> = (0..5_000).map(|i| format!("Customer number {i}")).collect();
        let all = entries(None, &names, None);
        // The quickest of some: tests run side by side, and without optimization.
        let attempts = (0..5).map(|_| {
            let started = std::time::Instant::now();
            assert_eq!(titles(&all, &[], "customer 4999")[0], "Customer number 4999");
            started.elapsed()
        });
        let taken = attempts.min().unwrap();
        assert!(taken.as_millis() < 2_000, "{taken:?}");
    }
}
