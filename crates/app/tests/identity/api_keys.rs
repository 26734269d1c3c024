//! Cases: bearer keys.

use std::collections::BTreeSet;

use punchgate_app::api_keys::{self, ApiKeyError, IssueError, Scope};

use super::world::{ACME, World};

async fn is_valid(world: &World, token: &str) -> bool {
    match api_keys::verify(&world.surroundings, token).await {
        Ok(_) => true,
        Err(ApiKeyError::Invalid) => false,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_key_opens_until_it_is_revoked() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let scopes = BTreeSet::from([Scope::OrdersRead, Scope::HoldsWrite]);
        let supplier = world.supplier();
        let (key, token) = api_keys::issue(&world.surroundings, &supplier, "bridge", &scopes)
            .await
            .unwrap();
        let token = token.expose();
        let found = api_keys::verify(&world.surroundings, token).await.unwrap();
        assert_eq!(found, key);
        assert_eq!(found.supplier, supplier);
        assert!(found.may(Scope::OrdersRead) && !found.may(Scope::OrdersWrite));

        let elsewhere = token.replacen(supplier.as_str(), "acme", 1);
        let cut = &token[..token.len() - 1];
        let longer = format!("{token}x");
        for wrong in [
            "",
            "pg",
            "pg___",
            "pg_a_b_c",
            cut,
            &longer,
            &elsewhere,
            &token.to_uppercase(),
        ] {
            assert!(!is_valid(&world, wrong).await, "{wrong}");
        }

        assert_eq!(
            api_keys::list(&world.surroundings, &supplier)
                .await
                .unwrap()
                .len(),
            2
        );
        assert!(
            api_keys::revoke(&world.surroundings, &supplier, &key.id)
                .await
                .unwrap()
        );
        assert!(!is_valid(&world, token).await);
        assert!(
            !api_keys::revoke(&world.surroundings, &supplier, "none")
                .await
                .unwrap()
        );
        let unknown = api_keys::issue(&world.surroundings, &"nobody".into(), "x", &scopes).await;
        assert!(matches!(unknown, Err(IssueError::UnknownSupplier(_))));
    }
}

#[tokio::test]
async fn a_declared_key_opens_and_ends_with_its_declaration() {
    for world in World::all().await {
        world.set_acme();
        world.apply(ACME, false).await.unwrap();
        let token = world.secrets.variables.lock().unwrap()["BRIDGE"].clone();
        let key = api_keys::verify(&world.surroundings, &token).await.unwrap();
        assert_eq!((key.id.as_str(), key.scopes.len()), ("bridge", 2));
        let revoked = format!("{ACME}revoked = true\n");
        world.apply(&revoked, false).await.unwrap();
        assert!(!is_valid(&world, &token).await);
        assert!(world.apply(&revoked, false).await.unwrap().is_unchanged());
        world.apply(ACME, false).await.unwrap();
        assert!(is_valid(&world, &token).await);
    }
}

#[test]
fn scopes_have_stable_names() {
    for scope in Scope::ALL {
        assert_eq!(Scope::parse(scope.as_str()), Ok(*scope));
    }
    let error = Scope::parse("order:read").unwrap_err();
    assert!(error.to_string().contains("did you mean 'orders:read'?"));
}
