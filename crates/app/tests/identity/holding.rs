//! Cases: rules that hold and texts of holds, as they are declared.

use punchgate_app::provisioning::{Action, ProvisioningError};

use super::world::{ACME, World};

const HOLDING: &str = r#"
[[supplier.hold_rule]]
id = "past-due"
when = "overdue"
days = 30
removes = ["order_on_terms"]
code = "past-due"

[[supplier.hold_rule]]
id = "promised"
when = "broken_promise"
removes = []
code = "promised"

[[supplier.hold_text]]
reason = "past-due"
language = "de-AT"
shopper = "Bitte {overdue_amount} zahlen."
"#;

fn with(holding: &str) -> String {
    format!("{ACME}{holding}")
}

#[tokio::test]
async fn applied_twice_the_second_time_changes_nothing_and_what_is_not_named_stays() {
    for world in World::all().await {
        world.set_acme();
        world.apply(&with(HOLDING), false).await.unwrap();
        for text in [with(HOLDING), ACME.to_owned()] {
            let again = world.apply(&text, false).await.unwrap();
            assert!(again.is_unchanged(), "{again}");
        }
        let one = HOLDING.split("[[supplier.hold_rule]]").nth(2).unwrap();
        let plan = world
            .apply(&with(&format!("[[supplier.hold_rule]]{one}")), false)
            .await
            .unwrap();
        assert_eq!(plan.count(Action::Change), 1);
        let shown = plan.to_string();
        assert!(
            shown.contains("holding.hold_rules.past-due.days: 30 removed"),
            "{shown}"
        );
        let none = ACME.replacen("contact =", "hold_rule = []\nhold_text = []\ncontact =", 1);
        let plan = world.apply(&none, false).await.unwrap().to_string();
        assert!(
            plan.contains("hold_rules.promised.code: promised removed"),
            "{plan}"
        );
        assert!(world.apply(ACME, false).await.unwrap().is_unchanged());
        assert!(world.directory().supplier(&world.supplier()).await.is_ok());
    }
}

#[tokio::test]
async fn mistakes_are_named_with_their_place_and_a_remedy() {
    #[rustfmt::skip] // one row a line
    let rows = [
        ("days = 30", "days = 30\namount = \"500\"", "hold_rule past-due / amount: '500' is no amount above zero"),
        ("days = 30", "dayz = 30", "hold_rule past-due / dayz: there is no such key; did you mean 'days'?"),
        ("days = 30\n", "", "hold_rule past-due / days: names neither days (at least 1) nor an amount"),
        ("\"overdue\"", "\"late\"", "hold_rule past-due / when: 'late' is none of overdue, over_limit, broken_promise"),
        ("when = \"overdue\"\n", "", "hold_rule past-due / when: is missing"),
        ("[\"order_on_terms\"]", "[\"all\"]", "hold_rule past-due / removes: 'all' is not a permission"),
        ("removes = []\n", "", "hold_rule promised / removes: is missing"),
        ("removes = []", "removes = []\ndays = 3", "hold_rule promised / days: does nothing where when = \"broken_promise\""),
        ("id = \"promised\"", "id = \"past-due\"", "hold_rule past-due: is declared twice"),
        ("de-AT", "german!", "language: 'german!' is no language"),
        ("{overdue_amount}", "{amount}", "shopper: there is no placeholder {amount}; known are {customer_name}"),
        ("{overdue_amount}", "{overdue_amount", "shopper: a brace stands alone"),
        ("shopper =", "shoper =", "hold_text number 1 / shoper: there is no such key; did you mean 'shopper'?"),
    ];
    for world in World::all().await {
        world.set_acme();
        for (right, wrong, expected) in rows {
            assert!(HOLDING.contains(right), "{right}");
            let found = match world
                .apply(&with(&HOLDING.replacen(right, wrong, 1)), false)
                .await
            {
                Err(ProvisioningError::Declared(problems)) => problems,
                other => panic!("{wrong}: {other:?}"),
            };
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert!(
                found.iter().any(|problem| problem.contains(expected)),
                "{expected} is not in {found:#?}"
            );
        }
    }
}
