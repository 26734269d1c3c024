//! What is entered at a page: read from its form into the keys that it would have in a file, and what is wrong with it told by
//! the words of the form.

use std::{collections::BTreeMap, io, path::Path};

use punchgate_app::{
    accounts::Author,
    declaration::DeclarationProblem,
    provisioning::{Entered, ProvisioningError, SecretSource, Subject},
};
use punchgate_domain::catalogue::Problem;
use toml::{Table, Value};

use super::page::NoPage;
use crate::gateway::Gateway;

/// Secrets out of a form, by the names under which its keys refer to them. There is nothing else that they could name.
#[derive(Default)]
pub(super) struct FormSecrets(BTreeMap<&'static str, String>);

impl FormSecrets {
    /// Keeps a secret; the reference to it.
    pub(super) fn keep(&mut self, name: &'static str, secret: &str) -> Value {
        self.0.insert(name, secret.to_owned());
        Value::Table(Table::from_iter([("env".to_owned(), name.into())]))
    }
}

impl SecretSource for FormSecrets {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn read(&self, _: &Path) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn create(&self, _: &Path, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Enters it; what is wrong with it, as lines for the form.
pub(super) async fn enter(
    gateway: &Gateway,
    (subject, table): (Subject, Table),
    secrets: &FormSecrets,
    author: &Author,
    label: fn(&str) -> &str,
) -> Result<(), NoPage> {
    let entered = Entered {
        subject,
        table,
        author,
    };
    let provisioning = gateway.connectors.provisioning(secrets);
    match provisioning.enter(&entered).await {
        Ok(_) => {
            gateway.directory.forget();
            Ok(())
        }
        Err(ProvisioningError::Storage(error)) => Err(NoPage::Database(error)),
        Err(ProvisioningError::Declared(problems)) => {
            let lines: Vec<String> = problems.iter().map(|problem| line(problem, label)).collect();
            Err(NoPage::Problem(Problem::Validation, lines.join("\n")))
        }
        Err(error) => Err(NoPage::Problem(Problem::Internal, error.to_string())),
    }
}

/// `supplier acme / relationship globex / return_hosts: …` under the name that the field has on the page.
fn line(problem: &DeclarationProblem, label: fn(&str) -> &str) -> String {
    let key = problem.place.rsplit(" / ").next().unwrap_or_default();
    format!("{}: {}", label(key), problem.problem)
}

/// A key with a text, unless the text is empty.
pub(super) fn text(table: &mut Table, key: &str, text: &str) {
    let text = text.trim();
    if !text.is_empty() {
        table.insert(key.to_owned(), text.into());
    }
}

/// An id made of a name, where none is given.
pub(super) fn id_or_slug(id: &str, name: &str) -> String {
    /// Longest id.
    const MOST: usize = 40;
    let id = id.trim();
    if !id.is_empty() {
        return id.to_owned();
    }
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(MOST);
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::id_or_slug;

    #[test]
    fn an_id_is_made_of_the_name() {
        for (id, name, expected) in [
            ("", "Acme Industrial Supply", "acme-industrial-supply"),
            ("", "  Globex, by network (US) ", "globex-by-network-us"),
            ("acme", "Whatever", "acme"),
            ("", "Größe & Söhne", "gr-e-s-hne"),
            ("", "…", ""),
            (
                "",
                "A name that is much longer than an id may ever be here",
                "a-name-that-is-much-longer-than-an-id-ma",
            ),
        ] {
            assert_eq!(id_or_slug(id, name), expected);
        }
    }
}
