//! A connection that is cut right after the commit has got there.

use std::path::{Path, PathBuf};

use punchgate_connector::{
    ErrorKind,
    accounts::{AccountPatch, PatchOutcome},
    orders::SubmitOutcome,
};
use punchgate_domain::{customer::CreditLimit, money::Money};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

use crate::{
    orders::submission,
    support::{Erp, Kind, connect, context},
};

crate::on_each_database!(
    an_order_whose_commit_was_not_seen_is_there,
    a_limit_whose_commit_was_not_seen_is_there
);

/// The socket's own path, and the same below another folder.
fn sockets(kind: Kind, settings: &Value, folder: &Path) -> Option<(PathBuf, PathBuf, Value)> {
    let told = Path::new(settings["socket"].as_str()?);
    Some(match kind {
        // Of PostgreSQL the folder is told.
        Kind::Postgres => {
            let name = format!(".s.PGSQL.{}", settings["port"]);
            (told.join(&name), folder.join(&name), json!(folder))
        }
        _ => (
            told.to_owned(),
            folder.join("socket"),
            json!(folder.join("socket")),
        ),
    })
}

/// Passes everything on, until the client has said `commit` and the server has answered: then both hear nothing more.
async fn cut_after_commit(listener: UnixListener, server: PathBuf) {
    let (mut client, _) = listener.accept().await.unwrap();
    let mut server = UnixStream::connect(server).await.unwrap();
    let (mut up, mut down) = ([0; 65_536], [0; 65_536]);
    let mut committing = false;
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(length @ 1..) = read else { return };
                committing |= up[..length].windows(6).any(|text| text == b"commit");
                server.write_all(&up[..length]).await.unwrap();
            }
            read = server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return };
                if committing {
                    return;
                }
                client.write_all(&down[..length]).await.unwrap();
            }
        }
    }
}

/// A database, and settings that lead to it by a way that is cut.
async fn with_a_cut_way(kind: Kind) -> Option<(Erp, Value)> {
    if kind == Kind::Sqlite {
        println!("skipped: a file has no connection");
        return None;
    }
    let erp = Erp::start(kind).await?;
    let mut settings = erp.settings();
    let folder = erp.folder();
    let Some((server, here, told)) = sockets(kind, &settings, &folder) else {
        println!("skipped: the server is not on a socket");
        return None;
    };
    settings["socket"] = told;
    tokio::spawn(cut_after_commit(UnixListener::bind(here).unwrap(), server));
    Some((erp, settings))
}

async fn an_order_whose_commit_was_not_seen_is_there(kind: Kind) {
    let Some((erp, settings)) = with_a_cut_way(kind).await else {
        return;
    };
    let what = submission("ref-1");
    let cut = connect(&settings);
    let error = cut
        .spec()
        .orders
        .unwrap()
        .submit(&context(), &what)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    let whole = erp.connector();
    let orders = whole.spec().orders.unwrap();
    let found = orders.find(&context(), &what.key()).await.unwrap();
    assert_eq!(found.len(), 1);
    let again = orders.submit(&context(), &what).await.unwrap();
    assert!(matches!(again, SubmitOutcome::Existing(order) if order.order_id == found[0].order_id));
    erp.done().await;
}

async fn a_limit_whose_commit_was_not_seen_is_there(kind: Kind) {
    let Some((erp, settings)) = with_a_cut_way(kind).await else {
        return;
    };
    let whole = erp.connector();
    let accounts = whole.spec().accounts.unwrap();
    let before = accounts
        .get(&context(), &["C-1".to_owned()])
        .await
        .unwrap()
        .items
        .remove(0);
    let patch = AccountPatch {
        credit_limit: Some(CreditLimit::Amount(Money::from_minor(77, before.currency))),
        ..AccountPatch::of(&before, "why", "who")
    };
    let cut = connect(&settings);
    let error = cut
        .spec()
        .accounts
        .unwrap()
        .patch(&context(), &patch)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    let PatchOutcome::Conflict(now) = accounts.patch(&context(), &patch).await.unwrap() else {
        panic!("it was written, so the version is another");
    };
    assert_eq!(Some(now.credit_limit), patch.credit_limit);
    erp.done().await;
}
