//! `pack`: knowledge packs: the program's own, and those that a person writes.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out;
use super::{Done, Failed};
use crate::base::Home;
use crate::base::words::counted;
use crate::detect::check_pack;
use crate::knowledge::{self, Kind, Manifest, OWN, Pack as Packed};

#[derive(Subcommand)]
pub enum Pack {
    /// List the packs in use
    List(List),
    /// Check a pack and use it; its items take the place of the program's own with the same id
    Import(Import),
    /// Write a pack to a file; the program's own to start from, when none was imported
    Export(Export),
    /// Do without a pack that was imported
    Remove(Remove),
}

#[derive(Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Import {
    /// A zip archive with manifest.toml and the folders categories, rules, reports, dashboards, …
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Args)]
pub struct Export {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which pack; "duo" is the program's own
    #[arg(long, value_name = "ID")]
    pack: Option<String>,
}

#[derive(Args)]
pub struct Remove {
    /// The pack's id
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    title: String,
    version: String,
    date: String,
    source: &'static str,
    categories: usize,
    rules: usize,
    reports: usize,
    dashboards: usize,
}

pub fn run(pack: Pack, home: &Home) -> Done {
    match pack {
        Pack::List(list) => run_list(&list, home),
        Pack::Import(import) => run_import(&import, home),
        Pack::Export(export) => run_export(&export, home),
        Pack::Remove(remove) => run_remove(&remove, home),
    }
}

fn run_list(list: &List, home: &Home) -> Done {
    let own = knowledge::own_pack()?;
    let mut listed = vec![row(&own, "pack")];
    let mut broken = false;
    for pack in knowledge::packs(home) {
        match pack {
            Ok(pack) => listed.push(row(&pack, "user")),
            Err(problem) => {
                out::warn(&problem);
                broken = true;
            }
        }
    }
    if list.json {
        out::json(&listed)?;
    } else {
        for pack in &listed {
            out::line(&format!(
                "{}  {}{}  {}, {}, {}, {}",
                pack.id,
                pack.title,
                if pack.version.is_empty() { String::new() } else { format!(" {}", pack.version) },
                counted_as(pack.categories, "category", "categories"),
                counted(pack.rules as u64, "rule"),
                counted(pack.reports as u64, "report"),
                counted(pack.dashboards as u64, "dashboard"),
            ))?;
        }
    }
    if broken { Err(Failed::Said) } else { Ok(()) }
}

fn row(pack: &Packed, source: &'static str) -> Listed {
    let Manifest { id, title, version, date, .. } = pack.manifest.clone();
    Listed {
        id,
        title,
        version,
        date,
        source,
        categories: pack.count(Kind::Categories),
        rules: pack.count(Kind::Rules),
        reports: pack.count(Kind::Reports),
        dashboards: pack.count(Kind::Dashboards),
    }
}

fn counted_as(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn run_import(import: &Import, home: &Home) -> Done {
    let imported = knowledge::import_pack(home, &import.file, check_pack)?;
    let id = &imported.manifest.id;
    let verb = if imported.again { "Replaced" } else { "Imported" };
    let mut said = format!("{verb} {id}: {}", counted(imported.items as u64, "item"));
    if imported.over > 0 {
        said.push_str(&format!(
            ", {} in the place of the program\u{2019}s own",
            counted(imported.over as u64, "item")
        ));
    }
    said.push('.');
    if imported.same > 0 {
        said.push_str(&format!(
            " {} left out: they are the program\u{2019}s own, unchanged.",
            counted(imported.same as u64, "file")
        ));
    }
    out::tell(&said);
    Ok(())
}

fn run_export(export: &Export, home: &Home) -> Done {
    let exported = knowledge::export_pack(home, export.pack.as_deref(), &export.file)?;
    out::tell(&format!(
        "Wrote {} to {}.",
        counted(exported.items as u64, "item"),
        export.file.display()
    ));
    if export.pack.as_deref().is_none_or(|id| id == OWN) && exported.id != OWN {
        out::tell(&format!(
            "Its manifest.toml calls it {}. Change what you like, delete the rest, and import it: \
             duo-integrator pack import FILE",
            exported.id
        ));
    }
    Ok(())
}

fn run_remove(remove: &Remove, home: &Home) -> Done {
    knowledge::remove_pack(home, &remove.id)?;
    out::tell(&format!("Removed {}. The program\u{2019}s own items are in use again.", remove.id));
    Ok(())
}
