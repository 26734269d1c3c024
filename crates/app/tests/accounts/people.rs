//! People and places of customers, and who is above and below whom: as the ERP has them.

use punchgate_app::accounts::CustomerFilter;
use punchgate_connector::accounts::{ErpContact, ErpShipTo};
use punchgate_domain::{ids::CustomerId, purchase_order::Address};

use super::{fake_erp::hold, world::World};

fn contact(id: &str, name: &str) -> ErpContact {
    ErpContact {
        id: id.to_owned(),
        name: name.to_owned(),
        roles: vec!["purchasing".to_owned()],
        active: true,
        ..ErpContact::default()
    }
}

pub(super) fn ship_to(id: &str, city: &str) -> ErpShipTo {
    ErpShipTo {
        id: id.to_owned(),
        code: Some(format!("N-{id}")),
        address: Address {
            name: "Plant".to_owned(),
            city: city.to_owned(),
            ..Address::default()
        },
        active: true,
        customer: None,
    }
}

/// The ids and names of people, the ids and cities of places.
async fn told(world: &World, id: &CustomerId) -> (Vec<String>, Vec<String>) {
    let belongings = world.view(id).await.belongings;
    let people = belongings
        .contacts
        .iter()
        .map(|(id, person)| format!("{id} {}", person.name));
    let places = belongings
        .ship_tos
        .iter()
        .map(|(id, place)| format!("{id} {}", place.address.city));
    (people.collect(), places.collect())
}

#[tokio::test]
async fn people_and_places_are_those_of_the_erp() {
    for world in World::all().await {
        world.erp.change("100", |row| {
            row.contacts = vec![contact("p1", "Bea"), contact("p2", "Leo")];
            row.ship_tos = vec![ship_to("s1", "Dayton"), ship_to("s2", "Toledo")];
        });
        let id = world.customer("100").await;
        let before = world.view(&id).await;
        let lines = before.history.len();
        assert_eq!(
            before
                .history
                .iter()
                .filter(|line| line.field.contains(':'))
                .count(),
            0,
            "all is new here"
        );
        assert_eq!(
            told(&world, &id).await,
            (
                vec!["p1 Bea".to_owned(), "p2 Leo".to_owned()],
                vec!["s1 Dayton".to_owned(), "s2 Toledo".to_owned()]
            )
        );
        world.erp.change("100", |row| {
            row.contacts = vec![contact("p2", "Leonie"), contact("p3", "Ines")];
            row.ship_tos[0].address.city = "Columbus".to_owned();
            row.ship_tos.truncate(1);
            row.changed_by = Some("kim".to_owned());
        });
        let report = world.pull().await;
        assert_eq!((report.changed, report.conflicts), (1, 0));
        assert_eq!(
            told(&world, &id).await,
            (
                vec!["p3 Ines".to_owned(), "p2 Leonie".to_owned()],
                vec!["s1 Columbus".to_owned()]
            )
        );
        let after = world.view(&id).await;
        assert_eq!(
            after.summary.version, before.summary.version,
            "nobody who changes terms is disturbed"
        );
        let new = &after.history[..after.history.len() - lines];
        let mut fields: Vec<_> = new
            .iter()
            .map(|line| {
                (
                    line.field.as_str(),
                    line.from_value.is_some(),
                    line.to_value.is_some(),
                )
            })
            .collect();
        fields.sort_unstable();
        let expected = [
            ("contact:p1", true, false),
            ("contact:p2", true, true),
            ("contact:p3", false, true),
            ("ship_to:s1", true, true),
            ("ship_to:s2", true, false),
        ];
        assert_eq!(fields, expected);
        assert!(new.iter().all(|line| line.who == "kim via erp"), "{new:?}");
        assert_eq!(world.pull().await.changed, 0);
    }
}

/// What is told beside a hold, in the answer to a write, is taken like what a reading tells.
#[tokio::test]
async fn people_in_an_answer_count_and_a_gone_customer_keeps_its_own() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.ask_limit(&id, 700_000).await;
        world.erp.change("100", |row| {
            row.contacts = vec![contact("p1", "Bea")];
            row.holds = vec![hold("h1", "dunning", "Please pay.")];
        });
        world.push("100").await;
        assert_eq!(told(&world, &id).await.0, ["p1 Bea"]);
        world.erp.delete("100", true);
        world.pull().await;
        assert!(!world.view(&id).await.summary.active);
        assert_eq!(told(&world, &id).await.0, ["p1 Bea"]);
    }
}

#[tokio::test]
async fn who_is_above_and_below() {
    for world in World::all().await {
        let site = |payer: &'static str, head: &'static str| {
            move |row: &mut punchgate_connector::accounts::Account| {
                row.payer = (!payer.is_empty()).then(|| payer.to_owned());
                row.head_office = (!head.is_empty()).then(|| head.to_owned());
            }
        };
        let head = world.customer("head").await;
        for (id, payer, above) in [
            ("a", "", "head"),
            ("b", "head", ""),
            ("c", "head", "head"),
            ("d", "untold", ""),
        ] {
            world.erp.change(id, site(payer, above));
        }
        world.pull().await;
        let below = world.view(&head).await.belongings;
        let sites: Vec<_> = below.sites.iter().map(|site| site.external_id.as_str()).collect();
        assert_eq!(
            (sites, below.payer, below.head_office),
            (vec!["a", "b", "c"], None, None)
        );
        let of = world.view(&world.id("c").await).await.belongings;
        let above =
            [&of.payer, &of.head_office].map(|other| other.as_ref().and_then(|other| other.id.clone()));
        assert_eq!(above, [Some(head.clone()), Some(head.clone())]);
        let untold = world.view(&world.id("d").await).await.belongings.payer.unwrap();
        assert_eq!((untold.external_id.as_str(), untold.id), ("untold", None));

        let listed = async |payer: Option<&str>, above: Option<&str>| {
            let filter = CustomerFilter {
                payer: payer.map(str::to_owned),
                head: above.map(str::to_owned),
                ..CustomerFilter::default()
            };
            let page = world
                .accounts
                .list(world.supplier(), &filter, None, 50)
                .await
                .unwrap();
            let mut ids: Vec<_> = page.customers.into_iter().map(|one| one.external_id).collect();
            ids.sort_unstable();
            ids
        };
        let ours = head.to_string();
        for (payer, above, expected) in [
            (Some("head"), None, &["b", "c"][..]),
            (Some(ours.as_str()), None, &["b", "c"]),
            (None, Some("head"), &["a", "c"]),
            (None, Some(ours.as_str()), &["a", "c"]),
            (Some(ours.as_str()), Some("head"), &["c"]),
            (Some("nobody"), None, &[]),
        ] {
            assert_eq!(listed(payer, above).await, expected, "{payer:?} {above:?}");
        }
    }
}
