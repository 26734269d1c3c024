//! Finds the Rust files of the workspace and the module that each of them is.

use std::fs;
use std::path::Path;

use cargo_metadata::Metadata;

use super::packages::folder_of;
use super::paths::Source;

/// The folders of a package that hold Rust sources.
const PARTS: [&str; 4] = ["src", "tests", "benches", "examples"];

/// Every Rust file of the workspace's packages.
pub(super) fn read(metadata: &Metadata) -> Vec<Source> {
    let root = metadata.workspace_root.as_std_path();
    let mut sources = Vec::new();
    for package in metadata.workspace_packages() {
        let folder = folder_of(metadata, package);
        for part in PARTS {
            let place = format!("{folder}/{part}").trim_start_matches('/').to_owned();
            collect(root, &place, &mut |place, text| {
                sources.push(source(&package.name.replace('-', "_"), place, text));
            });
        }
    }
    assert!(sources.len() > 20, "found only {} sources", sources.len());
    sources
}

/// The source at `place`, in the crate of that identifier.
pub(super) fn source(krate: &str, place: String, text: String) -> Source {
    let mut names = place
        .trim_end_matches(".rs")
        .split('/')
        .skip_while(|name| !PARTS.contains(name));
    let part = names.next().unwrap_or("src");
    let for_tests = part != "src";
    let mut module = vec![if for_tests {
        format!("{krate}#{part}")
    } else {
        krate.to_owned()
    }];
    module.extend(
        names
            .filter(|name| !matches!(*name, "lib" | "main"))
            .map(str::to_owned),
    );
    Source {
        place,
        module,
        text,
        for_tests,
    }
}

fn collect(root: &Path, folder: &str, found: &mut impl FnMut(String, String)) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else {
        return;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().expect("file names are UTF-8");
        let place = format!("{folder}/{name}");
        if name == "node_modules" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            collect(root, &place, found);
        } else if name.ends_with(".rs") {
            found(place, fs::read_to_string(entry.path()).unwrap());
        }
    }
}
