//! Programs, started as the core starts them.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use punchgate_connector::{
    Connector, Context, Secrets,
    child::{Child, ChildError, Limits},
    egress::{Egress, EgressRules},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub(crate) const SECRET: &str = "hunter2-of-the-erp";

/// A connector whose program has introduced itself, and what its calls are given.
pub(crate) struct Met {
    pub(crate) connector: Box<dyn Connector>,
    child: Child,
    http: Egress,
}

impl Met {
    /// With the program of these settings; waits for nothing that has failed.
    pub(crate) async fn with(settings: &Value) -> Result<Self, ChildError> {
        let secrets: Secrets = [("password", SECRET)].into_iter().collect();
        let unmet = punchgate_erp_stdio::from_config("erp", settings, &secrets).unwrap();
        let mut program = unmet.program().unwrap();
        program.limits = Limits {
            start: Duration::from_mins(2),
            least_time: Duration::ZERO,
            first_wait: Duration::ZERO,
            ..program.limits
        };
        let child = Child::new(program).unwrap();
        let said = child.greeting().await?;
        Ok(Self {
            connector: unmet.introduced(&said).unwrap(),
            child,
            http: Egress::new(EgressRules::default()).unwrap(),
        })
    }

    pub(crate) fn context(&self, id: String) -> Context {
        self.patient(id, Duration::from_mins(2))
    }

    pub(crate) fn patient(&self, id: String, patience: Duration) -> Context {
        Context::new(id, now(), patience, CancellationToken::new(), self.http.clone())
            .with_child(Some(self.child.clone()))
    }
}

#[expect(clippy::disallowed_methods, reason = "the program looks at the real clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// The file of Python; none where there is none.
pub(crate) fn python() -> Option<String> {
    let asked = std::process::Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output();
    let path = String::from_utf8(asked.ok()?.stdout).ok()?;
    Some(path.trim().to_owned()).filter(|path| Path::new(path).is_absolute())
}

/// Settings of a program in Python, with times that a busy machine keeps.
pub(crate) fn settings(python: &str, script: &Path) -> Value {
    json!({
        "command": python, "args": ["-B", script.to_str().unwrap()],
        "read_timeout_seconds": 120, "change_timeout_seconds": 300
    })
}
