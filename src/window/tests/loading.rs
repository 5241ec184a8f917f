//! Pages whose questions are not answered yet.

use std::time::{Duration, Instant};

use super::stored::{Stored, said};
use super::*;

/// What pages say when there is nothing; an answer that is on its way is not nothing.
const NOTHING: [&str; 9] = [
    "Nothing in this range",
    "No records",
    "0 records",
    "None. What rules find",
    "There are no",
    "No alerts",
    "appear here",
    "appears here",
    "not checked",
];

#[test]
fn what_is_not_answered_yet_is_not_told_as_empty_and_holds_up_no_frame() {
    let stored = Stored::new();
    for page in
        ["Overview", "Dashboards", "Events", "Categories", "Alerts", "Reports", "Completeness"]
    {
        let stage = Stage {
            console: Console::new(stored.home.clone(), Desk::that_never_answers()),
            ..stored.console(standing(&["Contoso"]))
        };
        let mut harness = screen(stage, egui::Theme::Light, [1100.0, 720.0], 1.0);
        harness.get_all_by_label(page).next().unwrap().click();
        harness.step();
        // Longer than the time after which a wait is shown.
        std::thread::sleep(Duration::from_millis(350));
        let began = Instant::now();
        harness.step();
        assert!(began.elapsed() < Duration::from_secs(1), "{page}: {:?}", began.elapsed());
        harness.step();
        let told = said(&harness);
        assert!(told.iter().any(|text| text == page), "{page}: {told:?}");
        for nothing in NOTHING {
            assert!(!told.iter().any(|text| text.contains(nothing)), "{page}: {told:?}");
        }
    }
}
