//! The workspace as Cargo resolves it for this machine, from what is on this machine.

use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};

pub(crate) fn metadata() -> Metadata {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(rustc.stdout).unwrap();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("rustc names its host");
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .other_options(["--offline", "--locked", "--filter-platform", host].map(String::from))
        .exec()
        .expect("cargo metadata reads the workspace")
}
