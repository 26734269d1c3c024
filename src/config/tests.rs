//! Cases: file, environment and example against the configuration that they make.

use std::collections::BTreeSet;

use super::*;

fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, Vec<ConfigProblem>> {
    let environment: Vec<(String, String)> = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Config::read(text, &environment)
}

/// The problems as `place: problem — remedy`.
fn problems(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let problems = read(text, environment).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_is_the_defaults_and_holds_every_key() {
    // Serde demands every field of every struct and refuses every other key: if the example reads, the
    // two say the same.
    let config = read("", &[]).unwrap();
    assert_eq!(
        config,
        read(EXAMPLE, &[]).unwrap(),
        "a copy of it is a file that changes nothing"
    );

    let table: toml::Table = EXAMPLE.parse().unwrap();
    for (section, values) in &table {
        for key in values.as_table().unwrap().keys() {
            let mut without = table.clone();
            without
                .get_mut(section)
                .and_then(toml::Value::as_table_mut)
                .unwrap()
                .remove(key);
            let error = without.try_into::<Config>().unwrap_err().to_string();
            assert!(error.contains(key.as_str()), "{section}.{key}: {error}");
        }
    }
    // Every key alone in a file, too, as whoever copies a line of it has it.
    for (section, values) in &table {
        for (key, value) in values.as_table().unwrap() {
            let line = format!("[{section}]\n{key} = {value}\n");
            let found = read(&line, &[]).unwrap_or_else(|problems| panic!("{line}: {problems:?}"));
            assert_eq!(found, config, "{line}");
        }
    }
}

#[test]
fn every_key_of_the_example_has_words_of_its_own() {
    let mut explained = BTreeSet::new();
    let (mut words, mut after_key) = (false, false);
    for line in EXAMPLE.lines() {
        match line {
            line if line.starts_with('#') => (words, after_key) = (true, false),
            // Two keys may share the words above them.
            line if line.contains(" = ") => {
                assert!(words || after_key, "no words above: {line}");
                explained.insert(line);
                (words, after_key) = (false, true);
            }
            _ => (words, after_key) = (false, false),
        }
    }
    assert!(explained.len() > 30);
}

#[test]
fn file_and_environment_are_laid_over_the_defaults() {
    let text = "[server]\nlisten = \"0.0.0.0:9000\"\npublic_url = \"https://gw.example.com/b2b/\"\n\
                [sync]\naccounts_seconds = 5\n[limits]\ndocument_bytes = 1_000";
    let environment = [
        ("PUNCHGATE_SYNC_ACCOUNTS_SECONDS", "7"),
        ("PUNCHGATE_SERVER_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7"),
        ("PUNCHGATE_DATABASE_URL", "postgres://gw:hush@db/gw"),
        // Not ours: such ones Kubernetes makes of a service's name.
        ("PUNCHGATE_PORT", "tcp://10.0.0.1:80"),
        ("PUNCHGATE_SERVICE_HOST", "10.0.0.1"),
        ("PUNCHGATE_SERVER_SERVICE_HOST", "10.0.0.1"),
        ("PUNCHGATE_SERVER_SERVICE_PORT_HTTP", "80"),
        ("PUNCHGATE_SERVER_PORT", "tcp://10.0.0.1:80"),
        ("PUNCHGATE_SERVER_PORT_80_TCP_PROTO", "tcp"),
        ("PUNCHGATE_CONFIG", "/etc/punchgate.toml"),
        ("PUNCHGATE_TEST_DATABASE", "sqlite"),
        ("PUNCHGATE_SECRET_OF_GLOBEX", "hush"),
    ];
    let config = read(text, &environment).unwrap();
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:9000");
    assert_eq!(
        config.server.public_address("punchout/x"),
        "https://gw.example.com/b2b/punchout/x"
    );
    assert_eq!(config.sync.accounts.as_secs(), 7);
    assert_eq!(config.limits.document_bytes, 1_000);
    let proxies: Vec<String> = config
        .server
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(proxies, ["10.0.0.0/8", "192.0.2.7/32"]);
    assert_eq!(config.database.url.expose(), "postgres://gw:hush@db/gw");
    assert!(!format!("{config:?}").contains("hush"));
}

/// A file, and what is said of it.
const MISTAKES: &[(&str, &str)] = &[
    (
        "[servr]\nlisten = \"x\"",
        "servr: there is no such section — did you mean 'server'?",
    ),
    (
        "[server]\nlisen = \"x\"",
        "server.lisen: there is no such key — did you mean 'listen'?",
    ),
    ("server = 1", "server: is a section, not a value"),
    ("[server]\nlisten = 8080", "server.listen: invalid type: integer"),
    (
        "[server]\nlisten = \"8080\"",
        "the default is server.listen = \"127.0.0.1:8080\"",
    ),
    (
        "[server]\npublic_url = \"http://gw.example.com\"",
        "must begin with https://",
    ),
    (
        "[server]\npublic_url = \"https://u@gw.example.com\"",
        "must have no user",
    ),
    ("[server]\npublic_url = \"gw.example.com\"", "is no address"),
    (
        "[server]\ntrusted_proxies = [\"10.0.0.0/99\"]",
        "is no address or network",
    ),
    (
        "[database]\nurl = \"mysql://u:hush@h/d\"",
        "database.url: names neither SQLite nor PostgreSQL",
    ),
    (
        "[database]\nconnections = 0",
        "database.connections: 0 is out of range",
    ),
    (
        "[database]\nconnections = 5_000_000_000",
        "5000000000 is too large",
    ),
    (
        "[limits]\nintake_batch = 48",
        "limits.intake_batch: 48 is no batch size — choose 1, 2, 4",
    ),
    (
        "[limits]\nheader_seconds = 60",
        "limits.header_seconds: is longer than",
    ),
    (
        "[limits]\nbody_seconds = -1",
        "limits.body_seconds: -1 is out of range",
    ),
    (
        "[jobs]\nheartbeat_seconds = 45",
        "jobs.heartbeat_seconds: is more than half",
    ),
    ("[sync]\ncall_seconds = 240", "sync.call_seconds: is so long"),
    ("[log]\nformat = \"xml\"", "log.format: unknown variant `xml`"),
    ("[log]\nfilter = \"info,=\"", "log.filter: 'info,=' is no filter"),
    (
        "[log]\nfilter = \"not a level!!\"",
        "log.filter: 'not a level!!' is neither a level",
    ),
    ("[log]\nfilter = \"infoo\"", "log.filter: 'infoo' is neither"),
    (
        "[log]\nfilter = \"info,a b=debug\"",
        "log.filter: 'a b=debug' is neither",
    ),
    (
        "[database]\nurl = \"postgres://u:secret@[bad/db\"",
        "database.url: invalid IPv6 address",
    ),
    (
        "[database]\nurl = \"sqlite:/proc/no/such/punchgate.db\"",
        "database.url: the folder /proc/no/such cannot be used",
    ),
    (
        "[database]\nurl = \"sqlite:/dev/null/punchgate.db\"",
        "database.url: /dev/null is no folder",
    ),
    (
        "[database]\nurl = \"sqlite:/tmp\"",
        "database.url: /tmp is a folder",
    ),
    (
        "[database]\nurl = \"sqlite:/dev/null\"",
        "database.url: /dev/null is no file that could be kept — name a file",
    ),
    (
        "[database]\nurl = \"sqlite:x.db?mode=ro\"",
        "database.url: opens the database for reading only — take mode=ro",
    ),
    (
        "[database]\nurl = \"sqlite:x.db?cache=private&immutable=1\"",
        "database.url: opens the database for reading only",
    ),
    ("[key]\nfile = \"\"", "key.file: names no file"),
    (
        "[key]\nvalue = \"abc\"",
        "key.value: a sealing key must not stand in the configuration file",
    ),
    ("[server", "configuration file: is not TOML"),
];

#[test]
fn each_mistake_is_named_with_key_and_remedy() {
    for (text, expected) in MISTAKES {
        let found = problems(text, &[]);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains(expected), "{text}: {found:?}");
        assert!(!found[0].contains("hush"), "{text}: {found:?}");
    }
}

