//! A list that was read from the source, and its texts: with all filters, with some, further on.

/// One list.
#[derive(Debug, Clone)]
pub(crate) struct List {
    select: String,
    order: String,
    pub(crate) filters: Vec<Filter>,
    /// What goes on after the last row of a page.
    pub(crate) cursor: Option<Filter>,
}

/// A condition that a list may have.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// The column that it is of.
    pub(crate) of: String,
    /// Its values are `$1` and `$2`, the supplier is `$0`.
    condition: String,
    binds: usize,
}

impl Filter {
    /// In the condition the column stands as `{}`.
    pub(crate) fn of(column: &str, condition: &str, binds: usize) -> Self {
        Self {
            of: column.to_owned(),
            condition: condition.replace("{}", column),
            binds,
        }
    }

    /// The condition with its values from this one on.
    fn at(&self, first: usize) -> String {
        let places = [("$2", first + 1), ("$1", first)];
        let marked = places.iter().fold(self.condition.clone(), |text, (from, to)| {
            text.replace(from, &format!("\u{1}{to}"))
        });
        marked.replace("$0", "$1").replace('\u{1}', "$")
    }
}

impl List {
    pub(crate) fn of(select: String, order: String) -> Self {
        Self {
            select,
            order,
            filters: Vec::new(),
            cursor: None,
        }
    }

    /// The table that it is of.
    pub(crate) fn table(&self) -> &str {
        self.select.rsplit(' ').next().unwrap()
    }

    pub(crate) fn is_cursor(&self, filter: &Filter) -> bool {
        self.cursor
            .as_ref()
            .is_some_and(|cursor| cursor.condition == filter.condition)
    }

    /// The text with these filters, and how many values it takes.
    pub(crate) fn with<'a>(&self, filters: impl IntoIterator<Item = &'a Filter>) -> (String, usize) {
        let mut sql = format!("{} where supplier_id = $1", self.select);
        let mut binds = 1;
        for filter in filters {
            sql = format!("{sql} and {}", filter.at(binds + 1));
            binds += filter.binds;
        }
        let limit = binds + 1;
        (format!("{sql} order by {} limit ${limit}", self.order), limit)
    }
}
