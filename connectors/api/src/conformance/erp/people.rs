//! People and places of a customer: each of them, each with its own, and known again.

use std::{collections::BTreeSet, fmt};

use super::{Account, Accounts, Bench, Outcome, Report, accounts::walk};
use crate::{
    accounts::{ErpContact, ErpShipTo},
    conformance::report::{Stop, applies, ensure},
};

/// The people and places of a customer as they stand in the system, those that are in use. What is empty or none in
/// them is not compared, but for a ship-to's `customer`. Best with two people of one name, with letters of several
/// scripts, and with places at which others receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleFixture {
    /// External id of the customer.
    pub customer: String,
    /// All its people.
    pub contacts: Vec<ErpContact>,
    /// All its places.
    pub ship_tos: Vec<ErpShipTo>,
}

/// Somebody or something of a customer.
trait Part: Clone + PartialEq + fmt::Debug {
    fn all(account: &Account) -> &[Self];
    fn expected(people: &PeopleFixture) -> &[Self];
    fn id(&self) -> &str;
    fn is_active(&self) -> bool;
    /// Whether it is what the fixture expects.
    fn is_as(&self, expected: &Self) -> bool;
}

impl Part for ErpContact {
    fn all(account: &Account) -> &[Self] {
        &account.contacts
    }

    fn expected(people: &PeopleFixture) -> &[Self] {
        &people.contacts
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_active(&self) -> bool {
        self.active
    }

    fn is_as(&self, expected: &Self) -> bool {
        is_or_any(&self.id, &expected.id)
            && self.name == expected.name
            && (expected.email.is_none() || self.email == expected.email)
            && (expected.phone.is_none() || self.phone == expected.phone)
            && (expected.roles.is_empty() || self.roles == expected.roles)
    }
}

impl Part for ErpShipTo {
    fn all(account: &Account) -> &[Self] {
        &account.ship_tos
    }

    fn expected(people: &PeopleFixture) -> &[Self] {
        &people.ship_tos
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_active(&self) -> bool {
        self.active
    }

    fn is_as(&self, expected: &Self) -> bool {
        let (here, there) = (&self.address, &expected.address);
        is_or_any(&self.id, &expected.id)
            && (expected.code.is_none() || self.code == expected.code)
            && is_or_any(&here.name, &there.name)
            && is_or_any(&here.city, &there.city)
            && (there.street.is_empty() || here.street == there.street)
            && self.customer == expected.customer
    }
}

fn is_or_any(text: &str, expected: &str) -> bool {
    expected.is_empty() || text == expected
}

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn Accounts) {
    let tells = bench.capabilities.tells;
    let contacts = tells.contacts;
    report.note(
        "contacts-keep-their-ids",
        keep_their_ids::<ErpContact>(bench, system, contacts).await,
    );
    report.note(
        "contacts-as-they-are",
        as_they_are::<ErpContact>(bench, system, contacts).await,
    );
    let ship_tos = tells.ship_tos;
    report.note(
        "ship-tos-keep-their-ids",
        keep_their_ids::<ErpShipTo>(bench, system, ship_tos).await,
    );
    report.note(
        "ship-tos-as-they-are",
        as_they_are::<ErpShipTo>(bench, system, ship_tos).await,
    );
    report.note("contact-taken-away", taken_away(bench, system, contacts).await);
}

/// Whoever stands there has an id of its own, the same in every reading: by key, by key again, and in the feed.
async fn keep_their_ids<P: Part>(bench: &Bench<'_>, system: &dyn Accounts, tells: bool) -> Outcome {
    applies(tells, "the system does not tell them")?;
    let people = bench.fixture.people.as_ref();
    let customer = people.map_or(&bench.fixture.customer, |people| &people.customer);
    let first = bench.account(system, customer).await?;
    let first = P::all(&first);
    let mut ids = BTreeSet::new();
    for part in first {
        ensure(!part.id().is_empty() && ids.insert(part.id()), || {
            format!("the id '{}' is empty, or another's, too: {first:?}", part.id())
        })?;
    }
    let again = bench.account(system, customer).await?;
    let read = walk(bench, system, None, bench.capabilities.page_size).await?;
    for (reading, account) in [
        ("by key again", Some(&again)),
        ("in the feed", read.found.get(customer)),
    ] {
        let Some(account) = account else { continue };
        let others = P::all(account);
        let same = others.len() == first.len() && first.iter().all(|part| others.contains(part));
        ensure(same, || {
            format!("nothing changed: by key it is {first:?}, {reading} {others:?}")
        })?;
    }
    applies(!first.is_empty(), "the customer has none")?;
    Ok(format!("{} with ids that stay", first.len()))
}

/// Nobody is left out, nobody is taken for another, and names come as they are written.
async fn as_they_are<P: Part>(bench: &Bench<'_>, system: &dyn Accounts, tells: bool) -> Outcome {
    applies(tells, "the system does not tell them")?;
    let Some(people) = &bench.fixture.people else {
        return Err(Stop::Skipped("nobody's were given".to_owned()));
    };
    let expected = P::expected(people);
    applies(!expected.is_empty(), "none were given")?;
    let account = bench.account(system, &people.customer).await?;
    let mut left = active::<P>(&account);
    let count = left.len();
    for wanted in expected {
        let Some(place) = left.iter().position(|part| part.is_as(wanted)) else {
            return Err(Stop::Failed(format!("{wanted:?} is not among {left:?}")));
        };
        left.swap_remove(place);
    }
    ensure(left.is_empty(), || format!("nobody knows of {left:?}"))?;
    Ok(format!("{count}, each as it stands in the system"))
}

fn active<P: Part>(account: &Account) -> Vec<P> {
    let all = P::all(account).iter();
    all.filter(|part| part.is_active()).cloned().collect()
}

/// Who is taken away vanishes, or is not in use any more; the others stay who they are, and the feed tells it.
async fn taken_away(bench: &Bench<'_>, system: &dyn Accounts, tells: bool) -> Outcome {
    applies(tells, "the system does not tell them")?;
    let people = bench.fixture.people.as_ref();
    let given = people.and_then(|people| Some((people, bench.fixture.clerk?, people.contacts.last()?)));
    let Some((people, clerk, last)) = given else {
        return Err(Stop::Skipped("nobody may be taken away".to_owned()));
    };
    let read = walk(bench, system, None, bench.capabilities.page_size).await?;
    applies(read.complete, "more pages than the suite reads")?;
    let before: Vec<ErpContact> = active(&bench.account(system, &people.customer).await?);
    let Some(gone) = before.iter().find(|contact| contact.is_as(last)) else {
        return Err(Stop::Failed(format!("{last:?} is not among {before:?}")));
    };
    applies(
        clerk.takes_a_contact_away().await,
        "nobody there takes anybody away",
    )?;
    let here = bench.account(system, &people.customer).await?;
    let told = walk(bench, system, read.cursor, bench.capabilities.page_size).await?;
    let Some(told) = told.found.get(&people.customer) else {
        return Err(Stop::Failed(
            "a contact was taken away, and the feed does not tell the account".to_owned(),
        ));
    };
    for (reading, account) in [("by key", &here), ("in the feed", told)] {
        let after: Vec<ErpContact> = active(account);
        let stayed = before.iter().filter(|contact| *contact != gone);
        let right = after.len() + 1 == before.len() && stayed.clone().all(|contact| after.contains(contact));
        ensure(right, || {
            format!("{gone:?} was taken away: {reading} there are {after:?}, before {before:?}")
        })?;
    }
    Ok("gone by key and from the feed, the others as they were".to_owned())
}
