//! Which records a report is about: those of its categories.

use crate::base::Problem;
use crate::knowledge::{Categorizer, Category, Item, Knowledge, Report};
use crate::record::{Columns, LogType};
use crate::store::{Reader, StoreError};

/// The categories a report lists.
pub struct Selection {
    categorizer: Categorizer,
    wanted: u64,
    categories: Vec<Category>,
}

impl Selection {
    /// The categories of a report. One that is not there, or is switched off, is told: the report
    /// would be incomplete without saying so.
    pub fn of(report: &Item<Report>, knowledge: &Knowledge) -> Result<Self, Problem> {
        let ids = knowledge.category_ids();
        let (mut wanted, mut categories) = (0, Vec::new());
        for id in &report.body.categories {
            let item = knowledge.category(id)?;
            let bit = ids.iter().position(|known| *known == item.id).ok_or_else(|| {
                Problem::new(format!("The report \u{201c}{}\u{201d} cannot be made", report.title))
                    .because(format!("its category \u{201c}{}\u{201d} is switched off", item.title))
                    .next(format!("switch it on: take {} out of off in knowledge.toml", item.id))
            })?;
            wanted |= 1_u64.checked_shl(bit as u32).unwrap_or(0);
            categories.push(item.body.clone());
        }
        let bits: Vec<u8> = (0..=u8::MAX).take(ids.len()).collect();
        Ok(Self { categorizer: Categorizer::new(knowledge, &bits), wanted, categories })
    }

    /// The logs in which such records lie; empty stands for all.
    pub fn log_types(&self) -> Vec<LogType> {
        if self.categories.iter().any(|category| category.otherwise) {
            return Vec::new();
        }
        let ways = || self.categories.iter().flat_map(|category| &category.when);
        LogType::ALL
            .into_iter()
            .filter(|log_type| ways().any(|when| when.is_about(*log_type)))
            .collect()
    }

    /// The bits by which the store has marked such records; `None` when not all its records have
    /// been looked at with these categories yet, and each has to be judged.
    pub fn marks(
        &self,
        report: &Report,
        knowledge: &Knowledge,
        reader: &Reader,
    ) -> Result<Option<u64>, StoreError> {
        if reader.categories_fingerprint()?.as_ref() != Some(&knowledge.fingerprint()) {
            return Ok(None);
        }
        let bits = reader.category_bits()?;
        let mut marks = report.categories.iter().map(|id| {
            let bit = bits.get(id).copied()?;
            1_u64.checked_shl(u32::from(bit))
        });
        Ok(marks
            .try_fold(0, |all, mark| mark.map(|mark: u64| all | mark))
            .filter(|marks| *marks != 0))
    }

    /// Whether a record is one of them.
    pub fn has(&self, log_type: LogType, columns: &Columns<'_>) -> bool {
        self.categorizer.assign(log_type, columns) & self.wanted != 0
    }
}
