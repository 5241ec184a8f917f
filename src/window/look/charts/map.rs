//! A map of the world whose countries are darker the more there is of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{
    self, Color32, Mesh, Pos2, Rect, RichText, Role, Sense, Shape, Stroke, TextStyle, Ui, Vec2,
    epaint::Vertex, pos2, vec2,
};

use super::ranking::share;
use super::scale::short;
use super::series::{Pick, Series, Tone};
use super::tip;
use super::world::{World, country, country_of};
use crate::window::look::theme;
use crate::window::say;

/// What a map shows.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// Countries as they are written.
    pub names: &'a [String],
    /// Numbers for each of them.
    pub series: &'a [Series],
    /// What is counted: “records”.
    pub unit: &'a str,
    /// The map in one sentence, for screen readers.
    pub summary: &'a str,
}

/// Which names are which country; those that are none.
#[derive(Debug, Default, PartialEq)]
struct Placed {
    countries: BTreeMap<[u8; 2], Vec<usize>>,
    elsewhere: Vec<usize>,
}

impl Placed {
    fn of(names: &[String], world: &World) -> Self {
        let mut placed = Self::default();
        let is_drawn = |code: [u8; 2]| {
            world.shapes.iter().any(|land| land.code == code)
                || world.dots.iter().any(|(dot, _)| *dot == code)
        };
        for (index, name) in names.iter().enumerate() {
            match country(name).filter(|country| is_drawn(country.code)) {
                Some(country) => placed.countries.entry(country.code).or_default().push(index),
                None => placed.elsewhere.push(index),
            }
        }
        placed
    }
}

/// Draws the map, what its colors mean, and in a line what is not on it; what was clicked.
pub fn map_ui(ui: &mut Ui, size: Vec2, places: &Places<'_>) -> Option<Pick> {
    let theme::Theme { chart, .. } = theme::tokens();
    let world = World::get();
    let placed = Placed::of(places.names, world);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::Image);
        node.set_label(format!("{} {}", places.summary, elsewhere(places, &placed)).trim());
    });
    if !ui.is_rect_visible(rect) || world.size.x < 1.0 {
        return None;
    }
    let value = |at: usize| places.series.iter().map(|one| one.at(at)).sum::<i64>();
    let of = |code: &[u8; 2]| -> i64 {
        placed.countries.get(code).into_iter().flatten().map(|at| value(*at)).sum()
    };
    let largest = placed.countries.keys().map(of).max().unwrap_or(0);
    let classes = classes(largest, ramp(ui).len());
    let words = elsewhere(places, &placed);
    let keys = keys(ui, &classes);
    let beside = keys.iter().map(|(_, words)| words.size().x + key_width()).sum::<f32>();
    let is_beside = words.is_empty() || rect.width() - beside >= chart.map_width / 2.0;
    let lines = if is_beside { 1.0 } else { 2.0 };
    let below = rect.with_min_y(rect.bottom() - chart.row * lines);
    let view = fit(rect.with_max_y(below.top()), world.size);
    lands_ui(ui, world, &view, |code| color(ui, &classes, of(code)));
    let left = legend_ui(ui, below, keys);
    if !words.is_empty() {
        let line = below.with_min_y(below.bottom() - chart.row);
        elsewhere_ui(ui, if is_beside { line.with_min_x(left) } else { line }, &words, is_beside);
    }

    let pointer = response.hover_pos()?;
    let code = world.at(view.back(pointer), chart.dot * 2.0 / view.scale)?;
    outline_ui(ui, world, &view, code);
    let all = placed.countries.get(&code);
    let told_by = |one: &Series| all.into_iter().flatten().map(|at| one.at(*at)).sum::<i64>();
    let mut told: Vec<(Option<Tone>, &str, i64)> = places
        .series
        .iter()
        .filter(|_| places.series.len() > 1)
        .map(|one| (Some(one.tone), one.name.as_str(), told_by(one)))
        .filter(|(.., value)| *value != 0)
        .collect();
    let sum = of(&code);
    if told.is_empty() && sum != 0 {
        told.push((None, places.unit, sum));
    }
    let total: i64 = places.series.iter().map(Series::sum).sum();
    let note = if sum == 0 { format!("No {}", places.unit) } else { share(sum, total) };
    let name = country_of(code).map_or("", |country| country.name);
    tip::tip_ui(ui, &response, pointer, name, &told, &note);
    let largest = all.and_then(|all| all.iter().copied().max_by_key(|at| value(*at)));
    (response.clicked() && sum != 0).then_some(Pick { at: largest, series: None })
}

