//! Several of many, from a list that opens: accounts, logs, categories.

use eframe::egui;

use super::super::rows::FIELD;
use crate::window::look::theme;
use crate::window::look::widgets;

/// How high the list may be before it scrolls, in points.
const HEIGHT: f32 = 280.0;

/// Draws the list; nothing chosen means all, which `all` says.
pub(super) fn several<T: PartialEq + Clone>(
    ui: &mut egui::Ui,
    label: &str,
    all: &str,
    options: &[(T, String)],
    chosen: &mut Vec<T>,
) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = theme::tokens().space.tight;
        let above = ui.label(label);
        let width = FIELD.min(ui.available_width());
        egui::ComboBox::from_id_salt(label)
            .selected_text(words(all, options, chosen))
            .width(width)
            .height(HEIGHT)
            .truncate()
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show_ui(ui, |ui| {
                let mut is_all = chosen.is_empty();
                if widgets::check_row(ui, &mut is_all, all, "").clicked() {
                    chosen.clear();
                }
                for (value, title) in options {
                    let mut is_chosen = chosen.contains(value);
                    if widgets::check_row(ui, &mut is_chosen, title, "").changed() {
                        toggle(options, chosen, value);
                    }
                }
            })
            .response
            .labelled_by(above.id);
        ui.add_space(theme::tokens().space.tight);
    });
}

/// What is chosen, in words.
fn words<T: PartialEq>(all: &str, options: &[(T, String)], chosen: &[T]) -> String {
    if chosen.is_empty() {
        return all.to_owned();
    }
    let titles = options.iter().filter(|(value, _)| chosen.contains(value));
    let titles: Vec<&str> = titles.map(|(_, title)| title.as_str()).collect();
    titles.join(", ")
}

/// Adds or takes away one; what is chosen keeps the order of the list.
fn toggle<T: PartialEq + Clone>(options: &[(T, String)], chosen: &mut Vec<T>, value: &T) {
    if chosen.contains(value) {
        chosen.retain(|one| one != value);
        return;
    }
    // What is in no list, such as the category of a pack that is gone, stays.
    let unknown = chosen.iter().filter(|one| options.iter().all(|(known, _)| known != *one));
    let unknown: Vec<T> = unknown.cloned().collect();
    let known = options.iter().map(|(known, _)| known);
    let now: Vec<T> =
        known.filter(|known| *known == value || chosen.contains(known)).cloned().collect();
    *chosen = now.into_iter().chain(unknown).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_keeps_the_lists_order_and_what_no_list_has() {
        let options: Vec<(u8, String)> = (1..4).map(|n| (n, format!("No. {n}"))).collect();
        let mut chosen = vec![3, 9];
        toggle(&options, &mut chosen, &1);
        assert_eq!(chosen, [1, 3, 9]);
        assert_eq!(words("All", &options, &chosen), "No. 1, No. 3");
        toggle(&options, &mut chosen, &3);
        assert_eq!(chosen, [1, 9]);
        assert_eq!(words("All", &options, &[]), "All");
    }
}
