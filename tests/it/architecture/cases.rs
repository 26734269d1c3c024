//! Shows that the architecture's rules fail on what they forbid, kind by kind, and leave alone what they allow.

mod modules;
mod packages;

use super::paths::Source;
use super::{EXCEPTIONS, Place, Violation, judge, shape, sources};

fn source(place: &str, text: &str) -> Source {
    let krate = match place.rsplit_once("/src/") {
        None => "punchgate".to_owned(),
        Some((folder, _)) => format!("punchgate_{}", folder.replace(['-', '/'], "_")),
    };
    sources::source(&krate, place.to_owned(), text.to_owned())
}

#[test]
fn the_shape_of_a_file_is_checked() {
    let long = "//! Long.\n".to_owned() + &"// line\n".repeat(shape::LONGEST_FILE);
    let cases: &[(&str, &str, &[&str])] = &[
        ("src/http/cart.rs", "//! Carts.\n", &[]),
        ("src/http/cart.rs", "// Carts.\n", &["has no `//!` at its top"]),
        ("src/http/cart.rs", "//!\n", &["has no `//!` at its top"]),
        (
            "src/http/cart.rs",
            "/// Of the item.\nstruct Cart;",
            &["has no `//!` at its top"],
        ),
        ("src/http/cart.rs", &long, &["501 lines"]),
        ("src/http/mod.rs", "//! Pages.\n", &["is a mod.rs"]),
        (
            "src/http/utils.rs",
            "//! Odds and ends.\n",
            &["is called `utils`"],
        ),
        ("src/types/cart.rs", "//! Carts.\n", &["is called `types`"]),
        (
            "src/http/cart.rs",
            "//! Carts.\nmod helpers { }",
            &["has a module `helpers`"],
        ),
        (
            "src/http/cart.rs",
            "//! Carts.\nmod a { mod common { } }",
            &["has a module `common`"],
        ),
        (
            "src/http.rs",
            "//! Pages.\n#[path = \"x.rs\"] mod cart;",
            &["`cart` stands elsewhere by #[path]"],
        ),
        (
            "src/http.rs",
            "//! Pages.\ninclude!(\"../x.rs\");",
            &["includes Rust source"],
        ),
        (
            "crates/app/src/lib.rs",
            "//! Use cases.\n",
            &["lacks #![warn(missing_docs)]"],
        ),
        (
            "crates/app/src/lib.rs",
            "//! Use cases.\n#![warn(missing_docs)]\n",
            &[],
        ),
        (
            "connectors/api/src/lib.rs",
            "//! Traits.\n",
            &["lacks #![warn(missing_docs)]"],
        ),
        (
            "connectors/erp-new/src/lib.rs",
            "//! New.\nstatic SEEN: u8 = 0;",
            &["has the static `SEEN`"],
        ),
        ("src/http/cart.rs", "//! Carts.\nfn f() {", &["does not parse"]),
    ];
    for (place, text, expected) in cases {
        let found: Vec<String> = shape::violations(&[source(place, text)])
            .into_iter()
            .map(|violation| violation.what)
            .collect();
        assert_eq!(&found, expected, "{place}: {}", &text[..text.len().min(60)]);
    }
}

#[test]
fn an_exception_excuses_its_line_only_and_must_excuse_something() {
    let broken = |place: &str| Violation {
        rule: "length",
        place: place.to_owned(),
        what: "501 lines".to_owned(),
        why: "",
    };
    let exceptions = [
        ("length", "src/a.rs", "501", "a table"),
        ("length", "src/gone.rs", "", "was long"),
    ];
    let (left, stale) = judge(
        vec![broken("src/a.rs"), broken("src/b.rs")],
        &exceptions,
        "length name",
    );
    assert_eq!(left, [broken("src/b.rs")]);
    assert_eq!(stale, [&exceptions[1]]);
    assert!(
        judge(Vec::new(), &exceptions, "module").1.is_empty(),
        "exceptions of other rules are judged elsewhere"
    );
    assert!(EXCEPTIONS.iter().all(|(_, _, _, reason)| !reason.is_empty()));
}

#[test]
fn places_cover_what_they_say() {
    let cases = [
        ("src/http", "src/http.rs", true),
        ("src/http", "src/http/a/b.rs", true),
        ("src/http", "src/https.rs", false),
        ("connectors/*", "connectors/erp-http/src/lib.rs", true),
        ("connectors/*", "connectors/api/src/lib.rs", false),
        ("connectors/*", "connectors/api", false),
        ("", "", true),
        ("", "crates/app", false),
    ];
    for (scope, place, expected) in cases {
        assert_eq!(Place(place).is_in(scope), expected, "{scope} covers {place}");
    }
}
