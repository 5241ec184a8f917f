//! Puts a person's lists where a rule names them (`field|expand: '%watched_addresses%'`), before
//! the rule is compiled.

use rsigma_parser::{Detection, DetectionItem, Modifier, SigmaRule, SigmaValue};

use super::lists::{List, Lists};
use crate::base::Problem;
use crate::record::canonical;

/// Replaces the names of lists by what is on them. Tells the list that is absent or empty: the
/// rule then waits for it. A value that names no list is an error.
pub fn lists(rule: &mut SigmaRule, lists: &Lists) -> Result<Option<String>, String> {
    let mut waits_for = None;
    for detection in rule.detection.named.values_mut() {
        replace(detection, lists, &mut waits_for)?;
    }
    Ok(waits_for)
}

fn replace(
    detection: &mut Detection,
    lists: &Lists,
    waits_for: &mut Option<String>,
) -> Result<(), String> {
    match detection {
        Detection::AllOf(items) => {
            if !items.iter().any(names_a_list) {
                return Ok(());
            }
            let mut parts = Vec::new();
            for item in std::mem::take(items) {
                parts.push(if names_a_list(&item) {
                    on_list(&item, lists, waits_for)?
                } else {
                    Detection::AllOf(vec![item])
                });
            }
            *detection = Detection::And(parts);
            Ok(())
        }
        Detection::AnyOf(parts) | Detection::And(parts) => {
            parts.iter_mut().try_for_each(|part| replace(part, lists, waits_for))
        }
        Detection::Conditional { named, .. } => {
            named.values_mut().try_for_each(|part| replace(part, lists, waits_for))
        }
        Detection::ArrayMatch { body, .. } => replace(body, lists, waits_for),
        Detection::Keywords(_) => Ok(()),
    }
}

fn names_a_list(item: &DetectionItem) -> bool {
    item.field.has_modifier(Modifier::Expand)
}

/// An item whose values are those of lists: equal to one, or within a range of addresses.
fn on_list(
    item: &DetectionItem,
    lists: &Lists,
    waits_for: &mut Option<String>,
) -> Result<Detection, String> {
    let mut all = List::default();
    for value in &item.values {
        let text = value.to_string();
        let name = text.strip_prefix('%').and_then(|text| text.strip_suffix('%'));
        let name = name.filter(|name| !name.is_empty()).ok_or_else(|| text.clone())?;
        match lists.get(name) {
            Some(list) => {
                all.values.extend(list.values.iter().cloned());
                all.ranges.extend(list.ranges.iter().copied());
            }
            None => *waits_for = waits_for.take().or_else(|| Some(name.to_owned())),
        }
    }
    let mut plain = item.clone();
    plain.field.modifiers.retain(|modifier| *modifier != Modifier::Expand);
    let field = plain.field.name.as_deref().unwrap_or_default().to_owned();
    plain.values = all
        .values
        .iter()
        .map(|value| SigmaValue::String(rsigma_parser::SigmaString::new(&spelled(&field, value))))
        .collect();
    let mut ways = Vec::new();
    if !all.ranges.is_empty() {
        let mut ranges = plain.clone();
        ranges.field.modifiers.push(Modifier::Cidr);
        ranges.values = all
            .ranges
            .iter()
            .map(|range| SigmaValue::from_raw_string(&range.to_string()))
            .collect();
        ways.push(Detection::AllOf(vec![ranges]));
    }
    if plain.values.is_empty() && ways.is_empty() {
        // The rule waits; it still has to compile.
        plain.values.push(SigmaValue::from_raw_string("\u{1f}"));
    }
    if !plain.values.is_empty() {
        ways.push(Detection::AllOf(vec![plain]));
    }
    Ok(Detection::AnyOf(ways))
}

/// People write "Duo Push" on a list where records are compared as `duo_push`.
fn spelled(field: &str, value: &str) -> String {
    match field {
        "duo.action" => canonical::action(value).into_owned(),
        "duo.factor" => canonical::factor(value).into_owned(),
        "duo.reason" => canonical::reason(value).into_owned(),
        _ => value.to_owned(),
    }
}

/// Hands over the fields a detection asks for.
pub fn fields(
    detection: &Detection,
    each: &mut impl FnMut(&str) -> Result<(), Problem>,
) -> Result<(), Problem> {
    match detection {
        Detection::AllOf(items) => {
            for item in items {
                if let Some(name) = &item.field.name {
                    each(name)?;
                }
                if item.field.has_modifier(Modifier::FieldRef) {
                    for value in &item.values {
                        each(&value.to_string())?;
                    }
                }
            }
            Ok(())
        }
        Detection::AnyOf(parts) | Detection::And(parts) => {
            parts.iter().try_for_each(|part| fields(part, each))
        }
        // Fields inside a list's elements are no paths of the record.
        Detection::ArrayMatch { field, .. } => each(field),
        Detection::Conditional { .. } | Detection::Keywords(_) => Ok(()),
    }
}
