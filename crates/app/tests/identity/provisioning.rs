//! Cases: declared documents, what they plan and what they change.

use punchgate_app::{
    directory::{MappingKind, Mode},
    provisioning::{Action, ProvisioningError},
};
use punchgate_domain::policy::PcardPolicy;
use punchgate_protocols::cxml::dialect::HttpStatus;
use punchgate_storage::{Lane, credit_account, customer};
use punchgate_testing::customer::{account_row, customer_row};

use super::world::{ACME, World, by_sam};

/// Everything that is wrong with a text.
async fn problems(world: &World, text: &str) -> Vec<String> {
    match world.apply(text, false).await {
        Err(ProvisioningError::Declared(problems)) => problems.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn applied_twice_the_second_time_changes_nothing() {
    for world in World::all().await {
        world.set_acme();
        let dry = world.apply(ACME, true).await.unwrap();
        assert_eq!(dry.count(Action::Create), 5);
        let nothing = world.directory().supplier(&world.supplier()).await;
        assert!(nothing.is_err(), "a dry run writes nothing");

        let first = world.apply(ACME, false).await.unwrap();
        assert_eq!(first, dry);
        let second = world.apply(ACME, false).await.unwrap();
        assert!(second.is_unchanged(), "{second}");
        for secret in ["shop-secret-1234", "globex-secret-1", "outbound-secret", "s3cret"] {
            assert!(!format!("{first}{first:?}").contains(secret));
        }
    }
}

#[tokio::test]
async fn what_is_declared_is_what_the_directory_holds() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let path = format!("{}.globex", world.supplier());
        let globex = world.directory().by_url(&path).await.unwrap();
        assert_eq!(globex.path_text(), path);
        assert_eq!(globex.supplier.name, "Acme Supply");
        assert_eq!(globex.supplier.time_zone.iana_name(), Some("America/Chicago"));
        assert_eq!((globex.mode, globex.enabled), (Mode::Production, true));
        assert_eq!(globex.customer_external_id.as_deref(), Some("C-1001"));
        assert_eq!(globex.policies.pcard, PcardPolicy::Refuse);
        assert_eq!(globex.dialect.http_status, HttpStatus::Mirror);
        assert_eq!(
            globex.policies.exposure_age.when_older.to_string(),
            "allow_up_to:500.00 USD"
        );
        assert_eq!(globex.mappings.target(MappingKind::Unit, "PCE"), Some("EA"));
        assert!(globex.return_hosts.admit("https://s1.ariba.example/back").is_ok());
        let outbound = globex.outbound.as_ref().unwrap();
        assert_eq!(outbound.secret.as_ref().unwrap().expose(), "outbound-secret");
        assert_eq!(outbound.url.as_str(), "https://service.ariba.example/cxml");
        for secret in ["globex-secret-1", "outbound-secret"] {
            assert!(!format!("{globex:?}").contains(secret));
        }
    }
}

#[tokio::test]
async fn a_change_is_shown_field_by_field() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        world.set("GLOBEX", "globex-secret-2");
        let text = ACME
            .replace("pcard = \"refuse\"", "pcard = \"hold\"")
            .replace("customer = \"C-1001\"\n", "")
            .replace("PCE = \"EA\"", "PCE = \"EA\"\nDZN = \"DZ\"")
            .replace("pages = 5", "pages = 6");
        let plan = world.apply(&text, false).await.unwrap();
        let shown = plan.to_string();
        for line in [
            "    settings.pages: 5 -> 6",
            "    policies.pcard: refuse -> hold",
            "    customer: C-1001 removed",
            "    mapping.unit.DZN = DZ",
            "    secrets.current: (secret) replaced",
            "0 to create, 2 to change, 3 unchanged",
        ] {
            assert!(shown.contains(line), "{line} is not in\n{shown}");
        }
        assert_eq!(
            plan.changes
                .iter()
                .map(|change| change.fields.len())
                .sum::<usize>(),
            5
        );
        assert!(world.apply(&text, false).await.unwrap().is_unchanged());
    }
}

