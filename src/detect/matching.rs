//! Whether a record matches a detection: Sigma's conditions over the compiled matchers of
//! `rsigma-eval`.
//!
//! Promises: a record matches here when `rsigma-eval` says so (a test compares the two); what can
//! be told from the five fields that choose the candidates is told from them alone
//! ([`Condition::decide`]), and never wrongly: undecided is always an allowed answer.
//!
//! The conditions are walked here and not by `rsigma-eval`, because its walk looks detections up by
//! name, looks fields up again for each rule and cannot stop at "depends".

use std::collections::HashMap;

use rsigma_eval::compiler::eval_condition;
use rsigma_eval::{CompiledDetection, CompiledDetectionItem, CompiledMatcher, CompiledRule};
use rsigma_parser::{ConditionExpr, Quantifier};

use super::fields::{Choosing, FieldId, Fields, Looked, Origin};

/// A detection's condition with everything it names in place.
#[derive(Clone, Debug)]
pub enum Condition {
    /// All of them.
    All(Vec<Self>),
    /// Any of them.
    Any(Vec<Self>),
    /// At least so many of them.
    AtLeast(u64, Vec<Self>),
    /// Not that.
    Not(Box<Self>),
    /// What stands in a field.
    Field {
        /// Which field.
        field: FieldId,
        /// What has to stand there.
        matcher: Box<CompiledMatcher>,
        /// Only whether something stands there.
        exists: Option<bool>,
        /// Whether the matcher looks at this field alone.
        alone: bool,
    },
    /// What is left to `rsigma-eval`: keywords and conditions on the elements of lists.
    Other(Box<Other>),
}

/// A detection that is left to `rsigma-eval`.
#[derive(Clone, Debug)]
pub struct Other {
    detections: HashMap<String, CompiledDetection>,
    condition: ConditionExpr,
}

const OTHER: &str = "other";

impl Condition {
    /// Puts a compiled rule's condition together.
    pub fn of(rule: &CompiledRule, fields: &mut Fields) -> Self {
        let mut ways: Vec<Self> = rule
            .conditions
            .iter()
            .map(|condition| expression(condition, &rule.detections, fields))
            .collect();
        if ways.len() == 1 { ways.remove(0) } else { Self::Any(ways) }
    }

    /// Whether a record matches.
    pub fn matches(&self, record: &Looked<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(record)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(record)),
            Self::AtLeast(wanted, parts) => {
                let matching = parts.iter().filter(|part| part.matches(record)).count();
                matching as u64 >= *wanted
            }
            Self::Not(part) => !part.matches(record),
            Self::Field { field, matcher, exists, .. } => {
                item(record.value(*field).as_ref(), matcher, *exists, record)
            }
            Self::Other(other) => {
                eval_condition(&other.condition, &other.detections, record, &mut Vec::new())
            }
        }
    }

    /// Whether all records with these five fields match, or none; `None` when it depends.
    pub fn decide(&self, fields: &Fields, choosing: &Choosing) -> Option<bool> {
        match self {
            Self::All(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match part.decide(fields, choosing) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => all = None,
                    }
                }
                all
            }
            Self::Any(parts) => {
                let mut any = Some(false);
                for part in parts {
                    match part.decide(fields, choosing) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => any = None,
                    }
                }
                any
            }
            Self::AtLeast(wanted, parts) => {
                let decided = || parts.iter().map(|part| part.decide(fields, choosing));
                let sure = decided().filter(|part| *part == Some(true)).count() as u64;
                let possible = decided().filter(|part| *part != Some(false)).count() as u64;
                match () {
                    () if sure >= *wanted => Some(true),
                    () if possible < *wanted => Some(false),
                    () => None,
                }
            }
            Self::Not(part) => part.decide(fields, choosing).map(|matches| !matches),
            Self::Field { alone: false, .. } | Self::Other(_) => None,
            Self::Field { field, matcher, exists, alone: true } => {
                let value = choosing.value(fields.origin(*field))?;
                Some(item(value.as_ref(), matcher, *exists, &nothing()))
            }
        }
    }

    /// The fields it asks for, except those that only `rsigma-eval` knows of.
    pub fn fields(&self, each: &mut impl FnMut(FieldId)) {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::AtLeast(_, parts) => {
                parts.iter().for_each(|part| part.fields(each));
            }
            Self::Not(part) => part.fields(each),
            Self::Field { field, .. } => each(*field),
            Self::Other(_) => {}
        }
    }
}

