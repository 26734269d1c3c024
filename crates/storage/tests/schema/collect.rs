//! Every SQL text of the crate, collected from its source with what it is given and what it is read into.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::TokenStream;
use syn::{
    Expr, Item, Local, Macro, Pat, Type,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::{
    lists::{Filter, List},
    resolve::{TextMacros, arguments},
};

/// On which databases a text runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Everywhere,
    Sqlite,
    Postgres,
}

/// What the columns are read into.
#[derive(Debug, Clone)]
pub(crate) enum ReadInto {
    Nothing,
    Tuple(usize),
    Row(Vec<String>),
}

/// One SQL text.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) place: String,
    pub(crate) sql: String,
    pub(crate) on: On,
    pub(crate) binds: usize,
    pub(crate) into: ReadInto,
}

/// All texts of the crate, and what could not be read as one.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) statements: Vec<Statement>,
    /// The lists, of which each filter may be left out.
    pub(crate) lists: Vec<(String, List)>,
    pub(crate) unread: Vec<String>,
}

/// Reads the crate's source.
pub(crate) fn collect() -> Collected {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let files: BTreeMap<String, syn::File> = files
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (
                name,
                syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap(),
            )
        })
        .collect();
    let rows: HashMap<String, Vec<String>> = files.values().flat_map(rows).collect();
    let mut collected = Collected::default();
    for (name, file) in &files {
        let mut reader = Reader {
            file: name,
            macros: TextMacros::of(file),
            rows: &rows,
            texts: HashMap::new(),
            lists: HashMap::new(),
            collected: &mut collected,
        };
        reader.visit_file(file);
    }
    collected
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The row structs of a file and their columns.
fn rows(file: &syn::File) -> Vec<(String, Vec<String>)> {
    let structs = file.items.iter().filter_map(|item| match item {
        Item::Struct(item) => Some(item),
        _ => None,
    });
    structs
        .filter(|item| {
            let derives = item
                .attrs
                .iter()
                .filter(|attribute| attribute.path().is_ident("derive"));
            derives
                .filter_map(|attribute| attribute.meta.require_list().ok())
                .any(|list| list.tokens.to_string().contains("FromRow"))
        })
        .map(|item| (item.ident.to_string(), item.fields.iter().map(column).collect()))
        .collect()
}

/// The column that a field is read from; `..Row` for a row within the row.
fn column(field: &syn::Field) -> String {
    let flattened = field.attrs.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("sqlx") && list.is_ok_and(|list| list.tokens.to_string() == "flatten")
    });
    match &field.ty {
        Type::Path(row) if flattened => format!("..{}", row.path.segments.last().unwrap().ident),
        _ => field.ident.as_ref().unwrap().to_string(),
    }
}

/// A text, or one for each database.
#[derive(Clone)]
enum Text {
    Same(String),
    Apart(String, String),
}

struct Reader<'a> {
    file: &'a str,
    macros: TextMacros,
    rows: &'a HashMap<String, Vec<String>>,
    /// `let sql = tx.sql(…)` of the function that is being read.
    texts: HashMap<String, Text>,
    /// `let list = ListQuery::of(…)…` of it.
    lists: HashMap<String, List>,
    collected: &'a mut Collected,
}

