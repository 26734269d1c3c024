//! The documents of `cxml-samples`.

use std::{fs, path::PathBuf};

/// A document of our own.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// `<suite>/<kind>.<case>.xml`
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

impl Sample {
    pub(crate) fn is_rejected(&self) -> bool {
        self.name.starts_with("rejected/")
    }
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../cxml-samples")
}

/// Names of all files, the index aside.
pub(crate) fn names() -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        let group = entry.file_name().into_string().unwrap();
        if !entry.file_type().unwrap().is_dir() {
            names.push(group);
            continue;
        }
        for file in fs::read_dir(entry.path()).unwrap() {
            names.push(format!(
                "{group}/{}",
                file.unwrap().file_name().into_string().unwrap()
            ));
        }
    }
    names.retain(|name| name != "README.md");
    names.sort();
    names
}

/// All documents, by name.
pub(crate) fn samples() -> Vec<Sample> {
    let documents = names().into_iter().filter(|name| name.ends_with(".xml"));
    let read = |name: String| {
        let path = root().join(&name);
        Sample {
            bytes: fs::read(&path).unwrap(),
            name,
            path,
        }
    };
    documents.map(read).collect()
}

/// The documents that are read.
pub(crate) fn readable() -> Vec<Sample> {
    samples()
        .into_iter()
        .filter(|sample| !sample.is_rejected())
        .collect()
}