#[tokio::test]
async fn what_the_file_leaves_out_stays_but_lists_are_whole() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let directory = world.directory();
        let globex = "globex".into();
        directory
            .switch(&world.supplier(), &globex, false, &by_sam())
            .await
            .unwrap();
        // Neither secrets nor `enabled` are named: both stay; the hub is no longer named: it goes.
        let at = ACME.find("sender_identities").unwrap();
        let end = at + ACME[at..].find('\n').unwrap();
        let (begin, finish) = (
            ACME.find("[supplier.relationship.secrets]").unwrap(),
            ACME.find("[supplier.relationship.policies]").unwrap(),
        );
        let text = format!("{}{}{}", &ACME[..at], &ACME[end..begin], &ACME[finish..]);
        let plan = world.apply(&text, false).await.unwrap();
        assert_eq!(plan.count(Action::Change), 1, "{plan}");
        assert!(
            plan.to_string()
                .contains("sender_identities: AribaNetworkUserId hub-")
        );
        directory.forget();
        let globex = directory.relationship(&world.supplier(), &globex).await.unwrap();
        assert!(!globex.enabled && globex.sender_identities.is_empty());
        assert!(globex.outbound.as_ref().unwrap().secret.is_some());
    }
}

#[tokio::test]
async fn a_generated_secret_is_made_once() {
    for world in World::all().await {
        world.set_acme();
        let text = ACME.replace("{ env = \"GLOBEX\" }", "{ generate = \"globex.txt\" }");
        let dry = world.apply(&text, true).await.unwrap();
        assert_eq!(dry.generated, ["globex.txt"]);
        assert!(world.secrets.files.lock().unwrap().is_empty());
        world.apply(&text, false).await.unwrap();
        let made = world.secrets.files.lock().unwrap()["globex.txt"].clone();
        assert!(made.len() >= 40);
        let again = world.apply(&text, false).await.unwrap();
        assert!(again.is_unchanged() && again.generated.is_empty());
        assert_eq!(world.secrets.files.lock().unwrap()["globex.txt"], made);
    }
}

