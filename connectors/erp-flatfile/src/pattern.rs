//! Names of files: `customers-{seq}.csv`, `customers*.csv`.

/// A pattern of names. `{seq}` is a sequence number, `*` anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: String,
    /// The texts between the marks, and the mark behind each but the last.
    parts: Vec<(String, Option<Mark>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Sequence,
    Anything,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        loop {
            let sequence = rest.find("{seq}");
            let anything = rest.find('*');
            let (at, mark, length) = match (sequence, anything) {
                (Some(at), None) => (at, Mark::Sequence, 5),
                (Some(at), Some(other)) if at < other => (at, Mark::Sequence, 5),
                (_, Some(at)) => (at, Mark::Anything, 1),
                (None, None) => break,
            };
            parts.push((rest[..at].to_owned(), Some(mark)));
            rest = &rest[at + length..];
        }
        parts.push((rest.to_owned(), None));
        let marks = parts
            .iter()
            .filter(|(_, mark)| *mark == Some(Mark::Sequence))
            .count();
        let plain = parts
            .iter()
            .all(|(text, _)| !text.contains(['/', '\\', '{', '}']));
        if text.is_empty() || marks > 1 || !plain || text.starts_with('.') {
            return Err(format!(
                "'{text}' is no pattern of names: write one such as customers-{{seq}}.csv or customers*.csv"
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// Whether names carry a sequence number.
    pub(crate) fn has_sequence(&self) -> bool {
        self.parts.iter().any(|(_, mark)| *mark == Some(Mark::Sequence))
    }

    /// Whether a name is meant: with its sequence number, where it has one.
    pub(crate) fn matches(&self, name: &str) -> Option<Option<u64>> {
        fits(&self.parts, name)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

fn fits(parts: &[(String, Option<Mark>)], name: &str) -> Option<Option<u64>> {
    let ((text, mark), behind) = parts.split_first()?;
    let rest = name.strip_prefix(text.as_str())?;
    match mark {
        None => rest.is_empty().then_some(None),
        Some(Mark::Sequence) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number = rest.get(..digits)?.parse().ok()?;
            fits(behind, rest.get(digits..)?)?;
            Some(Some(number))
        }
        Some(Mark::Anything) => {
            let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.find_map(|at| fits(behind, rest.get(at..)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let cases = [
            ("customers-{seq}.csv", "customers-0012.csv", Some(Some(12))),
            ("customers-{seq}.csv", "customers-.csv", None),
            ("customers-{seq}.csv", "customers-12.csv.tmp", None),
            ("customers-{seq}.csv", "customers-12x.csv", None),
            (
                "customers-{seq}.csv",
                "customers-99999999999999999999999.csv",
                None,
            ),
            ("customers*.csv", "customers-2026-03-31.csv", Some(None)),
            ("customers*.csv", "customers.csv", Some(None)),
            ("c*-{seq}-*.csv", "cust-7-x.csv", Some(Some(7))),
            ("customers.csv", "customers.csv", Some(None)),
            ("customers.csv", "Customers.csv", None),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches(name),
                expected,
                "{pattern} {name}"
            );
        }
        for text in ["", "in/x.csv", "{seq}-{seq}", "{no}.csv", ".hidden"] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }
}
