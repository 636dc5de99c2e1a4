//! Single requests of an entry, as files have them.

use gregaria_stats::{Example, Examples};
use serde::{Deserialize, Serialize};

/// Single requests: method, URL, status, milliseconds, when it ended, why it failed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StoredExamples {
    /// The slow ones, the slowest first.
    #[serde(default)]
    pub slow: Vec<StoredExample>,
    /// Those that failed, the last first.
    #[serde(default)]
    pub failed: Vec<StoredExample>,
}

/// One request.
pub type StoredExample = (
    String,
    String,
    Option<u16>,
    Option<f64>,
    f64,
    Option<String>,
);

impl From<&Examples> for StoredExamples {
    fn from(examples: &Examples) -> Self {
        let row = |one: &Example| {
            let error = one.error.as_deref().map(str::to_owned);
            let (method, url) = (one.method.to_string(), one.url.to_string());
            (method, url, one.status, one.response_time_ms, one.at, error)
        };
        Self {
            slow: examples.slow().iter().map(|one| row(one)).collect(),
            failed: examples.failed().iter().map(|one| row(one)).collect(),
        }
    }
}

impl From<&StoredExamples> for Examples {
    fn from(stored: &StoredExamples) -> Self {
        let example = |(method, url, status, time_ms, at, error): &StoredExample| Example {
            status: *status,
            response_time_ms: *time_ms,
            ..Example::new(method, format_args!("{url}"), error.as_deref(), *at)
        };
        Self::new(
            stored.slow.iter().map(example).collect(),
            stored.failed.iter().map(example).collect(),
        )
    }
}