/// What is replaced, by what, and what is then said.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("name = \"Acme Supply\"\n", "", "/ name: is missing"),
    ("id = \"acme-@\"", "id = \"Acme\"", "id: 'Acme' is no id"),
    (
        "America/Chicago",
        "America/Gotham",
        "time_zone: 'America/Gotham' is no time zone",
    ),
    (
        "contact =",
        "contcat =",
        "contcat: there is no such key; did you mean 'contact'?",
    ),
    (
        "kind = \"idle\"",
        "kind = \"idel\"",
        "connector shop / kind: there is no connector of kind 'idel'; did you mean 'idle'?",
    ),
    (
        "base_url = \"https://shop",
        "bas_url = \"https://shop",
        "connector shop / settings.base_url: is missing",
    ),
    (
        "{ env = \"SHOP\" }",
        "\"shop-secret-1234\"",
        "secrets.signing: a secret must not stand in this file",
    ),
    (
        "{ env = \"SHOP\" }",
        "{ env = \"SHOPP\" }",
        "the environment has no variable SHOPP",
    ),
    (
        "{ env = \"SHOP\" }",
        "{ env = \"SHOP\", file = \"x\" }",
        "must name exactly one source",
    ),
    (
        "{ env = \"SHOP\" }",
        "{ file = \"none.txt\" }",
        "there is no file none.txt",
    ),
    (
        "dialect = \"ariba\"",
        "dialect = \"arriba\"",
        "dialect: there is no dialect 'arriba'; did you mean 'ariba'?",
    ),
    (
        "http_status = \"mirror\"",
        "http_status = \"teapot\"",
        "globex / dialect: dialect 'ariba':",
    ),
    (
        "protocol = \"cxml\"",
        "protocol = \"edi\"",
        "protocol: 'edi' is not spoken here",
    ),
    (
        "order_sink = \"erp\"",
        "order_sink = [\"erp\", \"storefront\"]",
        "order_sink: names several sinks",
    ),
    (
        "order_sink = \"erp\"",
        "order_sink = \"warehouse\"",
        "order_sink: 'warehouse' is not an order sink",
    ),
    (
        "erp = \"erp\"\n",
        "",
        "order_sink: is erp, but erp names no connector",
    ),
    (
        "storefront = \"shop\"",
        "storefront = \"shpo\"",
        "storefront: the supplier has no connector 'shpo'; did you mean 'shop'?",
    ),
    (
        "buyer_system = \"from:SystemID\"",
        "buyer_system = \"both\"",
        "buyer_system: 'both' does not say",
    ),
    (
        "pcard = \"refuse\"",
        "pcard = \"never\"",
        "policies.pcard: 'never' is not a purchasing card policy: expected one of tokenise, hold, refuse",
    ),
    (
        "pcard = \"refuse\"",
        "pcrad = \"refuse\"",
        "policies.pcrad: there is no such key; did you mean 'pcard'?",
    ),
    (
        "pcard = \"refuse\"",
        "price_tolerance_percent = \"-1\"",
        "policies.price_tolerance_percent: '-1' is no tolerance",
    ),
    (
        "pcard = \"refuse\"",
        "cart_prices_valid_days = 0",
        "policies.cart_prices_valid_days: 0 is out of range: expected 1 to 730",
    ),
    (
        "allow_up_to:500.00 USD",
        "allow_up_to:500",
        "policies.exposure_when_older: 'allow_up_to:500' does not say",
    ),
    (
        "customer = \"C-1001\"",
        "start_link_seconds = 601",
        "start_link_seconds: 601 is out of range: expected 1 to 600",
    ),
    (
        "\"*.ariba.example\"",
        "\"https://ariba.example\"",
        "return_hosts: 'https://ariba.example' is no host",
    ),
    (
        "https://service.ariba",
        "http://service.ariba",
        "outbound_url: 'http://service.ariba.example/cxml' must begin with https://",
    ),
    (
        "[{ domain = \"NetworkID\", identity = \"AN-Globex-@\" }]",
        "[]",
        "buyer_identities: names nobody",
    ),
    (
        "domain = \"NetworkID\", identity = \"AN-Globex-@\"",
        "domain = \"NetworkID\", idenity = \"x\"",
        "an identity has no 'idenity'; did you mean 'identity'?",
    ),
    (
        "current = { env = \"GLOBEX\" }\n",
        "",
        "secrets.current: is missing",
    ),
    (
        "outbound = {",
        "previous = {",
        "secrets.previous_valid_until: is missing",
    ),
    (
        "mapping.unit]",
        "mapping.units]",
        "mapping.units: there is no such kind of mapping; did you mean 'unit'?",
    ),
    ("PCE = \"EA\"", "PCE = 5", "mapping.unit.PCE: is no text"),
    (
        "\"holds:write\"",
        "\"hold:write\"",
        "scopes: 'hold:write' is no scope; did you mean 'holds:write'?",
    ),
    (
        "token = { env = \"BRIDGE\" }",
        "token = { env = \"GLOBEX\" }",
        "token: must have the form pg_acme-@_bridge_SECRET",
    ),
    (
        "token = { env = \"BRIDGE\" }",
        "hash = \"12\"",
        "hash: is no hash",
    ),
    (
        "token = { env = \"BRIDGE\" }",
        "",
        "api_key bridge: has neither token nor hash",
    ),
    (
        "id = \"erp\"",
        "id = \"shop\"",
        "connector shop: is declared twice",
    ),
];

#[tokio::test]
async fn each_mistake_is_named_with_its_place_and_a_remedy() {
    for world in World::all().await {
        world.set_acme();
        for (right, wrong, expected) in MISTAKES {
            assert!(ACME.contains(right), "{right}");
            let found = problems(&world, &ACME.replacen(right, wrong, 1)).await;
            let expected = world.fill(expected);
            assert!(
                found.iter().any(|problem| problem.contains(&expected)),
                "{expected} is not in {found:#?}"
            );
            assert!(!format!("{found:?}").contains("shop-secret"), "{found:?}");
        }
        let nothing = world.directory().supplier(&world.supplier()).await;
        assert!(nothing.is_err(), "what is refused writes nothing");
    }
}

#[tokio::test]
async fn all_mistakes_are_named_at_once() {
    for world in World::all().await {
        world.set_acme();
        let text = MISTAKES
            .iter()
            .filter(|(right, ..)| {
                right.contains("pcard") || right.contains("contact") || right.contains("EA")
            })
            .fold(ACME.to_owned(), |text, (right, wrong, _)| {
                text.replacen(right, wrong, 1)
            });
        assert_eq!(problems(&world, &text).await.len(), 3);
    }
}

