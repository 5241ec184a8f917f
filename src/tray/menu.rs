//! The menu as a pure function of how collection stands.

use crate::base::UnixMillis;
use crate::base::words::local_time;
use crate::status::{Overall, Summary};

/// Letters of a line in the menu; the window has room for the rest.
const LONGEST: usize = 80;

/// What a person can wish for in the tray.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    /// Open the window.
    Open,
    /// Try every log at once.
    CollectNow,
    /// Ask nothing of Duo for an hour.
    PauseForAnHour,
    /// Ask nothing of Duo until told to go on.
    PauseUntilResumed,
    /// Go on.
    Resume,
    /// End the collector.
    Quit,
}

impl Wish {
    const ALL: [Self; 6] = [
        Self::Open,
        Self::CollectNow,
        Self::PauseForAnHour,
        Self::PauseUntilResumed,
        Self::Resume,
        Self::Quit,
    ];

    /// The fixed name: `collect_now`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::CollectNow => "collect_now",
            Self::PauseForAnHour => "pause_for_an_hour",
            Self::PauseUntilResumed => "pause_until_resumed",
            Self::Resume => "resume",
            Self::Quit => "quit",
        }
    }

    /// The wish of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wish| wish.name() == name)
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::CollectNow => "Collect now",
            Self::PauseForAnHour => "Pause for an hour",
            Self::PauseUntilResumed => "Pause until resumed",
            Self::Resume => "Resume",
            Self::Quit => "Quit (collecting stops)",
        }
    }
}

/// The last thing that needed a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAlert {
    /// What it was.
    pub words: String,
    /// When it was told.
    pub at: UnixMillis,
}

/// A line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Something to read.
    Words(String),
    /// Something to press.
    Button(String, Wish),
    /// A line between others.
    Separator,
}

/// The menu, from top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Menu(pub Vec<Item>);

/// What the menu shows while collection stands like this.
pub fn menu(summary: &Summary, last_alert: Option<&LastAlert>, now: UnixMillis) -> Menu {
    let mut items = vec![Item::Words(shortened(&summary.words)), Item::Separator];
    let mut buttons = |wishes: &[Wish]| {
        items.extend(wishes.iter().map(|wish| Item::Button(wish.label().to_owned(), *wish)));
    };
    if cfg!(feature = "window") {
        buttons(&[Wish::Open]);
    }
    match summary.state {
        Overall::NoAccount | Overall::Stopped => {}
        Overall::Paused => buttons(&[Wish::Resume]),
        Overall::Attention | Overall::Collecting | Overall::Current => {
            buttons(&[Wish::CollectNow, Wish::PauseForAnHour, Wish::PauseUntilResumed]);
        }
    }
    items.push(Item::Separator);
    if let Some(alert) = last_alert {
        let words = format!("Last alert, {}: {}", local_time(alert.at, now), alert.words);
        items.extend([Item::Words(shortened(&words)), Item::Separator]);
    }
    items.push(Item::Button(Wish::Quit.label().to_owned(), Wish::Quit));
    Menu(items)
}

/// One line of a menu's width.
fn shortened(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let start: String = line.chars().take(LONGEST - 1).collect();
    format!("{}\u{2026}", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::status::Summary;
    use crate::tray::{Face, View};

    const NOW: UnixMillis = UnixMillis(1_780_000_000_000);

    fn summary(state: Overall, words: &str) -> Summary {
        let empty = Summary::of(&Settings::default(), &[], None, true, NOW);
        Summary { state, words: words.to_owned(), ..empty }
    }

    fn wishes(summary: &Summary) -> Vec<Wish> {
        let items = menu(summary, None, NOW).0.into_iter();
        items
            .filter_map(|item| match item {
                Item::Button(_, wish) if wish != Wish::Open => Some(wish),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn the_menu_offers_what_makes_sense_now() {
        use Wish::{CollectNow, PauseForAnHour, PauseUntilResumed, Quit, Resume};
        let running = [CollectNow, PauseForAnHour, PauseUntilResumed, Quit];
        for (state, offered) in [
            (Overall::Current, &running[..]),
            (Overall::Collecting, &running),
            (Overall::Attention, &running),
            (Overall::Paused, &[Resume, Quit]),
            (Overall::NoAccount, &[Quit]),
        ] {
            assert_eq!(wishes(&summary(state, "words")), offered, "{state:?}");
        }
    }

    #[test]
    fn the_state_stands_first_and_fits() {
        let first = |words: &str| menu(&summary(Overall::Current, words), None, NOW).0.remove(0);
        assert_eq!(
            first("All 6 logs are current"),
            Item::Words("All 6 logs are current".to_owned())
        );
        let Item::Words(long) = first(&"\u{e4} word ".repeat(40)) else { panic!("no words") };
        assert!(long.chars().count() <= LONGEST && long.ends_with('\u{2026}'), "{long}");
    }

    #[test]
    fn the_last_alert_is_told_with_its_time() {
        let alert = LastAlert { words: "Contoso: no way to Duo".to_owned(), at: NOW };
        let items = menu(&summary(Overall::Current, "x"), Some(&alert), NOW).0;
        let expected = format!("Last alert, {}: Contoso: no way to Duo", local_time(NOW, NOW));
        assert!(items.contains(&Item::Words(expected)), "{items:?}");
    }

    #[test]
    fn quitting_says_what_it_means() {
        let last = menu(&summary(Overall::Current, "x"), None, NOW).0.pop();
        assert_eq!(last, Some(Item::Button("Quit (collecting stops)".to_owned(), Wish::Quit)));
    }

    #[test]
    fn names_lead_back_to_their_wishes() {
        for wish in Wish::ALL {
            assert_eq!(Wish::named(wish.name()), Some(wish));
        }
        assert_eq!(Wish::named("dance"), None);
    }

    #[test]
    fn each_state_has_its_face() {
        for (state, face) in [
            (Overall::Collecting, Face::Collecting),
            (Overall::Current, Face::Current),
            (Overall::Attention, Face::Attention),
            (Overall::Paused, Face::Paused),
            (Overall::NoAccount, Face::Paused),
        ] {
            assert_eq!(View::of(&summary(state, "x"), None, NOW).face, face);
        }
    }
}
