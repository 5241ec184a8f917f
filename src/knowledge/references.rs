//! Names by which items of a pack mean each other: the categories of reports and dashboards, and
//! the words for the codes in a report's columns.

use toml::Value;

use super::item::Body;
use super::mistake::{Mistakes, Told};
use super::{Dashboard, Files, Knowledge, Report};
use crate::base::words::nearest;

/// Tells of names in these files that the knowledge does not have.
pub(super) fn check(files: &Files, knowledge: &Knowledge, mistakes: &mut Mistakes) {
    let categories: Vec<&str> = knowledge.categories.iter().map(|item| item.id.as_str()).collect();
    for folder in [Report::FOLDER, Dashboard::FOLDER] {
        for (file, text) in files.within(folder, ".toml") {
            // What cannot be read was told already.
            let Ok(root) = text.parse::<toml::Table>() else { continue };
            let told = &mut mistakes.of(file, text);
            walk(&Value::Table(root), &mut |key, value| match key {
                "categories" => known(value, &categories, "category", told),
                "values" => tables(value, knowledge, told),
                _ => {}
            });
        }
    }
}

/// Tables of words, with commas between.
fn tables(names: &str, knowledge: &Knowledge, told: &mut Told<'_>) {
    for name in names.split(',').map(str::trim) {
        if !knowledge.labels.has_table(name) {
            told.at_value(name, "there is no such table of words in values/");
        }
    }
}

fn known(value: &str, categories: &[&str], noun: &str, told: &mut Told<'_>) {
    if categories.contains(&value) {
        return;
    }
    match nearest(value, categories.iter().copied()) {
        Some(near) => {
            told.at_value(value, format!("there is no such {noun} (did you mean {near}?)"));
        }
        None => told.at_value(value, format!("there is no such {noun}")),
    }
}

/// Shows every text with the key it stands at.
fn walk(value: &Value, show: &mut impl FnMut(&str, &str)) {
    let Some(table) = value.as_table() else { return };
    for (key, value) in table {
        match value {
            Value::String(text) => show(key, text),
            Value::Array(list) => {
                for item in list {
                    match item {
                        Value::String(text) => show(key, text),
                        item => walk(item, show),
                    }
                }
            }
            value => walk(value, show),
        }
    }
}
