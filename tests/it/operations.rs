//! What the supplier's people see of the machinery, and how they move it: by the API and on the command line.

mod admission;
mod doctor;
mod documents;
mod jobs;
mod mapping;
mod quarantine;
mod relationships;
mod sync;
mod sync_run;

use std::process::Stdio;

use tokio::process::Command;

use crate::support::world::World;

/// What a command printed.
pub(crate) struct Printed {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program beside the gateway, on its database.
pub(crate) async fn punchgate(world: &World, arguments: &[&str]) -> Printed {
    let output = Command::new(env!("CARGO_BIN_EXE_punchgate"))
        .args(arguments)
        .env("PUNCHGATE_DATABASE_URL", world.database.url())
        .env("PUNCHGATE_KEY_VALUE", &world.key)
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    Printed {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
