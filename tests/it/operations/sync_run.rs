//! `sync run`: an ERP or a shop read on the command line, beside a gateway that may be reading it, too.

use punchgate_storage::{Lane, work_lease};
use tokio::process::Command;

use super::Printed;
use crate::support::{
    erp::CUSTOMER,
    live::Live,
    supplier::{SUPPLIER_ID, Supplier},
};

async fn run(live: &Live, arguments: &[&str]) -> Printed {
    let words = [&["sync", "run", "--supplier", SUPPLIER_ID], arguments].concat();
    print(live, &words).await
}

async fn print(live: &Live, words: &[&str]) -> Printed {
    let config = live.config("127.0.0.1:1");
    let done = Command::new(env!("CARGO_BIN_EXE_punchgate"))
        .args(words)
        .env("PUNCHGATE_DATABASE_URL", live.database.url())
        .env("PUNCHGATE_KEY_VALUE", config.key.value.expose())
        .current_dir(std::env::temp_dir())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    Printed {
        code: done.status.code().unwrap_or(-1),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

#[tokio::test]
async fn an_erp_is_read_now() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let first = run(&live, &["erp"]).await;
    assert_eq!(first.code, 0, "{}{}", first.out, first.err);
    for expected in [
        "erp/  accounts  4 rows in 1 pages, 4 changed, 0 gone, 0 conflicts, 0 left out",
        "erp/  exposure  4 rows, 4 changed",
        "erp/  documents  0 new, 0 left out",
    ] {
        assert!(first.out.contains(expected), "{expected}\n{}", first.out);
    }
    live.erp.place_unexplained_hold(CUSTOMER, "Z9").await;
    let changes = run(&live, &["--feed", "accounts"]).await;
    for expected in ["1 rows in 1 pages, 1 changed", "hold code 'Z9' is in no table"] {
        assert!(changes.out.contains(expected), "{expected}\n{}", changes.out);
    }
    assert!(!changes.out.contains("exposure"), "{}", changes.out);
    // Nothing is news any more; a full read tells all again.
    let all = run(&live, &["erp", "--full", "--feed", "accounts"]).await;
    assert!(all.out.contains("4 rows in 1 pages, 0 changed"), "{}", all.out);
    let status = print(&live, &["sync", "status", "--supplier", SUPPLIER_ID]).await;
    assert!(
        status.out.contains("accounts-sweep") && status.out.contains("attention"),
        "{}",
        status.out
    );
}

#[tokio::test]
async fn a_shop_is_read_now() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let shop = run(&live, &["shop"]).await;
    assert_eq!(shop.code, 0, "{}{}", shop.out, shop.err);
    assert_eq!(shop.out.trim(), "shop/  shop-orders  0 new, 0 left out");
    let of_erps = run(&live, &["shop", "--feed", "accounts"]).await;
    assert!(
        of_erps.out.contains("accounts  the connector has none"),
        "{}",
        of_erps.out
    );
}

/// It lies where the configuration lets connectors look, as for the gateway.
#[tokio::test]
async fn an_erp_in_a_folder_of_this_machine_is_read_now() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let folder = tempfile::tempdir().unwrap();
    let drops = folder.path().join("erp");
    std::fs::create_dir_all(drops.join("in")).unwrap();
    let customers = "key,name,terms,terms_days,credit_limit\nF-1,Acme Files,N30,30,500.00\n";
    std::fs::write(drops.join("in/customers-1.csv"), customers).unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.into_os_string().into_string().unwrap()
    };
    let config = write(
        "config.toml",
        format!("[folders]\nroots = [\"{}\"]\n", folder.path().display()),
    );
    let declared = write(
        "declared.toml",
        format!(
            "[[supplier]]\nid = \"{SUPPLIER_ID}\"\nname = \"Ironquay\"\ntime_zone = \"UTC\"\n\n\
             [[supplier.connector]]\nid = \"files\"\nkind = \"erp-flatfile\"\nmode = \"production\"\n\
             settings = {{ folder = {{ kind = \"local\", path = \"{}\" }}, feeds = {{ customers = {{ \
             files = \"customers-{{seq}}.csv\", constants = {{ currency = \"USD\" }} }} }} }}\n",
            drops.display()
        ),
    );
    let applied = print(&live, &["--config", &config, "apply", &declared]).await;
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    let words = [
        "--config",
        &config,
        "sync",
        "run",
        "files",
        "--supplier",
        SUPPLIER_ID,
        "--feed",
        "accounts",
    ];
    let read = print(&live, &words).await;
    assert_eq!(read.code, 0, "{}{}", read.out, read.err);
    assert!(read.out.contains("1 rows in 1 pages, 1 changed"), "{}", read.out);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_failure() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let unknown = run(&live, &["attic"]).await;
    assert_eq!(unknown.code, 1, "{}{}", unknown.out, unknown.err);
    assert!(
        unknown.err.contains("has no ERP and no shop 'attic'"),
        "{}",
        unknown.err
    );
    live.erp.misbehave(true, 0).await;
    let failed = run(&live, &["erp", "--feed", "accounts"]).await;
    assert_eq!(failed.code, 1, "{}{}", failed.out, failed.err);
    assert!(failed.out.contains("erp/  accounts  failed: "), "{}", failed.out);
}

/// While a gateway reads accounts nobody else does: not even who asks for it.
#[tokio::test]
async fn a_feed_is_read_by_one_at_a_time() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let db = live.open().await;
    let name = format!("sync/{SUPPLIER_ID}/erp//accounts");
    let mut tx = db.begin(Lane::Background).await.unwrap();
    let lease = work_lease::acquire(&mut tx, &name, "another gateway", 600_000_000);
    let lease = lease.await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let refused = run(&live, &["erp", "--feed", "accounts", "--wait", "0"]).await;
    assert_eq!(refused.code, 1, "{}{}", refused.out, refused.err);
    assert!(
        refused.out.contains("another gateway synchronises"),
        "{}",
        refused.out
    );
    assert_eq!(live.erp.calls("accounts"), 0, "the ERP was not asked");
    // The gateway that was at it gives its turn back: who waits has it then.
    let given_back = async {
        let mut tx = db.begin(Lane::Background).await.unwrap();
        work_lease::release(&mut tx, &lease).await.unwrap();
        tx.commit().await.unwrap();
    };
    let arguments = ["erp", "--feed", "accounts", "--wait", "600"];
    let (read, ()) = tokio::join!(run(&live, &arguments), given_back);
    assert_eq!(read.code, 0, "{}{}", read.out, read.err);
    assert_eq!(live.erp.calls("accounts"), 1);
    db.close().await;
}