#[test]
fn all_mistakes_are_named_at_once() {
    let text = "[servr]\n[server]\nlisten = 1\nlisen = 2\n[sync]\ncall_seconds = \"soon\"";
    let found = problems(
        text,
        &[
            ("PUNCHGATE_JOBS_WORKERS", "many"),
            ("PUNCHGATE_LOG_FORMAT", "xml"),
        ],
    );
    for place in [
        "servr",
        "server.listen",
        "server.lisen",
        "sync.call_seconds",
        "PUNCHGATE_JOBS_WORKERS",
        "PUNCHGATE_LOG_FORMAT",
    ] {
        let named = found
            .iter()
            .filter(|problem| problem.starts_with(&format!("{place}:")));
        assert_eq!(named.count(), 1, "{place}: {found:?}");
    }
    assert_eq!(found.len(), 6, "{found:?}");
}

#[test]
fn filters_of_the_log() {
    for filter in [
        "info",
        "WARN",
        "off",
        "info,punchgate_app::sync=debug",
        "info,hyper=off,",
        "warn,punchgate[request{supplier=acme}]=trace",
    ] {
        let found = problems(&format!("[log]\nfilter = '{filter}'"), &[]);
        assert!(found.is_empty(), "{filter}: {found:?}");
    }
}

/// A value that does not read hides neither what does not fit together nor what the files beside it lack.
#[test]
fn every_kind_of_mistake_is_named_beside_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let text = "[database]\nurl = \"mysql://x\"\n[limits]\nintake_batch = 5\n[jobs]\nheartbeat_seconds = 45\n\
                [key]\nfile = \"no such file\"\n[log]\nformat = \"xml\"\nfiltr = \"info\"\n";
    std::fs::write(&path, text).unwrap();
    let places: BTreeSet<String> = Config::problems(Some(&path))
        .into_iter()
        .map(|problem| problem.place)
        .collect();
    let expected = [
        "database.url",
        "jobs.heartbeat_seconds",
        "key.file",
        "limits.intake_batch",
        "log.filtr",
        "log.format",
    ];
    assert_eq!(places.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    // Where the file does not read, nothing is said of a key that it may name.
    std::fs::write(&path, "[key").unwrap();
    let found = Config::problems(Some(&path));
    assert_eq!(found.len(), 1, "{found:?}");
}

