//! Holds that the ERP keeps under ids of its own: told under the ids with which we placed them, and written under the ERP's.
//! The ERP says which is which: in a column of the hold, or in its answer to the request that placed it.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_connector::{ConnectorResult, context::LeftOut};

use super::{BELONGING, KEYS, Sql};
use crate::{convert::requests, database::Session, fault::unreadable, row::Row, statement::Statement};

/// By our id of a hold, the ERP's; of one customer, and only where the two differ.
#[derive(Debug, Default)]
pub(super) struct OwnIds(BTreeMap<String, String>);

impl OwnIds {
    pub(super) fn own<'i>(&'i self, id: &'i str) -> &'i str {
        self.0.get(id).map_or(id, String::as_str)
    }

    pub(super) fn owned(&self, ids: &[String]) -> Vec<String> {
        ids.iter().map(|id| self.own(id).to_owned()).collect()
    }
}

/// By customer and the ERP's id of a hold, ours.
type Answers = BTreeMap<(String, String), String>;

impl Sql {
    /// The holds, each under the id by which it is told.
    pub(super) async fn told_by_our_ids(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        holds: Vec<Row>,
    ) -> ConnectorResult<Vec<Row>> {
        let answers = self.answers(session, operation, &holds).await?;
        let ids = told_ids(&holds, &answers);
        let told = holds.into_iter().zip(ids).map(|(row, id)| match id {
            Some(id) => row.with("id", &id),
            None => row,
        });
        Ok(told.collect())
    }

    /// The ERP's ids of a customer's holds.
    pub(super) async fn own_ids(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        customer: &str,
    ) -> ConnectorResult<OwnIds> {
        let has_reference = self
            .settings
            .tables
            .holds
            .as_ref()
            .is_some_and(|table| table.has("reference"));
        if !has_reference && self.answering().is_none() {
            return Ok(OwnIds::default());
        }
        let holds = self.hold_rows(session, operation, &[customer]).await?;
        let answers = self.answers(session, operation, &holds).await?;
        let ids = told_ids(&holds, &answers);
        let renamed = holds
            .iter()
            .zip(ids)
            .filter_map(|(row, id)| Some((id?, row.owned("id").ok()??)));
        Ok(OwnIds(renamed.collect()))
    }

    /// The table of requests, if its answers name ids.
    fn answering(&self) -> Option<&crate::schema::Table> {
        let table = self.settings.tables.account_requests.as_ref();
        table.filter(|table| table.has("placed_as"))
    }

    /// What answers to requests of these holds' customers say of ids. One that cannot be read renames nothing, and is told.
    async fn answers(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        holds: &[Row],
    ) -> ConnectorResult<Answers> {
        let mut answers = Answers::new();
        let Some(table) = self.answering() else {
            return Ok(answers);
        };
        let customers: BTreeSet<&str> = holds.iter().filter_map(|row| text(row, "customer")).collect();
        let customers: Vec<&str> = customers.into_iter().collect();
        let Some(named) = table.column("placed_as") else {
            return Ok(answers);
        };
        for keys in customers.chunks(KEYS) {
            let statement = Statement::select(self.dialect(), table)
                .push(" where ")
                .among(&table.needed("customer"), keys.iter().copied())
                .push(&format!(
                    " and {} is not null limit {}",
                    named.quoted,
                    BELONGING + 1
                ));
            let rows = session.read(&statement).await?;
            if rows.len() > BELONGING {
                let problem = format!(
                    "{}: more than {BELONGING} answers of one page name ids: remove old ones, or lower settings.page_size",
                    table.name
                );
                return Err(unreadable(operation, problem));
            }
            for row in rows {
                let customer = row.key("customer");
                match requests::placed_as(&row) {
                    Ok(ours) => {
                        answers.extend(ours.into_iter().map(|(own, id)| ((customer.clone(), own), id)));
                    }
                    Err(mismatch) => session.leave_out(LeftOut {
                        problem: format!("request {}: {mismatch}", row.key("id")),
                        external_id: customer,
                    }),
                }
            }
        }
        Ok(answers)
    }
}

fn text<'r>(row: &'r Row, name: &'static str) -> Option<&'r str> {
    row.text(name).ok().flatten()
}

/// Of each hold the id by which it is told, where that is not its own. No two of a customer's are told by one id: then a
/// hold would be lost.
fn told_ids(holds: &[Row], answers: &Answers) -> Vec<Option<String>> {
    let place = |row: &Row, id: &str| {
        (
            text(row, "customer").unwrap_or_default().to_owned(),
            id.to_owned(),
        )
    };
    let mut taken: BTreeSet<(String, String)> = holds
        .iter()
        .filter_map(|row| Some(place(row, text(row, "id")?)))
        .collect();
    let told = holds.iter().map(|row| {
        let own = place(row, text(row, "id")?);
        let id = match text(row, "reference") {
            Some(id) => id.to_owned(),
            None => answers.get(&own)?.clone(),
        };
        taken.insert((own.0, id.clone())).then_some(id)
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(customer: &str, id: &str, reference: &str) -> Row {
        let cells = [("customer", customer), ("id", id), ("reference", reference)];
        let cells = cells.map(|(name, text)| (name, Some(text.as_bytes().to_vec())));
        Row::new(cells.into())
    }

    #[test]
    fn no_hold_is_lost_for_an_id_that_another_has() {
        let answers = Answers::from([
            (("C-1".to_owned(), "3".to_owned()), "h3".to_owned()),
            (("C-1".to_owned(), "4".to_owned()), "h1".to_owned()),
            (("C-1".to_owned(), "5".to_owned()), "6".to_owned()),
        ]);
        let cases = [
            (hold("C-1", "1", "h1"), Some("h1")),
            (hold("C-2", "2", "h1"), Some("h1")),
            (hold("C-1", "3", ""), Some("h3")),
            // Told already, and there under that very id.
            (hold("C-1", "4", ""), None),
            (hold("C-1", "5", ""), None),
            (hold("C-1", "6", ""), None),
            (hold("C-2", "3", ""), None),
            (hold("C-1", "h7", "h7"), None),
        ];
        let (holds, expected): (Vec<Row>, Vec<Option<&str>>) = cases.into_iter().unzip();
        let told = told_ids(&holds, &answers);
        assert_eq!(told.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
    }
}
