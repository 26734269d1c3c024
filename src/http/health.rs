//! Whether the process lives, and whether it can serve.

use axum::{extract::State as Handed, http::StatusCode};

use super::State;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers.
pub(super) async fn ready(Handed(gateway): Handed<State>) -> (StatusCode, &'static str) {
    let asked = async {
        let mut tx = gateway.surroundings.db.read().await?;
        punchgate_app::health::database_answers(&mut tx).await?;
        tx.rollback().await
    };
    match asked.await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::error!(%error, "not ready: the database does not answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready: the database does not answer\n",
            )
        }
    }
}