/// What a file holds that is to be the database, and what is said of it.
#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("key"), "a2V5LWtleS1rZXkta2V5LWtleS1rZXkta2V5LWtleSE=\n").unwrap();
    let problems = |file: &str| {
        let text = format!(
            "[database]\nurl = \"sqlite:{}\"\n[key]\nfile = \"{}\"\n",
            path(file).display(),
            path("key").display()
        );
        std::fs::write(path("config"), text).unwrap();
        Config::problems(Some(&path("config")))
    };
    let rows: [(&str, &[u8]); 3] = [
        ("program", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\0\0"),
        ("text", b"SQLite format 4\0"),
        ("short", b"SQL"),
    ];
    for (name, bytes) in rows {
        std::fs::write(path(name), bytes).unwrap();
        let found = problems(name);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!(
            found[0]
                .to_string()
                .contains("is no SQLite database — name another file"),
            "{name}: {found:?}"
        );
    }
    std::fs::write(path("empty"), b"").unwrap();
    std::fs::write(path("database"), b"SQLite format 3\0 and so on").unwrap();
    for name in ["empty", "database", "not made yet"] {
        assert_eq!(problems(name), [], "{name}");
    }
    assert!(!path("not made yet").exists(), "looking makes none");
}

#[test]
fn variables_that_there_are_not() {
    let cases = [
        ("PUNCHGATE_SERVER_TYPO", "take it out"),
        (
            "PUNCHGATE_SERVER_LISTN",
            "did you mean 'PUNCHGATE_SERVER_LISTEN'?",
        ),
        (
            "PUNCHGATE_SERVR_LISTEN",
            "did you mean 'PUNCHGATE_SERVER_LISTEN'?",
        ),
        ("PUNCHGATE_SERVER_PORT", "take it out"),
    ];
    for (name, remedy) in cases {
        let found = problems("", &[(name, "8080")]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(&format!("{name}: there is no such key")) && found[0].contains(remedy),
            "{found:?}"
        );
    }
}

#[test]
fn files_that_the_configuration_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let named = |key: &str, name: &str| format!("{key} = {:?}", path(name).display().to_string());
    std::fs::write(path("url"), "postgres://gw:hush@db/gw\n").unwrap();
    std::fs::write(path("bad"), "mysql://hush\n").unwrap();
    let key = "a2V5LWtleS1rZXkta2V5LWtleS1rZXkta2V5LWtleSE=";
    std::fs::write(path("key"), format!("# made by a test\n{key}\n")).unwrap();

    let load = |text: String| {
        std::fs::write(path("config"), text).unwrap();
        Config::load(Some(&path("config")))
    };
    let config = load(format!(
        "[database]\n{}\n[key]\n{}",
        named("url_file", "url"),
        named("file", "key")
    ))
    .unwrap();
    assert_eq!(config.database.url.expose(), "postgres://gw:hush@db/gw");
    assert_eq!(config.keyring().unwrap().ids().count(), 1);

    let bad = load(format!("[database]\n{}", named("url_file", "bad"))).unwrap_err();
    assert_eq!(bad[0].place, "database.url_file");
    assert!(!bad[0].to_string().contains("hush"));
    let missing = load(format!("[database]\n{}", named("url_file", "none"))).unwrap_err();
    assert!(missing[0].problem.contains("cannot be read"));
    let config = load(format!("[key]\n{}", named("file", "none"))).unwrap();
    let problem = config.keyring().unwrap_err();
    assert!(problem.remedy.contains("punchgate keys new >"), "{problem}");
    assert!(Config::load(Some(&path("nowhere"))).is_err());

    let by_environment = read("", &[("PUNCHGATE_KEY_VALUE", key)]).unwrap();
    assert_eq!(by_environment.keyring().unwrap().ids().count(), 1);
}

