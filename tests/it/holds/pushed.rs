//! A rule's hold in the ERP: placed there under its code, gone from there with the payment, and left alone in between,
//! whatever the ERP calls it.

use std::time::Duration;

use async_trait::async_trait;
use punchgate_connector::{
    Accounts, ConfigError, Connector, ConnectorResult, Context, Cursor, Page, Secrets, Spec,
    accounts::{Account, AccountPatch, PatchOutcome},
    page::Found,
};
use serde_json::{Value, json};

use super::{LATE, OVERDUE, RULE, held, rules, rules_that_hold, supplier};
use crate::support::{
    world::World,
    wrapped::{self, Wrap},
};

/// The ERP, writing hold codes in its own way.
#[derive(Debug)]
struct Rewriting {
    inner: Box<dyn Connector>,
}

impl Rewriting {
    fn make(id: &str, settings: &Value, secrets: &Secrets) -> Result<Box<dyn Connector>, ConfigError> {
        wrapped::erp_http(id, settings, secrets, |inner| Self { inner })
    }

    fn accounts(&self) -> &dyn Accounts {
        self.inner.spec().accounts.unwrap()
    }
}

impl Wrap for Rewriting {
    fn inner(&self) -> &dyn Connector {
        &*self.inner
    }

    fn spec<'a>(&'a self, inner: Spec<'a>) -> Spec<'a> {
        Spec {
            accounts: Some(self),
            ..inner
        }
    }
}

#[async_trait]
impl Accounts for Rewriting {
    async fn pull(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> ConnectorResult<Page<Account>> {
        self.accounts().pull(ctx, cursor, limit).await
    }

    async fn get(&self, ctx: &Context, external_ids: &[String]) -> ConnectorResult<Found<Account>> {
        self.accounts().get(ctx, external_ids).await
    }

    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        let mut patch = patch.clone();
        for hold in &mut patch.place_holds {
            hold.code = format!("Z-{}", hold.code.to_lowercase());
        }
        self.accounts().patch(ctx, &patch).await
    }
}

/// The codes of the holds that the ERP has on the late payer.
async fn there(world: &World) -> Vec<String> {
    let account = world.erp.account(LATE).await;
    let holds = account["holds"].as_array().unwrap().iter();
    holds
        .map(|hold| hold["code"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_pushed_hold_is_placed_and_released_in_the_erp_once() {
    for (rewrites, code) in [(false, "PAST-DUE"), (true, "Z-past-due")] {
        let codes = "hold_codes = { PAST-DUE = [\"order_on_terms\"] }\n";
        let supplier = supplier(&format!("{RULE}push = true\n")).sync(codes);
        let world = match rewrites {
            true => {
                supplier
                    .start_with(|registry| registry.with(punchgate_erp_http::KIND, Rewriting::make))
                    .await
            }
            false => supplier.start().await,
        };
        world.erp.release_holds(LATE).await;
        world.settle().await;
        assert_eq!(there(&world).await, [code]);
        assert_eq!(rules_that_hold(&world).await, ["past-due"]);
        let view = super::customer(&world).await;
        assert_eq!(
            (&view["holds"][0]["code"], &view["holds"][0]["push"]),
            (&json!(code), &json!("synced"))
        );

        let written = world.erp.calls("patch_account");
        world.clock.advance(Duration::from_secs(60));
        assert_eq!(rules(&world).await, 0);
        world.settle().await;
        assert_eq!(rules(&world).await, 0);
        assert_eq!(
            (there(&world).await, held(&world).await.len()),
            (vec![code.to_owned()], 1)
        );
        assert_eq!(
            world.erp.calls("patch_account"),
            written,
            "nothing more is written"
        );

        world.erp.pay(LATE, OVERDUE).await;
        world.clock.advance(Duration::from_secs(60));
        world.settle().await;
        assert!(there(&world).await.is_empty() && held(&world).await.is_empty());
        let written = world.erp.calls("patch_account");
        world.clock.advance(Duration::from_secs(60));
        world.settle().await;
        assert_eq!(rules(&world).await, 0);
        assert_eq!(world.erp.calls("patch_account"), written);
        world.finish().await;
    }
}
