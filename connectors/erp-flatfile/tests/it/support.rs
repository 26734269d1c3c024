//! A folder with a connector to it, and an ERP that leaves and fetches files there.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use punchgate_connector::{
    Connector, ConnectorResult, Context, Cursor, EgressRules, ErrorKind, Page, Secrets,
    accounts::Account,
    context::LeftOut,
    egress::Egress,
    folder::{Folder, Roots},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

/// A drop folder, its ERP, and the connector.
pub(crate) struct Drop {
    /// Where the ERP sees the files.
    pub(crate) root: PathBuf,
    pub(crate) connector: Box<dyn Connector>,
    folder: Folder,
    attempts: AtomicU32,
    http: Egress,
    /// What must live as long.
    _held: Vec<Arc<dyn Send + Sync>>,
}

/// Settings of a folder with numbered files of customers and of every document.
pub(crate) fn settings(feeds: Value) -> Value {
    json!({ "feeds": feeds, "orders": { "format": "csv" } })
}

pub(crate) fn customers() -> Value {
    json!({ "customers": { "files": "customers-{seq}.csv", "delta_files": "changes-{seq}.csv" } })
}

impl Drop {
    /// On this machine.
    pub(crate) fn local(settings: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let place = json!({ "kind": "local", "path": root });
        Self::at(
            root.clone(),
            place,
            settings,
            &Secrets::none(),
            Roots(vec![root]),
            vec![Arc::new(folder)],
        )
    }

    pub(crate) fn at(
        root: PathBuf,
        place: Value,
        mut settings: Value,
        secrets: &Secrets,
        roots: Roots,
        held: Vec<Arc<dyn Send + Sync>>,
    ) -> Self {
        settings["folder"] = place;
        let connector = punchgate_erp_flatfile::from_config("erp", &settings, secrets).unwrap();
        let folder = Folder::new(connector.folder().unwrap(), &roots).unwrap();
        Self {
            root,
            connector,
            folder,
            attempts: AtomicU32::new(0),
            http: Egress::new(EgressRules::default()).unwrap(),
            _held: held,
        }
    }

    pub(crate) fn context(&self) -> Context {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        self.named(format!("test-{attempt}"))
    }

    #[expect(clippy::disallowed_methods, reason = "files have the real clock")]
    pub(crate) fn named(&self, id: String) -> Context {
        let patience = Duration::from_secs(120);
        Context::new(
            id,
            Timestamp::now(),
            patience,
            CancellationToken::new(),
            self.http.clone(),
        )
        .with_folder(Some(self.folder.clone()))
    }

    /// The ERP leaves a file.
    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        put(&self.root.join("in"), name, content.as_ref());
    }

    /// The ERP leaves a file and its manifest.
    pub(crate) fn put_with_manifest(&self, name: &str, content: impl AsRef<[u8]>, manifest: Value) {
        self.put(name, content);
        self.put(&format!("{name}.done"), manifest.to_string());
    }

    /// The names of the files in a directory, without the marks that the archive puts in front.
    pub(crate) fn files(&self, directory: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.root.join(directory))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with('.'))
            .map(|name| name.splitn(3, '_').last().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    /// The content of the one file of a directory whose name ends so.
    pub(crate) fn content(&self, directory: &str, ending: &str) -> String {
        let entries = fs::read_dir(self.root.join(directory))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let found: Vec<PathBuf> = entries
            .filter(|path| path.to_str().unwrap().ends_with(ending))
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        fs::read_to_string(&found[0]).unwrap()
    }

    /// A page of customers, and what was left out.
    pub(crate) async fn page(
        &self,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> ConnectorResult<(Page<Account>, Vec<LeftOut>)> {
        let context = self.context();
        let accounts = self.connector.spec().accounts.unwrap();
        let page = accounts.pull(&context, cursor, limit).await?;
        Ok((page, context.take_left_out()))
    }

    /// Reads the feed to its end, as the gateway does: the cursor is stored, and then the next page is asked for.
    pub(crate) async fn read(&self, mut cursor: Option<Cursor>) -> Told {
        let mut told = Told::default();
        loop {
            let (page, left_out) = self.page(cursor.as_ref(), 2).await.unwrap();
            told.accounts.extend(page.items);
            told.deleted.extend(page.deleted);
            told.left_out.extend(left_out);
            cursor = Some(page.next_cursor);
            if !page.more {
                told.cursor = cursor;
                return told;
            }
        }
    }
}

/// What a feed told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) accounts: Vec<Account>,
    pub(crate) deleted: Vec<String>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) cursor: Option<Cursor>,
}

impl Told {
    pub(crate) fn keys(&self) -> Vec<&str> {
        self.accounts
            .iter()
            .map(|account| account.external_id.as_str())
            .collect()
    }

    /// The problems of what was left out, in one text.
    pub(crate) fn problems(&self) -> String {
        problems(&self.left_out)
    }
}

pub(crate) fn problems(left_out: &[LeftOut]) -> String {
    let lines = left_out
        .iter()
        .map(|left| format!("{}: {}\n", left.external_id, left.problem));
    lines.collect()
}

/// Written under another name and then renamed, as an ERP should.
pub(crate) fn put(directory: &Path, name: &str, content: &[u8]) {
    fs::create_dir_all(directory).unwrap();
    let unfinished = directory.join(format!(".{name}.tmp"));
    fs::write(&unfinished, content).unwrap();
    fs::rename(unfinished, directory.join(name)).unwrap();
}

pub(crate) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A file of customers: key and limit.
pub(crate) fn rows(customers: &[(&str, &str)]) -> String {
    let mut text = String::from("key,name,currency,terms,credit_limit\n");
    for (key, limit) in customers {
        text.push_str(&format!("{key},Customer {key},EUR,NET30,{limit}\n"));
    }
    text
}

pub(crate) fn is_temporary<T: std::fmt::Debug>(result: ConnectorResult<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Temporary, "{error}");
    error.to_string()
}
