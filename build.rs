//! Gives the Windows program its icon and its manifest. On other systems there is nothing to do.
//!
//! Without a resource compiler (`windres` of MinGW-w64, `rc` of the Windows SDK) the program is built
//! all the same, without icon, and a warning says so.

use std::env;

fn main() {
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
        .set("ProductName", "Duo Security Integrator")
        .set("FileDescription", "Duo Security Integrator");
    if let Err(error) = resource.compile() {
        println!("cargo::warning=the program gets no icon: the resource compiler failed: {error}");
    }
}