impl Reader<'_> {
    fn text(&self, expression: &Expr) -> Option<Text> {
        if let Some(text) = self.macros.text(expression) {
            return Some(Text::Same(text));
        }
        match expression {
            Expr::Path(path) => self.texts.get(&path.path.get_ident()?.to_string()).cloned(),
            Expr::MethodCall(call) if call.method == "sql" => Some(Text::Apart(
                self.macros.text(call.args.first()?)?,
                self.macros.text(call.args.get(1)?)?,
            )),
            _ => None,
        }
    }

    fn columns(&self, row: &str) -> Option<Vec<String>> {
        let mut columns = Vec::new();
        for column in self.rows.get(row)? {
            match column.strip_prefix("..") {
                Some(inner) => columns.extend(self.columns(inner)?),
                None => columns.push(column.clone()),
            }
        }
        Some(columns)
    }

    fn read_into(&self, row: &TokenStream) -> Option<ReadInto> {
        match &syn::parse2(row.clone()).ok()? {
            Type::Tuple(tuple) => Some(ReadInto::Tuple(tuple.elems.len())),
            Type::Path(path) => {
                let name = path.path.segments.last()?.ident.to_string();
                Some(ReadInto::Row(self.columns(&name)?))
            }
            _ => None,
        }
    }

    fn add(&mut self, line: usize, text: Text, binds: usize, into: &ReadInto) {
        let place = format!("{}:{line}", self.file);
        let texts = match text {
            // Locks are PostgreSQL's; such a text stands in a branch of its own.
            Text::Same(sql) if sql.contains(" for update") => vec![(sql, On::Postgres)],
            Text::Same(sql) => vec![(sql, On::Everywhere)],
            Text::Apart(sqlite, postgres) => vec![(sqlite, On::Sqlite), (postgres, On::Postgres)],
        };
        for (sql, on) in texts {
            self.collected.statements.push(Statement {
                place: place.clone(),
                sql,
                on,
                binds,
                into: into.clone(),
            });
        }
    }

    /// A call of one of the crate's macros; `None` if it could not be read.
    fn call(&mut self, name: &str, line: usize, given: &[TokenStream]) -> Option<()> {
        let expression = |place: usize| syn::parse2::<Expr>(given.get(place)?.clone()).ok();
        match name {
            "execute" => {
                let text = self.text(&expression(1)?)?;
                self.add(line, text, given.len() - 2, &ReadInto::Nothing);
            }
            "fetch_optional" | "fetch_all" => {
                let (into, text) = (self.read_into(given.get(1)?)?, self.text(&expression(2)?)?);
                self.add(line, text, given.len() - 3, &into);
            }
            "fetch_in" => {
                let into = self.read_into(given.get(1)?)?;
                let (head, tail) = (
                    self.macros.text(&expression(2)?)?,
                    self.macros.text(&expression(3)?)?,
                );
                let first = given.len() - 4;
                let sql = format!("{head}${first}, ${}{tail}", first + 1);
                self.add(line, Text::Same(sql), first + 1, &into);
            }
            "insert_rows" => {
                let (head, tail) = (
                    self.macros.text(&expression(1)?)?,
                    self.macros.text(&expression(2)?)?,
                );
                let Expr::Closure(closure) = expression(4)? else {
                    return None;
                };
                let Expr::Array(binds) = &*closure.body else {
                    return None;
                };
                let places: Vec<String> = (1..=binds.elems.len()).map(|place| format!("${place}")).collect();
                let sql = format!("{head} values ({}) {tail}", places.join(", "));
                self.add(line, Text::Same(sql), binds.elems.len(), &ReadInto::Nothing);
            }
            "fetch_rows" => {
                let into = self.read_into(given.get(1)?)?;
                let (head, tail) = (
                    self.macros.text(&expression(2)?)?,
                    self.macros.text(&expression(3)?)?,
                );
                let Expr::Closure(closure) = expression(5)? else {
                    return None;
                };
                let Expr::Array(binds) = &*closure.body else {
                    return None;
                };
                let places: Vec<String> = (1..=binds.elems.len()).map(|place| format!("${place}")).collect();
                let sql = format!("{head} values ({}) {tail}", places.join(", "));
                self.add(line, Text::Same(sql), binds.elems.len(), &into);
            }
            "fetch_list" => {
                let into = self.read_into(given.get(1)?)?;
                let Expr::Path(path) = expression(2)? else {
                    return None;
                };
                let list = self.lists.get(&path.path.get_ident()?.to_string())?.clone();
                let (sql, binds) = list.with(list.filters.iter().chain(&list.cursor));
                self.add(line, Text::Same(sql), binds, &into);
                self.collected.lists.push((format!("{}:{line}", self.file), list));
            }
            _ => {}
        }
        Some(())
    }

    /// A chain that begins with `ListQuery::of`.
    fn list(&self, expression: &Expr) -> Option<List> {
        match expression {
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else {
                    return None;
                };
                let names: Vec<_> = path.path.segments.iter().map(|it| it.ident.to_string()).collect();
                let is_list = names.ends_with(&["ListQuery".to_owned(), "of".to_owned()]);
                let select = is_list.then(|| self.macros.text(call.args.first()?)).flatten()?;
                let order = self.macros.text(call.args.get(2)?)?;
                Some(List::of(select, order))
            }
            Expr::MethodCall(call) => {
                let mut list = self.list(&call.receiver)?;
                let text = |place: usize| self.macros.text(call.args.get(place)?);
                let filter = match call.method.to_string().as_str() {
                    "equal" => Filter::of(&text(0)?, "{} = $1", 1),
                    "from" => Filter::of(&text(0)?, "{} >= $1", 1),
                    "until" => Filter::of(&text(0)?, "{} < $1", 1),
                    "begins" => Filter::of(&text(0)?, "{} >= $1 and {} < $2", 2),
                    "among" => Filter::of(
                        &text(0)?,
                        &format!("{{}} in ({} = $1)", text(1)?.replace("$1", "$0")),
                        1,
                    ),
                    "only" => Filter::of(&text(0)?, "{}", 0),
                    method @ ("after" | "after_ascending") => {
                        let (time, id) = (text(0)?, text(1)?);
                        let beyond = if method == "after" { '<' } else { '>' };
                        let cursor = format!("{{}} {beyond}= $1 and ({{}} {beyond} $1 or {id} {beyond} $2)");
                        list.cursor = Some(Filter::of(&time, &cursor, 2));
                        return Some(list);
                    }
                    "any_equal" => {
                        let Expr::Reference(columns) = call.args.first()? else {
                            return None;
                        };
                        let Expr::Array(columns) = &*columns.expr else {
                            return None;
                        };
                        let tests: Option<Vec<String>> = columns
                            .elems
                            .iter()
                            .map(|column| Some(format!("{} = $1", self.macros.text(column)?)))
                            .collect();
                        Filter::of("search", &format!("({})", tests?.join(" or ")), 1)
                    }
                    _ => return None,
                };
                list.filters.push(filter);
                Some(list)
            }
            _ => None,
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.texts.clear();
        self.lists.clear();
        visit::visit_item_fn(self, function);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init) {
            let name = name.ident.to_string();
            if let Some(list) = self.list(&init.expr) {
                self.lists.insert(name, list);
            } else if let Some(text) = self.text(&init.expr) {
                self.texts.insert(name, text);
            }
        }
        visit::visit_local(self, local);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        const OURS: [&str; 7] = [
            "execute",
            "fetch_optional",
            "fetch_all",
            "fetch_in",
            "fetch_rows",
            "insert_rows",
            "fetch_list",
        ];
        let Some(name) = call.path.get_ident().map(ToString::to_string) else {
            return;
        };
        let given = arguments(call.tokens.clone());
        let line = call.span().start().line;
        if OURS.contains(&name.as_str()) && self.call(&name, line, &given).is_none() {
            self.collected
                .unread
                .push(format!("{}:{line}: {name}!", self.file));
        }
        // Texts are also run inside arguments of other macros.
        for argument in given {
            if let Ok(argument) = syn::parse2(argument) {
                visit::visit_expr(self, &argument);
            }
        }
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let names: Vec<_> = path.path.segments.iter().map(|it| it.ident.to_string()).collect();
        let runs_sql = names.len() == 2 && names[0] == "sqlx" && names[1].starts_with("query");
        if runs_sql {
            let line = path.span().start().line;
            self.collected.unread.push(format!(
                "{}:{line}: {} outside of the macros",
                self.file,
                names.join("::")
            ));
        }
    }
}