/// From the map's units to the screen.
struct View {
    origin: Pos2,
    scale: f32,
}

impl View {
    fn to(&self, place: Pos2) -> Pos2 {
        self.origin + place.to_vec2() * self.scale
    }

    fn back(&self, at: Pos2) -> Pos2 {
        ((at - self.origin) / self.scale).to_pos2()
    }
}

fn fit(rect: Rect, world: Vec2) -> View {
    let scale = (rect.width() / world.x).min(rect.height() / world.y).max(f32::MIN_POSITIVE);
    let origin = rect.center() - world * scale / 2.0;
    View { origin, scale }
}

fn lands_ui(ui: &Ui, world: &World, view: &View, color: impl Fn(&[u8; 2]) -> Color32) {
    let theme::Theme { chart, size, .. } = theme::tokens();
    let card = theme::of(ui).card;
    let mut mesh = Mesh::default();
    let mut borders = Vec::with_capacity(world.shapes.len());
    for land in &world.shapes {
        let fill = color(&land.code);
        let first = mesh.vertices.len() as u32;
        let border: Vec<Pos2> = land.border.iter().map(|place| view.to(*place)).collect();
        mesh.vertices.extend(border.iter().map(|at| Vertex::untextured(*at, fill)));
        mesh.indices.extend(land.corners.iter().map(|corner| first + corner));
        borders.push(Shape::closed_line(border, Stroke::new(size.hairline / 2.0, card)));
    }
    ui.painter().add(Shape::mesh(mesh));
    ui.painter().extend(borders);
    let land = theme::of(ui).border;
    for (code, dot) in &world.dots {
        let fill = color(code);
        // Where there is nothing, hundreds of dots would only be dirt.
        if fill != land {
            let stroke = Stroke::new(size.hairline, card);
            ui.painter().circle(view.to(*dot), chart.dot, fill, stroke);
        }
    }
}

fn outline_ui(ui: &Ui, world: &World, view: &View, code: [u8; 2]) {
    let theme::Theme { chart, .. } = theme::tokens();
    let stroke = Stroke::new(chart.line * 0.75, theme::of(ui).text);
    for land in world.shapes.iter().filter(|land| land.code == code) {
        let border = land.border.iter().map(|place| view.to(*place)).collect();
        ui.painter().add(Shape::closed_line(border, stroke));
    }
    for (_, dot) in world.dots.iter().filter(|(dot, _)| *dot == code) {
        ui.painter().circle_stroke(view.to(*dot), chart.dot, stroke);
    }
}

/// What a color means, ready to be drawn.
type Key = (Color32, Arc<egui::Galley>);

fn keys(ui: &Ui, classes: &[i64]) -> Vec<Key> {
    let font = TextStyle::Small.resolve(ui.style());
    let key = |(index, from): (usize, &i64)| {
        let text = match classes.get(index + 1) {
            Some(next) if next - from == 1 => short(*from),
            Some(next) => format!("{}\u{2013}{}", short(*from), short(next - 1)),
            None => format!("{}+", short(*from)),
        };
        let words = ui.painter().layout_no_wrap(text, font.clone(), theme::of(ui).secondary);
        (color(ui, classes, *from), words)
    };
    classes.iter().enumerate().map(key).collect()
}

/// What a key takes besides its words.
fn key_width() -> f32 {
    let theme::Theme { chart, space, .. } = theme::tokens();
    chart.swatch + space.tight + space.medium
}

/// Draws what the colors mean; where there is room again.
fn legend_ui(ui: &Ui, rect: Rect, keys: Vec<Key>) -> f32 {
    let theme::Theme { chart, space, .. } = theme::tokens();
    let middle = rect.top() + chart.row / 2.0;
    let mut x = rect.left();
    for (fill, words) in keys {
        let side = vec2(chart.swatch, chart.swatch);
        let swatch = Rect::from_center_size(pos2(x + side.x / 2.0, middle), side);
        ui.painter().rect_filled(swatch, f32::from(chart.bar_radius), fill);
        let at = pos2(swatch.right() + space.tight, middle - words.size().y / 2.0);
        x += words.size().x + key_width();
        ui.painter().galley(at, words, theme::of(ui).secondary);
    }
    x
}

