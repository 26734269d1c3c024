//! Who may do what: every role against every page and every action, at the own supplier and at another. The tables are
//! held to the routes as the source has them: a page that nobody has thought of here is one that nobody has tried.

use std::collections::BTreeSet;

use punchgate_domain::operator::Role;
use syn::{Expr, ExprCall, ExprLit, ExprMethodCall, Lit, visit::Visit};

use super::{Browser, PASSWORD, here, person, signed_in};
use crate::support::supplier::Supplier;

/// Addresses and what an owner, an ERP admin, support and a reader get there.
const PAGES: [(&str, [u16; 4]); 24] = [
    ("", [200; 4]),
    ("/deliveries", [200; 4]),
    ("/deliveries/MS9vcmRlci94L3Npbms", [404; 4]),
    ("/connectors", [200; 4]),
    ("/new/connector", [200, 403, 403, 403]),
    ("/new/relationship", [200, 200, 403, 403]),
    ("/orders", [200; 4]),
    ("/orders/nothing", [404; 4]),
    ("/customers", [200; 4]),
    ("/customers/nothing", [404; 4]),
    ("/relationships", [200; 4]),
    ("/relationships/nothing", [404; 4]),
    ("/relationships/nothing/sheet", [404; 4]),
    ("/relationships/nothing/rehearsal", [404, 404, 404, 403]),
    ("/relationships/nothing/mappings", [404; 4]),
    ("/relationships/nothing/mappings/table", [404; 4]),
    ("/documents", [200; 4]),
    ("/documents/nothing", [404; 4]),
    ("/documents/nothing/raw", [404; 4]),
    ("/evidence/orders/nothing", [404; 4]),
    ("/quarantine", [200; 4]),
    ("/quarantine/nothing", [404; 4]),
    ("/conflicts", [200; 4]),
    ("/conflicts/nothing", [404; 4]),
];

/// Of what is not there: 404 for whoever may, 403 for whoever may not.
const ACTIONS: [(&str, [u16; 4]); 35] = [
    ("/deliveries/MS9vcmRlci94L3Npbms/replay", [404, 404, 404, 403]),
    ("/deliveries/MS9vcmRlci94L3Npbms/skip", [404, 404, 404, 403]),
    ("/new/connector", [422, 403, 403, 403]),
    ("/new/relationship", [422, 422, 403, 403]),
    ("/connectors/nothing/switch", [404, 404, 403, 403]),
    ("/customers/nothing/holds", [404, 404, 403, 403]),
    ("/customers/nothing/holds/nothing/release", [404, 404, 403, 403]),
    ("/customers/nothing/limit", [404, 404, 403, 403]),
    ("/customers/nothing/terms", [404, 404, 403, 403]),
    ("/relationships/nothing/switch", [404, 404, 403, 403]),
    ("/relationships/nothing/test", [404, 404, 404, 403]),
    ("/relationships/nothing/rehearsal", [404, 404, 404, 403]),
    ("/relationships/nothing/secret", [404, 404, 403, 403]),
    ("/relationships/nothing/secret/drop-old", [404, 404, 403, 403]),
    ("/relationships/nothing/secret/drop-new", [404, 404, 403, 403]),
    ("/relationships/nothing/mappings/put", [404, 404, 404, 403]),
    ("/relationships/nothing/mappings/remove", [404, 404, 404, 403]),
    ("/relationships/nothing/mappings/import", [404, 404, 404, 403]),
    ("/evidence/orders/nothing", [404, 404, 404, 403]),
    ("/evidence/orders/nothing/nothing/revoke", [404, 404, 404, 403]),
    ("/quarantine/nothing/admit", [404, 404, 404, 403]),
    ("/quarantine/nothing/discard", [404, 404, 404, 403]),
    ("/quarantine/nothing/put-back", [404, 404, 404, 403]),
    ("/conflicts/nothing/resolve", [404, 404, 403, 403]),
    ("/orders/nothing/map-customer", [404, 404, 404, 403]),
    ("/orders/nothing/map-word", [404, 404, 404, 403]),
    ("/orders/nothing/confirm", [404, 404, 404, 403]),
    ("/orders/nothing/funds", [404, 404, 404, 403]),
    ("/orders/nothing/take-over", [404, 404, 404, 403]),
    ("/orders/nothing/carry-over", [404, 404, 404, 403]),
    ("/orders/nothing/carried-over-by-hand", [404, 404, 404, 403]),
    ("/orders/nothing/reopen", [404, 404, 404, 403]),
    ("/orders/nothing/cancel-at-sink", [404, 404, 404, 403]),
    ("/orders/nothing/send-confirmation", [404, 404, 404, 403]),
    ("/orders/nothing/decline", [404, 404, 404, 403]),
];

/// What everybody may ask for, signed in or not: their own tests have them.
const OUTSIDE: [&str; 6] = [
    "/",
    "/set-up",
    "/sign-in",
    "/sign-out",
    "/password/{link}",
    "/assets/{name}",
];
const OF_A_SUPPLIER: &str = "/s/{supplier}";

/// The routes of the console: a pattern, and by which methods.
#[derive(Default)]
struct Routes(Vec<(String, BTreeSet<String>)>);

impl<'ast> Visit<'ast> for Routes {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "route" {
            let mut methods = BTreeSet::new();
            named(&call.args[1], &mut methods);
            self.0.push((pattern(&call.args[0]), methods));
        }
        syn::visit::visit_expr_method_call(self, call);
    }
}

