//! `punchgate apply FILE [--dry-run]`: provisioning as a file says.

use std::{
    fmt::Write as _,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use punchgate_app::{
    provisioning::{Provisioning, ProvisioningError, SecretSource},
    seal::Secret,
};
use punchgate_storage::db;
use tempfile::TempDir;

use super::opening;
use crate::{config::Config, connectors, out};

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
pub(super) struct ApplyArgs {
    /// The file that declares suppliers, relationships, credentials, connectors and mappings
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Shows what would change and changes nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(config: &Config, args: ApplyArgs) -> Result<ExitCode, String> {
    let text = fs::read_to_string(&args.file).map_err(|error| format!("{}: {error}", args.file.display()))?;
    let keyring = opening::keyring(config)?;
    let scratch = Scratch::instead_of(config, args.dry_run)?;
    let surroundings =
        opening::surroundings(scratch.as_ref().map_or(config, |scratch| &scratch.config)).await?;
    let registry = connectors::registry().with_roots(config.folders.roots.clone());
    let secrets = Secrets::beside(&args.file);
    let provisioning = Provisioning {
        surroundings: &surroundings,
        keyring: &keyring,
        connectors: &registry,
        secrets: &secrets,
    };
    let outcome = provisioning.apply(&text, args.dry_run).await;
    surroundings.db.close().await;
    match outcome {
        Ok(plan) => {
            out::line(&plan);
            out::line(match (args.dry_run, plan.is_unchanged()) {
                (_, true) => "Everything is as declared.",
                (true, false) => "Nothing was changed: this was a dry run.",
                (false, false) => "Applied.",
            });
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(told(&args.file, &error)),
    }
}

/// A dry run makes no database where there is none: it looks at an empty one, which goes with it.
struct Scratch {
    config: Config,
    _folder: TempDir,
}

impl Scratch {
    fn instead_of(config: &Config, dry_run: bool) -> Result<Option<Self>, String> {
        let url = config.database.url.expose();
        if !dry_run || db::exists(url).map_err(|error| format!("database.url: {error}"))? {
            return Ok(None);
        }
        let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
        let mut config = config.clone();
        config.database.url = Secret::new(format!("sqlite:{}", folder.path().join("empty.db").display()));
        Ok(Some(Self {
            config,
            _folder: folder,
        }))
    }
}

fn told(file: &Path, error: &ProvisioningError) -> String {
    let mut text = format!("{}: {error}; nothing was changed", file.display());
    if let ProvisioningError::Declared(problems) = error {
        for problem in problems {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  {problem}");
        }
    }
    text
}

/// Secrets out of the environment and of files beside the declared one.
pub(crate) struct Secrets {
    folder: PathBuf,
}

impl Secrets {
    pub(crate) fn beside(file: &Path) -> Self {
        Self {
            folder: file.parent().map(Path::to_path_buf).unwrap_or_default(),
        }
    }
}

impl SecretSource for Secrets {
    #[expect(
        clippy::disallowed_methods,
        reason = "the operator names the variables in the declared file"
    )]
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn read(&self, path: &Path) -> io::Result<Option<String>> {
        match fs::read_to_string(self.folder.join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, path: &Path, content: &str) -> io::Result<()> {
        let path = self.folder.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        writeln!(file, "{content}")?;
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc};

    use punchgate_app::{
        Surroundings, clock::FixedClock, entropy::SeededEntropy, provisioning::Action, seal::Keyring,
    };
    use punchgate_storage::{Db, DbOptions};

    use super::*;

    const EXAMPLE: &str = include_str!("../../docs/apply.example.toml");

    /// The files of a folder, and an environment that the test sets.
    struct Fixed {
        files: Secrets,
        variables: HashMap<&'static str, &'static str>,
    }

    impl SecretSource for Fixed {
        fn variable(&self, name: &str) -> Option<String> {
            self.variables.get(name).map(|value| (*value).to_owned())
        }

        fn read(&self, path: &Path) -> io::Result<Option<String>> {
            self.files.read(path)
        }

        fn create(&self, path: &Path, content: &str) -> io::Result<()> {
            self.files.create(path, content)
        }
    }

    async fn surroundings(folder: &Path) -> Surroundings {
        let url = format!("sqlite:{}", folder.join("test.db").display());
        let db = Db::open(&url, DbOptions::default()).await.unwrap();
        db.migrate().await.unwrap();
        Surroundings {
            db,
            clock: Arc::new(FixedClock::at("2026-03-01T12:00:00Z".parse().unwrap())),
            entropy: Arc::new(SeededEntropy::new(5)),
        }
    }

    #[tokio::test]
    async fn the_example_applies_with_every_connector_and_twice_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = surroundings(folder.path()).await;
        let keyring = Keyring::ephemeral(&*surroundings.entropy);
        let registry = connectors::registry();
        let secrets = Fixed {
            files: Secrets::beside(&folder.path().join("suppliers.toml")),
            variables: HashMap::from([
                ("ACME_GLOBEX_SECRET", "the current one"),
                ("ACME_GLOBEX_OLD_SECRET", "the previous one"),
                ("ACME_GLOBEX_OUTBOUND_SECRET", "the outbound one"),
            ]),
        };
        let provisioning = Provisioning {
            surroundings: &surroundings,
            keyring: &keyring,
            connectors: &registry,
            secrets: &secrets,
        };
        let apply = async || match provisioning.apply(EXAMPLE, false).await {
            Ok(plan) => plan,
            Err(error) => panic!("{}", told(Path::new("apply.example.toml"), &error)),
        };
        let plan = apply().await;
        assert_eq!(plan.count(Action::Create), 8, "{plan}");
        assert_eq!(plan.generated.len(), 7, "{plan}");
        assert_eq!(plan.notes, Vec::<String>::new());
        let again = apply().await;
        assert!(again.is_unchanged(), "{again}");
    }

    #[test]
    fn the_example_shows_every_key() {
        // A key that is nowhere in the example is one that nobody finds.
        let source = [
            include_str!("../../crates/app/src/provisioning/desired.rs"),
            include_str!("../../crates/app/src/provisioning/relationship.rs"),
        ];
        let asked = source.iter().flat_map(|text| text.split("declared.").skip(1));
        let keys = asked.filter_map(|call| call.split_once("(\"")?.1.split_once('"').map(|(key, _)| key));
        for key in keys.filter(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '_')) {
            assert!(EXAMPLE.contains(key), "{key}");
        }
    }

    #[test]
    fn generated_secrets_stay_beside_the_file_and_are_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::beside(&folder.path().join("suppliers.toml"));
        let path = Path::new("secrets/globex.txt");
        assert_eq!(secrets.read(path).unwrap(), None);
        secrets.create(path, "one").unwrap();
        assert!(secrets.create(path, "two").is_err());
        assert_eq!(secrets.read(path).unwrap().unwrap(), "one\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(folder.path().join(path))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
