//! Hands the compiler's version to the crate, for the description of the machine.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=RUSTC");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .map(|out| out.stdout)
        .unwrap_or_default();
    println!(
        "cargo::rustc-env=ABREAST_RUSTC_VERSION={}",
        String::from_utf8_lossy(&version).trim()
    );
}
