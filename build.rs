//! Puts the knowledge pack into the program, and gives the Windows program its icon and its manifest.
//!
//! The pack's files under `assets/knowledge/duo` become one list of names and texts, without the
//! samples, which only tests read.
//!
//! Without a resource compiler (`windres` of MinGW-w64, `rc` of the Windows SDK) the program is built
//! all the same, without icon, and a warning says so.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const PACK: &str = "assets/knowledge/duo";

fn main() -> io::Result<()> {
    list_pack()?;
    give_icon();
    Ok(())
}

/// Writes a Rust list of the pack's files: `&[("categories/other.toml", include_str!("…")), …]`.
fn list_pack() -> io::Result<()> {
    println!("cargo::rerun-if-changed={PACK}");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut names = Vec::new();
    walk(Path::new(PACK), &mut names)?;
    names.sort();
    let mut list = String::from("&[\n");
    for name in names {
        let path = root.join(PACK).join(&name);
        list.push_str(&format!(
            "    ({name:?}, include_str!({:?})),\n",
            path.display().to_string()
        ));
    }
    list.push_str("]\n");
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&out).join("pack.rs"), list)
}

fn walk(folder: &Path, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, names)?;
            continue;
        }
        let name =
            path.strip_prefix(PACK).unwrap_or(&path).display().to_string().replace('\\', "/");
        let is_sample = name.ends_with(".match.json") || name.ends_with(".quiet.json");
        if !is_sample && !name.starts_with('.') {
            names.push(name);
        }
    }
    Ok(())
}

fn give_icon() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=assets/icon/duo-integrator.ico");
    println!("cargo::rerun-if-changed=assets/windows/duo-integrator.exe.manifest");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("windows") {
        return;
    }
    let mut resource = winresource::WindowsResource::new();
    resource
        .set_icon("assets/icon/duo-integrator.ico")
        .set_manifest_file("assets/windows/duo-integrator.exe.manifest")
        // The versions are Cargo.toml's.
        .set("ProductName", "Duo Security Integrator")
        .set("FileDescription", "Duo Security Integrator")
        .set("CompanyName", "The Duo Security Integrator project")
        .set("LegalCopyright", "MIT or Apache 2.0")
        .set("InternalName", "duo-integrator")
        .set("OriginalFilename", "duo-integrator.exe");
    if let Err(error) = resource.compile() {
        println!("cargo::warning=the program gets no icon: the resource compiler failed: {error}");
    }
}
