//! The log: spans and events to standard error, for people or for machines, as `[log]` says.

use std::{io, sync::OnceLock};

use tracing_subscriber::{EnvFilter, reload::Handle};

use crate::config::{Log, LogFormat};

/// Changes what is logged, once the log has been started.
type Change = Box<dyn Fn(EnvFilter) + Send + Sync>;

static CHANGE: OnceLock<Change> = OnceLock::new();

/// Writes the log from now on. Once in a process; a second call leaves the first in place.
pub fn start(config: &Log) {
    let started = match config.format {
        LogFormat::Text => {
            let builder = tracing_subscriber::fmt()
                .with_env_filter(filter(config))
                .with_writer(io::stderr)
                .with_ansi(false)
                .with_filter_reloading();
            let change = changing(builder.reload_handle());
            builder.try_init().map(|()| change)
        }
        LogFormat::Json => {
            let builder = tracing_subscriber::fmt()
                .json()
                .flatten_event(true)
                .with_env_filter(filter(config))
                .with_writer(io::stderr)
                .with_filter_reloading();
            let change = changing(builder.reload_handle());
            builder.try_init().map(|()| change)
        }
    };
    match started {
        Ok(change) => {
            // Only the first start comes here.
            let _ = CHANGE.set(change);
        }
        Err(error) => tracing::debug!(%error, "the log had been started before"),
    }
}

fn changing<S: 'static>(handle: Handle<EnvFilter, S>) -> Change {
    Box::new(move |filter| {
        // Fails only where the log is gone.
        let _ = handle.reload(filter);
    })
}

/// Logs from now on what this asks for; its format stays.
pub fn change(config: &Log) {
    if let Some(change) = CHANGE.get() {
        change(filter(config));
    }
}

fn filter(config: &Log) -> EnvFilter {
    // The configuration has been checked: a filter that does not read cannot come here.
    EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"))
}
