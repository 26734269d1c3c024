//! Accounts of people while somebody signs in to them or changes them at the same time; and who is kept out by tries.

use std::{net::IpAddr, time::Duration};

use punchgate_app::{
    operators::{AccountError, Asked, Operators, SessionLife, SignInError, SignedIn},
    seal::Secret,
};
use punchgate_domain::operator::Role;
use punchgate_storage::{
    Lane, Tx,
    operator::{self, AccountRow, SignedInRow},
};

use super::world::World;

const PASSWORD: &str = "a sentence that I remember";
const NAME: &str = "sam";

async fn operators(world: &World) -> Operators {
    let supplier = "[[supplier]]\nid = \"acme-@\"\nname = \"Acme Supply\"\ntime_zone = \"America/Chicago\"\n\
                    contact = \"edi desk\"\n";
    world.apply(supplier, false).await.unwrap();
    let life = SessionLife {
        idle: Duration::from_secs(1800),
        most: Duration::from_secs(12 * 3600),
    };
    let operators = Operators::new(world.surroundings.clone(), life);
    let link = operators
        .add(NAME, &world.supplier(), Role::Owner, "cli:kim")
        .await
        .unwrap();
    set_password(&operators, &link).await;
    operators
}

async fn set_password(operators: &Operators, link: &Secret) {
    operators
        .set_password(link.expose(), Secret::new(PASSWORD))
        .await
        .unwrap();
}

fn address(number: u8) -> IpAddr {
    IpAddr::from([198, 51, 100, number])
}

async fn sign_in(operators: &Operators, password: &str, from: IpAddr) -> Result<SignedIn, SignInError> {
    let attempt = operators.attempt(NAME, from).await?;
    operators.sign_in(attempt, Secret::new(password)).await
}

async fn begin(world: &World) -> Tx {
    world.surroundings.db.begin(Lane::Background).await.unwrap()
}

/// Takes the password away as `reset` does, in a transaction that is still open.
async fn half_a_reset(world: &World) -> Tx {
    let mut tx = begin(world).await;
    let account = operator::lock(&mut tx, NAME).await.unwrap().unwrap();
    let without = AccountRow {
        password: None,
        ..account
    };
    operator::update(&mut tx, &without).await.unwrap();
    operator::end_sessions_of(&mut tx, NAME).await.unwrap();
    tx
}

/// The password was right when it was looked at, and is taken away before the session is there.
#[tokio::test]
async fn nobody_gets_in_while_the_password_is_taken_away() {
    for world in World::all().await {
        let operators = operators(&world).await;
        let reset = half_a_reset(&world).await;
        let entering = sign_in(&operators, PASSWORD, address(1));
        tokio::pin!(entering);
        tokio::select! {
            entered = &mut entering => panic!("{}: {entered:?}", world.database.product()),
            () = world.database.until_somebody_waits() => {}
        }
        reset.commit().await.unwrap();
        let entered = entering.await;
        assert!(matches!(entered, Err(SignInError::Wrong)), "{entered:?}");
    }
}

/// The session is written, and not yet to be seen by others, when the password is taken away.
#[tokio::test]
async fn a_session_that_is_being_opened_is_ended_too() {
    for world in World::all().await {
        let operators = operators(&world).await;
        let mut opening = begin(&world).await;
        operator::lock(&mut opening, NAME).await.unwrap().unwrap();
        let now = world.surroundings.now().as_microsecond();
        let row = SignedInRow {
            name: NAME.to_owned(),
            opened_at: now,
            seen_at: now,
        };
        let hash = punchgate_app::entropy::secret_hash("cookie");
        operator::open_session(&mut opening, &hash, &row).await.unwrap();
        {
            let resetting = operators.reset(NAME, "cli:kim");
            tokio::pin!(resetting);
            tokio::select! {
                done = &mut resetting => panic!("{}: {done:?}", world.database.product()),
                () = world.database.until_somebody_waits() => {}
            }
            opening.commit().await.unwrap();
            resetting.await.unwrap();
        }
        let found = operators.signed_in("cookie", Asked::ByPerson).await.unwrap();
        assert_eq!(found, None, "{}", world.database.product());
    }
}

/// Of two changes at once the second rests on the first: what was switched off is not on again by a reset.
#[tokio::test]
async fn a_change_rests_on_the_one_before_it() {
    for world in World::all().await {
        let operators = operators(&world).await;
        let mut tx = begin(&world).await;
        let account = operator::lock(&mut tx, NAME).await.unwrap().unwrap();
        let off = AccountRow {
            enabled: 0,
            ..account
        };
        operator::update(&mut tx, &off).await.unwrap();
        let resetting = operators.reset(NAME, "cli:kim");
        tokio::pin!(resetting);
        tokio::select! {
            done = &mut resetting => panic!("{}: {done:?}", world.database.product()),
            () = world.database.until_somebody_waits() => {}
        }
        tx.commit().await.unwrap();
        let done = resetting.await;
        assert!(matches!(done, Err(AccountError::Disabled(_))), "{done:?}");
    }
}

/// Anybody may guess, so whoever guesses is kept out where it comes from, and nowhere else.
#[tokio::test]
async fn nobody_locks_a_person_out_from_elsewhere() {
    for world in World::all().await {
        let operators = operators(&world).await;
        for stranger in 1..=2 {
            for attempt in 1..=11 {
                let outcome = sign_in(&operators, "guessed", address(stranger)).await;
                let expected = matches!(
                    (&outcome, attempt),
                    (Err(SignInError::Wrong), 1..=10) | (Err(SignInError::TooMany), 11)
                );
                assert!(expected, "{stranger} {attempt}: {outcome:?}");
            }
        }
        let there = sign_in(&operators, PASSWORD, address(1)).await;
        assert!(matches!(there, Err(SignInError::TooMany)), "{there:?}");
        sign_in(&operators, PASSWORD, address(200)).await.unwrap();
        // A new password begins anew, also where the old one was tried.
        let link = operators.reset(NAME, "cli:kim").await.unwrap();
        set_password(&operators, &link).await;
        sign_in(&operators, PASSWORD, address(1)).await.unwrap();
    }
}
