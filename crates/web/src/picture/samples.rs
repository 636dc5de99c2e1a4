//! Single requests of an entry.

use std::sync::Arc;

use gregaria_stats::{Example, SHOWN_EXAMPLES};

use crate::model::RequestSample;

/// The first of a list.
pub(crate) fn samples(examples: &[Arc<Example>]) -> Vec<RequestSample> {
    let sample = |one: &Arc<Example>| RequestSample {
        method: one.method.to_string(),
        url: one.url.to_string(),
        status: one.status,
        time_ms: one.response_time_ms,
        at: one.at,
        error: one.error.as_deref().map(str::to_owned),
        body: one.body.as_deref().map(str::to_owned),
    };
    examples.iter().take(SHOWN_EXAMPLES).map(sample).collect()
}
