//! The log: on standard error, as lines for people or as JSON, filtered in the words of `MARU_LOG`.
//!
//! Standard output stays free for what a command is asked to say. The filter can be replaced while the server runs, the
//! form cannot.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::{LogFormat, Setup};

/// A hand on the log's filter.
pub(crate) type Filter = reload::Handle<EnvFilter, Registry>;

/// Begins to log as the configuration says.
pub(crate) fn begin(setup: &Setup) -> anyhow::Result<Filter> {
    let (filter, handle) = reload::Layer::new(EnvFilter::try_new(&setup.log_level)?);
    // https://no-color.org
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match setup.log_format {
        LogFormat::Text => lines.with_ansi(colours).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(filter).with(lines).try_init()?;
    Ok(handle)
}
