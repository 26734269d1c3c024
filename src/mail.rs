//! Mail to people, over the mail server of the configuration: one connection a mail.

use std::error::Error as _;

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    address::AddressError,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use punchgate_app::alerts::{Letter, MailTrouble, Mailer};

use crate::config::{Email, MailTls};

/// Answers of a server that does not let us in: whoever looks after the configuration mends that, and no mail is to blame.
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

/// The way to the mail server.
#[derive(Debug)]
pub(crate) struct SmtpMailer {
    settings: Email,
    /// How this machine greets.
    name: String,
}

impl SmtpMailer {
    /// Nobody is connected to yet. `name` is the host of the public address.
    pub(crate) fn new(settings: Email, name: &str) -> Self {
        Self {
            settings,
            name: name.to_owned(),
        }
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailTrouble> {
        let own = &self.settings;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(own.host.as_str())
            .port(own.port)
            .tls(self.tls().map_err(|error| self.closed(&words(&error)))?)
            .hello_name(ClientId::Domain(self.name.clone()))
            .timeout(Some(own.timeout));
        if !own.user.is_empty() {
            let password = own.password.expose().to_owned();
            builder = builder.credentials(Credentials::new(own.user.clone(), password));
        }
        Ok(builder.build())
    }

    fn tls(&self) -> Result<Tls, smtp::Error> {
        if self.settings.tls == MailTls::None {
            return Ok(Tls::None);
        }
        let mut parameters = TlsParameters::builder(self.settings.host.clone());
        if !self.settings.root_certificate.is_empty() {
            parameters =
                parameters.add_root_certificate(Certificate::from_pem(&self.settings.root_certificate)?);
        }
        let parameters = parameters.build_rustls()?;
        Ok(match self.settings.tls {
            MailTls::Tls => Tls::Wrapper(parameters),
            _ => Tls::Required(parameters),
        })
    }

    fn at(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    fn closed(&self, why: &str) -> MailTrouble {
        MailTrouble::Closed(format!("the mail server {} cannot be used so: {why}", self.at()))
    }

    fn trouble(&self, error: &smtp::Error) -> MailTrouble {
        let (at, why) = (self.at(), words(error));
        match error.status().map(u16::from) {
            Some(code) if NOT_LET_IN.contains(&code) => {
                let user = &self.settings.user;
                MailTrouble::Closed(format!("the mail server {at} does not let '{user}' in: {why}"))
            }
            _ if error.is_permanent() => {
                MailTrouble::Refused(format!("the mail server {at} refuses it: {why}"))
            }
            _ if error.is_transient() => {
                MailTrouble::Later(format!("the mail server {at} says later: {why}"))
            }
            _ if error.is_tls() || error.is_client() => self.closed(&why),
            _ => MailTrouble::Later(format!("the mail server {at} gives no answer: {why}")),
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, String> {
        let mailbox = |address: &str| {
            let read = address
                .parse()
                .map_err(|error: AddressError| format!("{address}: {error}"));
            read.map(|address| Mailbox::new(None, address))
        };
        Message::builder()
            .from(mailbox(&self.settings.from)?)
            .to(mailbox(&letter.to)?)
            .message_id(Some(format!("<{}>", letter.id)))
            .date(letter.at.into())
            .subject(letter.subject.as_str())
            // Nobody's holiday is to be told to a machine.
            .raw_header(header("Auto-Submitted", "auto-generated")?)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone())
            .map_err(|error| error.to_string())
    }
}

fn header(name: &'static str, value: &str) -> Result<lettre::message::header::HeaderValue, String> {
    let name = lettre::message::header::HeaderName::new_from_ascii(name.to_owned())
        .map_err(|error| error.to_string())?;
    Ok(lettre::message::header::HeaderValue::new(name, value.to_owned()))
}

/// With what lies behind it, each once.
fn words(error: &smtp::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, letter: &Letter) -> Result<String, MailTrouble> {
        let message = self.message(letter).map_err(MailTrouble::Refused)?;
        let sent = self.transport()?.send(message).await;
        let answer = sent.map_err(|error| self.trouble(&error))?;
        Ok(answer.message().collect::<Vec<_>>().join(" "))
    }

    async fn check(&self) -> Result<String, MailTrouble> {
        match self.transport()?.test_connection().await {
            Ok(true) => Ok(format!("{} lets us in", self.at())),
            Ok(false) => Err(MailTrouble::Later(format!(
                "the mail server {} is not ready",
                self.at()
            ))),
            Err(error) => Err(self.trouble(&error)),
        }
    }
}
