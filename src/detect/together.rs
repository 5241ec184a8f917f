//! Makes correlations of their Sigma documents.

use rsigma_parser::{
    ConditionExpr, ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType,
    WindowMode,
};

use super::compile::{Named, check_field};
use super::correlation::{Correlation, Input, Kinds, Together};
use super::fields::{FieldId, Fields};
use super::sigma::Document;
use crate::base::Problem;
use crate::base::words::nearest;

/// Makes a correlation. `names` are the documents before it.
pub fn correlation(
    document: &Document<'_>,
    rule: &CorrelationRule,
    names: &[Named],
) -> Result<Correlation, Problem> {
    let inputs = inputs(document, rule, names)?;
    if rule.window != WindowMode::Sliding {
        return Err(
            document.wrong("window", "only sliding windows can be told in any order of arrival")
        );
    }
    if rule.generate {
        return Err(document
            .wrong("generate", "the rules of a correlation do not alert themselves")
            .next("write a rule of its own for what should"));
    }
    let condition = match rule.correlation_type {
        CorrelationType::EventCount => Together::Count(at_least(document, rule)?),
        CorrelationType::ValueCount => Together::Values(at_least(document, rule)?),
        CorrelationType::Temporal => kinds(document, rule, inputs.len())?,
        CorrelationType::TemporalOrdered => match &rule.condition {
            condition if is_usual(condition) => Together::Ordered,
            _ => {
                return Err(document
                    .wrong("condition", "an ordered correlation has no condition of its own"));
            }
        },
        other => {
            return Err(document
                .wrong(
                    "type",
                    format!("correlations of type {} are not known here", other.as_str()),
                )
                .next("the types are event_count, value_count, temporal and temporal_ordered"));
        }
    };
    let span = i64::try_from(rule.timespan.seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    Ok(Correlation { condition, inputs, span })
}

fn inputs(
    document: &Document<'_>,
    rule: &CorrelationRule,
    names: &[Named],
) -> Result<Vec<Input>, Problem> {
    let all = || names.iter().flat_map(|named| named.names.iter().map(String::as_str));
    let mut inputs = Vec::new();
    for wanted in &rule.rules {
        let found = names.iter().find(|named| named.names.contains(wanted));
        let Some(named) = found else {
            let problem = document
                .wrong(wanted, format!("\u{201c}{wanted}\u{201d} is no document before this one"));
            return Err(match nearest(wanted, all()) {
                Some(meant) => problem.next(format!("did you mean \u{201c}{meant}\u{201d}?")),
                None => problem,
            });
        };
        inputs.push(named.input);
    }
    if inputs.is_empty() {
        return Err(document.wrong("rules", "a correlation names the documents it looks at"));
    }
    Ok(inputs)
}

/// The number that has to be reached. What fewer records fulfill could be told only after the
/// last record has arrived.
fn at_least(document: &Document<'_>, rule: &CorrelationRule) -> Result<usize, Problem> {
    let wrong = || {
        document
            .wrong("condition", "a count has to be reached")
            .next("write gte: 10 or gt: 9; others cannot be told before the last record arrives")
    };
    let CorrelationCondition::Threshold { predicates, .. } = &rule.condition else {
        return Err(wrong());
    };
    let [(operator, number)] = predicates.as_slice() else { return Err(wrong()) };
    let number = match operator {
        ConditionOperator::Gte => *number,
        ConditionOperator::Gt => number.saturating_add(1),
        _ => return Err(wrong()),
    };
    usize::try_from(number).ok().filter(|number| *number > 0).ok_or_else(wrong)
}

/// Whether nothing was said about which rules have to be there.
fn is_usual(condition: &CorrelationCondition) -> bool {
    matches!(condition, CorrelationCondition::Threshold { predicates, .. }
        if predicates.as_slice() == [(ConditionOperator::Gte, 1)])
}

fn kinds(
    document: &Document<'_>,
    rule: &CorrelationRule,
    inputs: usize,
) -> Result<Together, Problem> {
    match &rule.condition {
        condition if is_usual(condition) => {
            Ok(Together::Kinds(Kinds::All((0..inputs).map(Kinds::One).collect())))
        }
        CorrelationCondition::Extended(expression) => {
            Ok(Together::Kinds(kind(document, expression, &rule.rules)?))
        }
        CorrelationCondition::Threshold { .. } => Err(document
            .wrong("condition", "which of the rules have to be there is not told by a number")
            .next("write condition: first-rule and second-rule")),
    }
}

fn kind(
    document: &Document<'_>,
    expression: &ConditionExpr,
    names: &[String],
) -> Result<Kinds, Problem> {
    let all = |parts: &[ConditionExpr]| -> Result<Vec<Kinds>, Problem> {
        parts.iter().map(|part| kind(document, part, names)).collect()
    };
    match expression {
        ConditionExpr::And(parts) => Ok(Kinds::All(all(parts)?)),
        ConditionExpr::Or(parts) => Ok(Kinds::Any(all(parts)?)),
        ConditionExpr::Identifier(name) => {
            let position = names.iter().position(|known| known == name);
            position.map(Kinds::One).ok_or_else(|| {
                document
                    .wrong("condition", format!("\u{201c}{name}\u{201d} is not among the rules"))
            })
        }
        ConditionExpr::Not(_) | ConditionExpr::Selector { .. } => Err(document
            .wrong("condition", "only \u{201c}and\u{201d} and \u{201c}or\u{201d} join the rules")
            .next("what must not be there cannot be told before the last record arrives")),
    }
}

/// For each detection the fields that make a group: the same for all correlations of a rule.
pub fn group_by(
    document: &Document<'_>,
    correlations: &[&CorrelationRule],
    names: &[Named],
    parts: usize,
    fields: &mut Fields,
) -> Result<Vec<Vec<FieldId>>, Problem> {
    let Some(last) = correlations.last() else { return Ok(vec![Vec::new(); parts]) };
    if correlations.iter().any(|other| other.group_by != last.group_by) {
        return Err(
            document.wrong("group-by", "correlations over one another group by the same fields")
        );
    }
    let mut groups = Vec::with_capacity(parts);
    for part in 0..parts {
        let own = names.iter().find(|named| named.input == Input::Part(part));
        let mut group = Vec::new();
        for name in &last.group_by {
            let alias = correlations
                .iter()
                .flat_map(|correlation| &correlation.aliases)
                .filter(|alias| alias.alias == *name)
                .find_map(|alias| own?.names.iter().find_map(|own| alias.mapping.get(own)));
            let path = alias.unwrap_or(name);
            check_field(document, path)?;
            group.push(fields.number(path));
        }
        groups.push(group);
    }
    Ok(groups)
}

/// The fields whose values a correlation counts.
pub fn values(
    document: &Document<'_>,
    rule: &CorrelationRule,
    fields: &mut Fields,
) -> Result<Vec<FieldId>, Problem> {
    if rule.correlation_type != CorrelationType::ValueCount {
        return Ok(Vec::new());
    }
    let CorrelationCondition::Threshold { field: Some(paths), .. } = &rule.condition else {
        return Err(document
            .wrong("condition", "a value_count names the field whose values it counts")
            .next("write field: duo.user beside the number"));
    };
    for path in paths {
        check_field(document, path)?;
    }
    Ok(paths.iter().map(|path| fields.number(path)).collect())
}