#[tokio::test]
async fn test_and_production_are_kept_apart() {
    for world in World::all().await {
        world.set_acme();
        let test = ACME.replace(
            "dialect = \"ariba\"\nmode = \"production\"",
            "dialect = \"ariba\"\nmode = \"test\"",
        );
        let found = problems(&world, &test).await;
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].contains("a test relationship must not use the production connector 'erp'"));
        let connector = ACME.replacen(
            "kind = \"idle\"\nmode = \"production\"",
            "kind = \"idle\"\nmode = \"test\"",
            1,
        );
        let found = problems(&world, &connector).await;
        assert!(found[0].contains("a production relationship must not use the test connector 'shop'"));

        // A connector that becomes production takes along the relationships that the file does not name.
        let all_test = test.replace("mode = \"production\"", "mode = \"test\"");
        world.apply(&all_test, false).await.unwrap();
        let only_connectors = &ACME[..ACME.find("[[supplier.relationship]]").unwrap()];
        let found = problems(&world, only_connectors).await;
        assert!(
            found[0].contains("relationship globex / storefront: a test relationship"),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn relationships_that_only_their_address_tells_apart_are_noted() {
    for world in World::all().await {
        world.set_acme();
        let at = ACME.find("[[supplier.relationship]]").unwrap();
        let end = ACME.find("[[supplier.api_key]]").unwrap();
        let twin = ACME[at..end].replace("id = \"globex\"", "id = \"globex-2\"");
        let plan = world.apply(&format!("{ACME}{twin}"), true).await.unwrap();
        assert!(
            plan.notes[0].contains("have the same From, To and secret"),
            "{plan}"
        );
        assert_eq!(plan.notes.len(), 1, "once a pair: {plan}");
    }
}

#[tokio::test]
async fn a_buyer_who_waits_for_a_shop_that_confirms_nothing_is_noted() {
    let policy = |line: &str| ("pcard = \"refuse\"", format!("pcard = \"refuse\"\n{line}"));
    let in_shop = ("order_sink = \"erp\"", "order_sink = \"storefront\"".to_owned());
    let cases = [
        (vec![], false),
        (vec![in_shop.clone()], true),
        (vec![in_shop.clone(), policy("confirmation = \"manual\"")], false),
        (
            vec![in_shop.clone(), policy("confirmation = \"on_erp_order_created\"")],
            false,
        ),
        // The ERP acknowledges it.
        (vec![in_shop.clone(), policy("shop_exports_to_erp = true")], false),
        // Nobody waits.
        (
            vec![in_shop.clone(), ("outbound_url", "# outbound_url".to_owned())],
            false,
        ),
        (
            vec![in_shop, ("pages = 5", "confirms = \"lines\"".to_owned())],
            false,
        ),
    ];
    for world in World::all().await {
        world.set_acme();
        for (changes, expected) in &cases {
            let declared = changes.iter().fold(ACME.to_owned(), |text, (from, to)| {
                assert!(text.contains(from), "{from}");
                text.replacen(from, to, 1)
            });
            let plan = world.apply(&declared, true).await.unwrap();
            let is_noted = plan.notes.iter().any(|note| {
                note.contains("the shop 'shop' acknowledges") && note.contains("on_erp_order_created")
            });
            assert_eq!(is_noted, *expected, "{changes:?}: {plan}");
        }
    }
}

#[tokio::test]
async fn a_connector_stays_with_the_part_of_the_erp_whose_customers_are_here() {
    let on = |scope: &str| {
        let settings =
            format!("settings = {{ base_url = \"https://erp.example.com\", scope = \"{scope}\" }}");
        ACME.replace("settings = { base_url = \"https://erp.example.com\" }", &settings)
    };
    for world in World::all().await {
        world.set_acme();
        world.apply(&on("north"), false).await.unwrap();
        // Nobody has come from there yet.
        world.apply(&on("south"), false).await.unwrap();
        let supplier = world.supplier();
        let mut tx = world.surroundings.db.begin(Lane::Background).await.unwrap();
        let account = account_row(supplier.as_str(), "south");
        credit_account::insert_many(&mut tx, &[account]).await.unwrap();
        let row = customer_row(supplier.as_str(), "south");
        customer::insert_many(&mut tx, &[row]).await.unwrap();
        tx.commit().await.unwrap();
        for text in [on("north"), ACME.to_owned()] {
            let found = problems(&world, &text).await;
            assert_eq!(found.len(), 1, "{found:?}");
            for part in ["connector erp / settings", "instead of 'south'", "another id"] {
                assert!(found[0].contains(part), "{found:?}");
            }
        }
        assert!(world.apply(&on("south"), false).await.unwrap().is_unchanged());
    }
}
