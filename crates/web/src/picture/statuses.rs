//! How often each status came.

use gregaria_stats::Entry;

use crate::model::StatusCount;

/// Those of one entry, in their order.
pub(crate) fn statuses(entry: &Entry) -> Vec<StatusCount> {
    let counts = entry.statuses.iter();
    counts
        .map(|(status, count)| StatusCount { status, count })
        .collect()
}