/// What is valid and most likely not meant.
#[test]
fn notes() {
    for (text, expected) in [
        ("", None),
        ("[server]\nlisten = \"127.0.0.1:9000\"", None),
        (
            "[server]\npublic_url = \"https://gw.example.com\"",
            Some("server.trusted_proxies: is empty, and server.public_url is https"),
        ),
        (
            "[server]\npublic_url = \"https://gw.example.com\"\ntrusted_proxies = [\"127.0.0.1\"]",
            None,
        ),
        (
            "[server]\npublic_url = \"https://gw.example.com\"\ntrusted_proxies = [\"0.0.0.0/0\"]",
            Some("server.trusted_proxies: believes everybody (0.0.0.0/0)"),
        ),
        (
            "[server]\nlisten = \"0.0.0.0:8080\"",
            Some("server.listen: 0.0.0.0:8080 is reached from other machines"),
        ),
    ] {
        let notes = read(text, &[]).unwrap().notes();
        let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
        assert_eq!(notes.len(), usize::from(expected.is_some()), "{text}: {notes:?}");
        if let Some(expected) = expected {
            assert!(notes[0].starts_with(expected), "{text}: {notes:?}");
        }
    }
}

#[test]
fn what_lies_in_a_section_within_a_section_is_read_and_named() {
    let mail =
        "[alerts]\nwindow_minutes = 5\n[alerts.email]\nhost = \"mail.example\"\nfrom = \"gw@s.example\"\n";
    let config = read(
        mail,
        &[
            ("PUNCHGATE_ALERTS_EMAIL_PASSWORD", "hush"),
            ("PUNCHGATE_ALERTS_EMAIL_TO", "a@s.example, b@s.example"),
        ],
    );
    let config = config.unwrap();
    assert_eq!(config.alerts.window.as_secs(), 300);
    assert_eq!(
        (config.alerts.email.port, config.alerts.email.tls),
        (587, MailTls::Starttls)
    );
    assert_eq!(config.alerts.email.to, ["a@s.example", "b@s.example"]);
    assert_eq!(config.alerts.email.password.expose(), "hush");
    assert!(!format!("{config:?}").contains("hush"));

    for (more, place) in [
        (
            "password = \"hush\"",
            "alerts.email.password: a password must not stand",
        ),
        ("hots = \"x\"", "alerts.email.hots: there is no such key"),
        ("tls = \"ssl\"", "alerts.email.tls"),
        ("tls = \"none\"", "alerts.email.tls: none would send"),
        ("port = 70000", "alerts.email.port"),
        ("to = [\"nobody\"]", "alerts.email.to: 'nobody' is no address"),
        (
            "to = [\"a@b.example\\r\\nBcc: eve@evil.example\"]",
            "alerts.email.to",
        ),
    ] {
        let found = problems(&format!("{mail}{more}\n"), &[]);
        assert!(
            found.len() == 1 && found[0].starts_with(place),
            "{more}: {found:?}"
        );
        assert!(!found[0].contains("hush"), "{found:?}");
    }
    assert_eq!(problems("[alerts]\nemail = 7", &[]).len(), 1);
    assert_eq!(
        problems("[alerts.email]\nhost = \"m.example\"", &[]).len(),
        1,
        "without a sender"
    );
    let near = problems("", &[("PUNCHGATE_ALERTS_EMAIL_PASWORD", "hush")]);
    assert!(
        near[0].contains("PUNCHGATE_ALERTS_EMAIL_PASSWORD") && !near[0].contains("hush"),
        "{near:?}"
    );
    for host in ["localhost", "127.0.0.1", "::1"] {
        let own = format!("[alerts.email]\nhost = \"{host}\"\nfrom = \"gw@s.example\"\ntls = \"none\"");
        assert_eq!(problems(&own, &[]), [""; 0], "{host}");
    }
}
