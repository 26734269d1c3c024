//! The mail server of `scripts/with-smtp`, and what it took.

use std::{fs, path::PathBuf};

use mail_parser::{Message, MessageParser};
use punchgate::config::{Config, MailTls};
use punchgate_app::seal::Secret;

/// The server, for one test: its recipients are nobody else's.
pub(super) struct Mailbox {
    pub(super) folder: PathBuf,
    /// Of the listener that is asked to encrypt, and of the one that does from the beginning.
    pub(super) ports: (u16, u16),
    test: String,
}

/// A mail as the server keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) raw: String,
}

impl Mailbox {
    /// None, and the word that says so, where no server runs.
    #[expect(
        clippy::disallowed_methods,
        reason = "the script names its server in the environment"
    )]
    #[expect(clippy::print_stderr, reason = "who runs the tests sees what was not tried")]
    pub(super) fn of(test: &str) -> Option<Self> {
        let Some(folder) = std::env::var_os("PUNCHGATE_TEST_SMTP").map(PathBuf::from) else {
            eprintln!("skipped: no mail server; scripts/with-smtp starts one");
            return None;
        };
        let text = fs::read_to_string(folder.join("ports")).unwrap();
        let mut ports = text.split_whitespace().map(|port| port.parse().unwrap());
        Some(Self {
            ports: (ports.next().unwrap(), ports.next().unwrap()),
            folder,
            test: format!("{test}-{}", std::process::id()),
        })
    }

    /// An address of this test's own.
    pub(super) fn address(&self, name: &str) -> String {
        format!("{name}-{}@supplier.example", self.test)
    }

    /// The recipient is put off (`later`) or refused (`refused`) as long as this stands.
    pub(super) fn keep_out(&self, how: &str, address: &str) -> PathBuf {
        let mark = self.folder.join(how).join(address.split('@').next().unwrap());
        fs::write(&mark, "").unwrap();
        mark
    }

    /// A configuration that writes to these over the listener that is asked to encrypt.
    pub(super) fn config(&self, config: &Config, to: &[&str]) -> Config {
        let mut config = config.clone();
        let email = &mut config.alerts.email;
        email.host = "localhost".to_owned();
        (email.port, email.tls) = (self.ports.0, MailTls::Starttls);
        email.user = "gateway".to_owned();
        email.password = Secret::new("mail-pw");
        email.root_certificate = fs::read(self.folder.join("root.pem")).unwrap();
        email.from = "punchgate@gateway.example".to_owned();
        email.to = to.iter().map(|one| (*one).to_owned()).collect();
        config
    }

    /// What an address was sent, in the order in which it was written.
    pub(super) fn of_address(&self, address: &str) -> Vec<Mail> {
        let Ok(queue) = fs::read_dir(self.folder.join("spool/input")) else {
            return Vec::new();
        };
        let heads = queue.map(|entry| entry.unwrap().path());
        let heads = heads.filter(|path| path.to_str().unwrap().ends_with("-H"));
        let mut mails: Vec<Mail> = heads.filter_map(|head| read(&head, address)).collect();
        mails.sort_by(|a, b| a.id.cmp(&b.id));
        mails
    }
}

/// The envelope, an empty line, and the headers, each behind its length, a mark and a space; the body in a file of its own.
fn read(head: &PathBuf, address: &str) -> Option<Mail> {
    let text = fs::read_to_string(head).unwrap();
    let (envelope, mut headers) = text.split_once("\n\n").unwrap();
    if !envelope.lines().any(|line| line == address) {
        return None;
    }
    let mut raw = String::new();
    while headers.len() > 5 {
        let length: usize = headers[..3].parse().unwrap();
        raw.push_str(&headers[5..5 + length]);
        headers = &headers[5 + length..];
    }
    let body = fs::read_to_string(head.to_str().unwrap().replace("-H", "-D")).unwrap();
    raw.push('\n');
    raw.push_str(body.split_once('\n').unwrap().1);
    let message: Message = MessageParser::default().parse(raw.as_bytes()).unwrap();
    Some(Mail {
        id: message.message_id().unwrap().to_owned(),
        subject: message.subject().unwrap().to_owned(),
        text: message.body_text(0).unwrap().into_owned(),
        raw,
    })
}
