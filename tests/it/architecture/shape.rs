//! The shape of a file: its name, its length, what its first line says. Reads nothing but the file itself.

use super::paths::{Source, for_tests};
use super::{Place, Violation};

/// Lines after which a file is two files.
pub(super) const LONGEST_FILE: usize = 500;

/// Names that say nothing about what a module owns.
const NAMELESS: &[&str] = &[
    "common", "helper", "helpers", "manager", "managers", "misc", "shared", "types", "util", "utils",
];

/// Every way in which a file's shape breaks the layout.
pub(super) fn violations(sources: &[Source]) -> Vec<Violation> {
    sources.iter().flat_map(of_one).collect()
}

fn of_one(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut note = |rule, what: String, why| {
        found.push(Violation {
            rule,
            place: source.place.clone(),
            what,
            why,
        });
    };
    let lines = source.text.lines().count();
    if lines > LONGEST_FILE {
        note(
            "length",
            format!("{lines} lines"),
            "a file of more than 500 lines owns more than one thing",
        );
    }
    if source.place.ends_with("/mod.rs") {
        note(
            "name",
            "is a mod.rs".to_owned(),
            "a module `name` is `name.rs` beside `name/`",
        );
    }
    for name in source
        .place
        .trim_end_matches(".rs")
        .split('/')
        .filter(|name| NAMELESS.contains(name))
    {
        note(
            "name",
            format!("is called `{name}`"),
            "a module's name is a noun of the field",
        );
    }
    let Ok(file) = syn::parse_file(&source.text) else {
        note(
            "readable",
            "does not parse".to_owned(),
            "a source that does not parse cannot be checked",
        );
        return found;
    };
    if !says_what_it_owns(&file.attrs) {
        note(
            "heading",
            "has no `//!` at its top".to_owned(),
            "every module says what it owns and must not do",
        );
    }
    if let Some(library) = Place(&source.place).library() {
        let documented = file.attrs.iter().any(warns_of_missing_docs);
        if !documented && (library.starts_with("crates/") || library == "connectors/api") {
            note(
                "heading",
                "lacks #![warn(missing_docs)]".to_owned(),
                "what other crates call is documented",
            );
        }
    }
    inside(&file.items, source, &mut found);
    found
}

fn inside(items: &[syn::Item], source: &Source, found: &mut Vec<Violation>) {
    for item in items {
        let what = match item {
            syn::Item::Mod(module) => {
                if module
                    .attrs
                    .iter()
                    .any(|attribute| attribute.path().is_ident("path"))
                {
                    Some((
                        format!("`{}` stands elsewhere by #[path]", module.ident),
                        "a module's folder says what it may name",
                    ))
                } else {
                    if let Some((_, items)) = &module.content {
                        inside(items, source, found);
                    }
                    let named = NAMELESS.contains(&module.ident.to_string().as_str());
                    named.then(|| {
                        (
                            format!("has a module `{}`", module.ident),
                            "a module's name is a noun of the field",
                        )
                    })
                }
            }
            syn::Item::Static(item)
                if Place(&source.place).is_in("connectors/*") && !for_tests(&item.attrs) =>
            {
                Some((
                    format!("has the static `{}`", item.ident),
                    "a connector keeps no state of its own",
                ))
            }
            syn::Item::Macro(item) if item.mac.path.is_ident("include") => Some((
                "includes Rust source".to_owned(),
                "a module's folder says what it may name",
            )),
            _ => None,
        };
        if let Some((what, why)) = what {
            found.push(Violation {
                rule: "item",
                place: source.place.clone(),
                what,
                why,
            });
        }
    }
}

fn says_what_it_owns(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => text.value().trim().len() > 3,
            _ => true,
        },
        _ => false,
    })
}

fn warns_of_missing_docs(attribute: &syn::Attribute) -> bool {
    let level = attribute.path().is_ident("warn") || attribute.path().is_ident("deny");
    matches!(&attribute.meta, syn::Meta::List(list) if level && list.tokens.to_string().contains("missing_docs"))
}