fn elsewhere_ui(ui: &mut Ui, line: Rect, words: &str, is_beside: bool) {
    let layout = if is_beside {
        egui::Layout::right_to_left(egui::Align::Center)
    } else {
        egui::Layout::left_to_right(egui::Align::Center)
    };
    let mut place = ui.new_child(egui::UiBuilder::new().max_rect(line).layout(layout));
    let text = RichText::new(words).small().color(theme::of(ui).secondary);
    place.add(egui::Label::new(text).truncate()).on_hover_text(words);
}

/// What is not on the map, in words, the largest first.
fn elsewhere(places: &Places<'_>, placed: &Placed) -> String {
    let mut list: Vec<(i64, &str)> = placed
        .elsewhere
        .iter()
        .filter_map(|at| {
            let value = places.series.iter().map(|one| one.at(*at)).sum();
            Some((value, places.names.get(*at)?.as_str()))
        })
        .filter(|(value, _)| *value != 0)
        .collect();
    list.sort_by_key(|(value, _)| -value);
    if list.is_empty() {
        return String::new();
    }
    let told: Vec<String> = list
        .iter()
        .take(8)
        .map(|(value, name)| {
            // What Duo could not place is no name.
            let name = if matches!(*name, "(none)" | "-") { "without a country" } else { name };
            format!("{name} {}", say::number(*value))
        })
        .collect();
    let more = list.len().saturating_sub(told.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("Not on the map: {}{more}", told.join(", "))
}

fn ramp(ui: &Ui) -> &'static [Color32] {
    let chart = &theme::tokens().chart;
    if ui.visuals().dark_mode { &chart.ramp_dark } else { &chart.ramp }
}

/// Where each class begins, for numbers up to `largest`: round, each a multiple of the one before.
fn classes(largest: i64, count: usize) -> Vec<i64> {
    if largest < 1 {
        return Vec::new();
    }
    let mut classes = vec![1];
    for class in 1..count {
        let exact = (largest as f64).powf(class as f64 / count as f64);
        let power = 10_f64.powf(exact.log10().floor());
        let round = match exact / power {
            part if part < 1.5 => 1.0,
            part if part < 3.5 => 2.0,
            part if part < 7.5 => 5.0,
            _ => 10.0,
        };
        let from = (round * power).round() as i64;
        if classes.last().is_some_and(|last| from > *last) && from <= largest {
            classes.push(from);
        }
    }
    classes
}

fn color(ui: &Ui, classes: &[i64], value: i64) -> Color32 {
    let ramp = ramp(ui);
    let Some(class) = classes.iter().rposition(|from| value >= *from) else {
        return theme::of(ui).border;
    };
    // Few classes are told apart better with steps between them left out.
    let step = if classes.len() > 1 {
        class * (ramp.len() - 1) / (classes.len() - 1)
    } else {
        ramp.len().saturating_sub(2)
    };
    ramp.get(step).copied().unwrap_or_else(|| theme::of(ui).accent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_round_and_grow() {
        assert!(classes(0, 5).is_empty());
        assert_eq!(classes(1, 5), [1]);
        assert_eq!(classes(3, 5), [1, 2]);
        assert_eq!(classes(100_000, 5), [1, 10, 100, 1_000, 10_000]);
        for largest in [2, 7, 40, 999, 13_500_000, i64::MAX] {
            let classes = classes(largest, 5);
            assert!(classes.len() <= 5 && classes.is_sorted() && classes[0] == 1, "{classes:?}");
            assert!(*classes.last().unwrap() <= largest);
        }
    }

    #[test]
    fn every_place_is_on_the_map_or_beside_it() {
        let names = ["United States", "USA", "Atlantis", "(none)", "Singapore", "Antarctica"];
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let placed = Placed::of(&names, World::get());
        assert_eq!(placed.countries[b"US"], [0, 1]);
        assert_eq!(placed.countries[b"SG"], [4]);
        assert_eq!(placed.elsewhere, [2, 3, 5]);
        let values = (1..=6).map(Some).collect();
        let series = [Series { index: 0, name: "Records".to_owned(), tone: Tone::Nth(0), values }];
        let places = Places { names: &names, series: &series, unit: "records", summary: "" };
        assert_eq!(
            elsewhere(&places, &placed),
            "Not on the map: Antarctica 6, without a country 4, Atlantis 3"
        );
    }
}
