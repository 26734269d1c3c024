//! Whose a hold is, where the database compares keys less exactly than we do: what it has found for a customer is never
//! lost for a capital letter or a blank.

use punchgate_connector::published::Mismatch;

use crate::row::Row;

/// The rows, each with a key of those that were asked for in `column`. What belongs to none of them to the letter belongs to
/// all that differ from it in case or blanks only; to whom else is a mystery, and nothing is told then.
pub(super) fn with_asked_keys(
    rows: Vec<Row>,
    column: &'static str,
    keys: &[&str],
) -> Result<Vec<Row>, Mismatch> {
    let mut owned = Vec::with_capacity(rows.len());
    for row in rows {
        let owner = row.required(column)?;
        if keys.contains(&owner) {
            owned.push(row);
            continue;
        }
        let alike: Vec<&&str> = keys.iter().filter(|key| loose(key) == loose(owner)).collect();
        if alike.is_empty() {
            let problem = format!("'{owner}' is no customer's key to the letter: write both alike");
            return Err(Mismatch::new(column, problem));
        }
        owned.extend(alike.into_iter().map(|key| row.with(column, key)));
    }
    Ok(owned)
}

fn loose(key: &str) -> String {
    key.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (
        &'static [u8],
        &'static [&'static str],
        Option<&'static [&'static str]>,
    );

    #[test]
    fn no_hold_is_lost_for_how_its_customer_is_written() {
        let row = |owner: &[u8]| {
            Row::new(vec![
                ("customer", Some(owner.to_vec())),
                ("code", Some(b"Z1".to_vec())),
            ])
        };
        let owners = |owner: &[u8], keys: &[&str]| {
            let rows = with_asked_keys(vec![row(owner)], "customer", keys).ok()?;
            Some(rows.iter().map(|row| row.key("customer")).collect::<Vec<_>>())
        };
        let cases: [Case; 6] = [
            (b"C-1", &["C-1", "c-1"], Some(&["C-1"])),
            (b"c-1", &["C-1", "C-2"], Some(&["C-1"])),
            (b"c-1 ", &["C-1", "c-1"], Some(&["C-1", "c-1"])),
            (b"muller", &["m\u{fc}ller"], None),
            (b"\xff", &["C-1"], None),
            (b"", &["C-1"], None),
        ];
        for (owner, keys, expected) in cases {
            let expected = expected.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
            assert_eq!(owners(owner, keys), expected, "{owner:?}");
        }
    }
}