/// An event without fields, for matchers that look at no other field.
fn nothing() -> rsigma_eval::PlainEvent {
    rsigma_eval::PlainEvent::new(String::new())
}

/// As `rsigma-eval` judges a detection's item.
fn item(
    value: Option<&rsigma_eval::EventValue<'_>>,
    matcher: &CompiledMatcher,
    exists: Option<bool>,
    event: &impl rsigma_eval::Event,
) -> bool {
    if let Some(wanted) = exists {
        return value.is_some_and(|value| !value.is_null()) == wanted;
    }
    match value {
        Some(value) => matcher.matches(value, event),
        None => matches!(matcher, CompiledMatcher::Null),
    }
}

fn expression(
    condition: &ConditionExpr,
    named: &HashMap<String, CompiledDetection>,
    fields: &mut Fields,
) -> Condition {
    let mut all_of = |parts: &[ConditionExpr]| -> Vec<Condition> {
        parts.iter().map(|part| expression(part, named, fields)).collect()
    };
    match condition {
        ConditionExpr::And(parts) => Condition::All(all_of(parts)),
        ConditionExpr::Or(parts) => Condition::Any(all_of(parts)),
        ConditionExpr::Not(part) => Condition::Not(Box::new(expression(part, named, fields))),
        ConditionExpr::Identifier(name) => match named.get(name) {
            Some(detection) => self::detection(detection, fields),
            None => Condition::Any(Vec::new()),
        },
        ConditionExpr::Selector { quantifier, pattern } => {
            let mut names: Vec<&String> =
                named.keys().filter(|name| pattern.matches_detection_name(name)).collect();
            names.sort();
            let parts = names
                .into_iter()
                .filter_map(|name| named.get(name))
                .map(|part| detection(part, fields))
                .collect();
            match quantifier {
                Quantifier::Any => Condition::Any(parts),
                Quantifier::All => Condition::All(parts),
                Quantifier::Count(wanted) => Condition::AtLeast(*wanted, parts),
            }
        }
    }
}

fn detection(detection: &CompiledDetection, fields: &mut Fields) -> Condition {
    match detection {
        CompiledDetection::AllOf(items) => {
            let mut parts: Vec<Condition> = items
                .iter()
                .map(|item| match &item.field {
                    Some(name) => field(name, item, fields),
                    None => other(&CompiledDetection::AllOf(vec![item.clone()])),
                })
                .collect();
            // What needs the record taken apart comes last.
            parts.sort_by_key(|part| match part {
                Condition::Field { field, .. } => {
                    matches!(fields.origin(*field), Origin::Tree(_) | Origin::Email)
                }
                _ => true,
            });
            Condition::All(parts)
        }
        CompiledDetection::AnyOf(parts) => {
            Condition::Any(parts.iter().map(|part| self::detection(part, fields)).collect())
        }
        CompiledDetection::And(parts) => {
            Condition::All(parts.iter().map(|part| self::detection(part, fields)).collect())
        }
        CompiledDetection::Keywords(_)
        | CompiledDetection::ArrayMatch { .. }
        | CompiledDetection::Conditional { .. } => other(detection),
    }
}

fn field(name: &str, item: &CompiledDetectionItem, fields: &mut Fields) -> Condition {
    Condition::Field {
        field: fields.number(name),
        alone: looks_alone(&item.matcher),
        matcher: Box::new(item.matcher.clone()),
        exists: item.exists,
    }
}

fn other(detection: &CompiledDetection) -> Condition {
    Condition::Other(Box::new(Other {
        detections: HashMap::from([(OTHER.to_owned(), detection.clone())]),
        condition: ConditionExpr::Identifier(OTHER.to_owned()),
    }))
}

/// Whether a matcher looks at nothing but its own field.
fn looks_alone(matcher: &CompiledMatcher) -> bool {
    match matcher {
        CompiledMatcher::FieldRef { .. } | CompiledMatcher::Expand { .. } => false,
        CompiledMatcher::Not(inner) | CompiledMatcher::TimestampPart { inner, .. } => {
            looks_alone(inner)
        }
        CompiledMatcher::AnyOf(all)
        | CompiledMatcher::AllOf(all)
        | CompiledMatcher::CaseInsensitiveGroup { children: all, .. } => {
            all.iter().all(looks_alone)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests;