/// The text of `"/x"`, `ONE` or `&below("x")`.
fn pattern(expression: &Expr) -> String {
    const RELATIONSHIP: &str = "/s/{supplier}/relationships/{id}";
    match expression {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) => text.value(),
        Expr::Path(path) if path.path.is_ident("ONE") => RELATIONSHIP.to_owned(),
        Expr::Reference(reference) => match &*reference.expr {
            Expr::Call(ExprCall { args, .. }) => format!("{RELATIONSHIP}/{}", pattern(&args[0])),
            other => panic!("a route of a kind that this test does not read: {other:?}"),
        },
        other => panic!("a route of a kind that this test does not read: {other:?}"),
    }
}

/// `get` and `post` of `get(show).post(act).layer(…)`.
fn named(handler: &Expr, methods: &mut BTreeSet<String>) {
    match handler {
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return };
            methods.extend(path.path.get_ident().map(ToString::to_string));
        }
        Expr::MethodCall(call) => {
            methods.insert(call.method.to_string());
            named(&call.receiver, methods);
        }
        _ => {}
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    let fits_there = |(pattern, path): (&&str, &&str)| pattern.starts_with('{') || pattern == path;
    pattern.len() == path.len() && pattern.iter().zip(&path).all(fits_there)
}

#[test]
fn the_tables_have_every_route_and_no_other() {
    let source = syn::parse_file(include_str!("../../../src/http/console.rs")).unwrap();
    let mut routes = Routes::default();
    routes.visit_file(&source);
    assert!(routes.0.len() > 30, "{:?}", routes.0);
    let tables = [
        ("get", PAGES.map(|(path, _)| path).to_vec()),
        ("post", ACTIONS.map(|(path, _)| path).to_vec()),
    ];
    let mut tried = BTreeSet::new();
    for (method, table) in &tables {
        for path in table {
            // As the router chooses: a word before a name.
            let fitting = routes.0.iter().filter(|(route, _)| {
                let pattern = route.strip_prefix(OF_A_SUPPLIER);
                pattern.is_some_and(|pattern| fits(pattern, path))
            });
            let (route, methods) = fitting
                .min_by_key(|(route, _)| route.matches('{').count())
                .expect(path);
            assert!(
                methods.contains(*method),
                "there is no {method} {route} for {path}"
            );
            tried.insert((route.as_str(), *method));
        }
    }
    for (route, methods) in &routes.0 {
        if !route.starts_with(OF_A_SUPPLIER) {
            assert!(
                OUTSIDE.contains(&route.as_str()),
                "{route}: a new page for everybody?"
            );
            continue;
        }
        for (method, _) in &tables {
            let is_tried = tried.contains(&(route.as_str(), *method));
            assert_eq!(
                is_tried,
                methods.contains(*method),
                "{method} {route} is not in the table"
            );
        }
    }
}

#[tokio::test]
async fn roles_by_pages_and_actions() {
    let world = Supplier::with_buyer().start().await;
    for (place, role) in Role::ALL.iter().copied().enumerate() {
        let browser = signed_in(&world, &format!("person-{}", place + 1), role).await;
        let token = browser.get(&here("")).await.token();
        for (path, expected) in PAGES {
            assert_eq!(
                browser.get(&here(path)).await.status,
                expected[place],
                "{role} {path}"
            );
            let elsewhere = format!("/console/s/globex{path}");
            assert_eq!(browser.get(&elsewhere).await.status, 404, "{role} {elsewhere}");
        }
        for (path, expected) in ACTIONS {
            let fields = [("token", token.as_str()), ("reason", "because"), ("to", "off")];
            assert_eq!(
                browser.post(&here(path), &fields).await.status,
                expected[place],
                "{role} {path}"
            );
            let elsewhere = format!("/console/s/globex{path}");
            assert_eq!(
                browser.post(&elsewhere, &fields).await.status,
                404,
                "{role} {elsewhere}"
            );
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn what_somebody_is_not_signed_in_for_asks_for_signing_in() {
    let world = Supplier::with_buyer().start().await;
    let stranger = Browser::at(&world);
    for (path, _) in PAGES {
        assert_eq!(stranger.get(&here(path)).await.status, 303, "{path}");
    }
    for (path, _) in ACTIONS {
        assert_eq!(
            stranger.post(&here(path), &[("reason", "x")]).await.status,
            303,
            "{path}"
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn a_change_of_what_somebody_is_ends_the_sessions() {
    let world = Supplier::with_buyer().start().await;
    let operators = &world.gateway.operators;
    let supplier = "ironquay".into();
    let browser = signed_in(&world, "sam", Role::Owner).await;
    operators
        .set_role("sam", &supplier, Some(Role::ReadOnly), "cli:kim")
        .await
        .unwrap();
    assert_eq!(browser.get(&here("")).await.status, 303, "another role");

    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 303);
    browser.get(&here("")).await.says("Read only");
    operators.set_enabled("sam", false, "cli:kim").await.unwrap();
    assert_eq!(browser.get(&here("")).await.status, 303, "disabled");
    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 422);
    operators.set_enabled("sam", true, "cli:kim").await.unwrap();
    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 303);

    operators
        .set_role("sam", &supplier, None, "cli:kim")
        .await
        .unwrap();
    assert_eq!(browser.sign_in("sam", PASSWORD).await.status, 303);
    assert_eq!(browser.get("/console").await.status, 403, "no role, no page");
    assert_eq!(browser.get(&here("")).await.status, 404);

    let other = signed_in(&world, "kim", Role::Owner).await;
    operators.reset("kim", "cli:sam").await.unwrap();
    assert_eq!(other.get(&here("")).await.status, 303, "reset");
    assert_eq!(
        other.sign_in("kim", PASSWORD).await.status,
        422,
        "the old password is gone"
    );
    person(&world, "third", Role::Owner).await;
    world.finish().await;
}
