//! Reports: stored records as tables that people are handed.
#![allow(dead_code)]
mod chart;
mod csv;
mod html;
mod jsonl;
mod pdf;
mod sheet;
mod summary;
mod xlsx;
mod zone;
