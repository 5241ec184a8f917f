//! Charts in a window of their own: what they cost, what they say, what a click means.

use eframe::egui::{self, Key, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use jiff::tz::TimeZone;

use super::*;
use crate::base::UnixMillis;
use crate::dashboards::Step;
use crate::window::look;

const SIZE: Vec2 = vec2(600.0, 240.0);

fn times(count: i64) -> Times {
    let starts: Vec<UnixMillis> = (0..count).map(|hour| UnixMillis(hour * 3_600_000)).collect();
    let until = UnixMillis(count * 3_600_000 - 1);
    let since = starts[0];
    Times { starts, until, since, step: Step::Hour, zone: TimeZone::UTC, is_open: false }
}

fn series(index: usize, values: impl IntoIterator<Item = i64>) -> Series {
    let values = values.into_iter().map(Some).collect();
    Series { index, name: format!("Line {index}"), tone: Tone::Nth(index), values }
}

fn harness(mut draw: impl FnMut(&mut egui::Ui) + 'static) -> Harness<'static> {
    let mut harness = Harness::builder()
        .with_size([640.0, 320.0])
        .with_theme(egui::Theme::Light)
        .allow_missing_glyphs()
        .with_context_setup(|ctx| look::install(ctx, true))
        .build_ui(move |ui| draw(ui));
    harness.run();
    harness
}

/// How many corners of triangles a frame consists of.
fn corners(harness: &Harness<'_>) -> usize {
    let shapes = harness.output().shapes.clone();
    let drawn = harness.ctx.tessellate(shapes, 1.0);
    drawn
        .iter()
        .map(|one| match &one.primitive {
            egui::epaint::Primitive::Mesh(mesh) => mesh.indices.len(),
            egui::epaint::Primitive::Callback(_) => 0,
        })
        .sum()
}

#[test]
fn ten_thousand_points_cost_what_can_be_seen_of_them() {
    let draw = |count: i64| {
        let (times, lines) = (times(count), [series(0, (0..count).map(|i| i * 7 % 1_000))]);
        harness(move |ui| {
            let lines = Lines { times: &times, series: &lines, before: &[], summary: "" };
            lines_ui(ui, SIZE, &lines);
        })
    };
    let (few, many) = (corners(&draw(500)), corners(&draw(10_000)));
    assert!(many < few * 6, "{few} for 500, {many} for 10,000");
}

#[test]
fn ten_thousand_applications_cost_what_can_be_seen_of_them() {
    let names: Vec<String> = (0..10_000).map(|nth| format!("Application {nth}")).collect();
    let numbers = [series(0, (0..10_000).rev())];
    let (theirs, values) = (names.clone(), numbers.clone());
    let ranking = harness(move |ui| _ = ranking_ui(ui, SIZE, &theirs, &values, "records"));
    assert!(corners(&ranking) < 20_000, "{}", corners(&ranking));
    ranking.get_by_label("Application 0: 9,999 records");
    ranking.get_by_label_contains("and 9,991 more with");
    let table =
        harness(move |ui| _ = table_ui(ui, SIZE, "Application", &names, &numbers, "records"));
    assert!(corners(&table) < 20_000, "{}", corners(&table));
}

#[test]
fn a_map_is_light_enough_to_be_drawn_each_frame() {
    let names: Vec<String> = ["France", "Japan"].map(str::to_owned).to_vec();
    let numbers = [series(0, [5, 9])];
    let draw = move |ui: &mut egui::Ui| {
        let places =
            Places { names: &names, series: &numbers, unit: "records", summary: "Two countries." };
        _ = map_ui(ui, SIZE, &places);
    };
    let mut harness = harness(draw);
    harness.get_by_label("Two countries.");
    let begin = std::time::Instant::now();
    for _ in 0..10 {
        harness.step();
    }
    // Unoptimized, and besides seven other builds.
    assert!(begin.elapsed().as_millis() / 10 < 250, "{:?}", begin.elapsed() / 10);
}

#[test]
fn a_hole_is_not_drawn_as_zero() {
    let draw = |values: Vec<Option<i64>>| {
        let (times, mut line) = (times(6), series(0, []));
        line.values = values;
        harness(move |ui| {
            let lines = [line.clone()];
            lines_ui(ui, SIZE, &Lines { times: &times, series: &lines, before: &[], summary: "" });
        })
    };
    let known = corners(&draw(vec![Some(4); 6]));
    let hole = corners(&draw(vec![Some(4), Some(4), None, None, Some(4), Some(4)]));
    let none = corners(&draw(vec![None; 6]));
    assert!(none < hole && none < known);
    let zero = corners(&draw(vec![Some(4), Some(4), Some(0), Some(0), Some(4), Some(4)]));
    assert_ne!(hole, zero);
}

#[test]
fn the_arrow_keys_move_over_a_line_and_say_what_is_there() {
    let picked = std::rc::Rc::new(std::cell::Cell::new(None));
    let told = picked.clone();
    let (times, lines) = (times(6), [series(0, [1, 2, 3, 4, 5, 60])]);
    let mut harness = harness(move |ui| {
        let lines = Lines { times: &times, series: &lines, before: &[], summary: "A line." };
        if let Some(pick) = lines_ui(ui, SIZE, &lines) {
            told.set(Some(pick));
        }
    });
    harness.get_by_label("A line.").focus();
    harness.run();
    let value = |harness: &Harness<'_>| {
        harness.get_by_label("A line.").accesskit_node().value().unwrap_or_default()
    };
    assert_eq!(value(&harness), "Thu, Jan 1, 05:00 to 06:00: Line 0: 60");
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert_eq!(value(&harness), "Thu, Jan 1, 04:00 to 05:00: Line 0: 5");
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(picked.get(), Some(Pick { at: Some(4), series: None }));
}

#[test]
fn a_number_of_a_table_and_a_part_of_a_bar_lead_to_themselves() {
    let picked = std::rc::Rc::new(std::cell::Cell::new(None));
    let told = picked.clone();
    let names = ["ada", "grace"].map(str::to_owned);
    let numbers = [series(0, [10, 4]), series(1, [10, 0])];
    let mut table = harness(move |ui| {
        if let Some(pick) = table_ui(ui, SIZE, "User", &names, &numbers, "records") {
            told.set(Some(pick));
        }
    });
    let row = table.get_by_label("ada: Line 0 10, Line 1 10, All 20").rect();
    let click = |harness: &mut Harness<'_>, at: egui::Pos2| {
        harness.hover_at(at);
        harness.run();
        harness.drag_at(at);
        harness.drop_at(at);
        harness.run();
    };
    click(&mut table, row.right_center() - vec2(10.0, 0.0));
    assert_eq!(picked.get(), Some(Pick { at: Some(0), series: None }));
    click(&mut table, row.right_center() - vec2(170.0, 0.0));
    assert_eq!(picked.get(), Some(Pick { at: Some(0), series: Some(1) }));
    click(&mut table, row.left_center() + vec2(10.0, 0.0));
    assert_eq!(picked.get(), Some(Pick { at: Some(0), series: None }));
}

#[test]
fn nothing_and_very_long_names_do_no_harm() {
    let long = "W\u{202e}\u{0645}\n".repeat(30_000);
    for (names, values) in [(vec![], vec![]), (vec![long.clone(), String::new()], vec![1, 0])] {
        let numbers = [series(0, values.clone()), series(1, values)];
        harness(move |ui| {
            let half = vec2(120.0, 60.0);
            ranking_ui(ui, half, &names, &numbers, "records");
            columns_ui(ui, half, &names, &numbers, "records");
            table_ui(ui, half, "Name", &names, &numbers, "records");
            let places =
                Places { names: &names, series: &numbers, unit: "records", summary: "Places" };
            map_ui(ui, half, &places);
            figure_ui(ui, half, i64::MIN, "records");
        });
    }
}
