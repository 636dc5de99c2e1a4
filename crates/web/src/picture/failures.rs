//! Groups of failures and exceptions, and which kind a failure is of.

use std::collections::BTreeMap;

use gregaria_stats::{Exception, Failure};

use crate::model::{ExceptionGroup, FailureGroup, FailureKind, GroupCount};

/// A failure as the page lists it; `place` is its number in the run.
pub(crate) fn failure_group(place: usize, failure: &Failure, kind: FailureKind) -> FailureGroup {
    FailureGroup {
        id: place as u64,
        method: failure.method.to_string(),
        name: failure.name.to_string(),
        error_type: type_of(&failure.error).map(str::to_owned),
        kind,
        message: failure.message(false),
        occurrences: failure.occurrences,
        first_seen: failure.first_seen,
        last_seen: failure.last_seen,
        worker_count: (!failure.nodes.is_empty()).then_some(failure.nodes.len() as u64),
    }
}

/// An exception as the page lists it.
pub(crate) fn exception_group(
    place: usize,
    exception: &Exception,
    first_seen: Option<f64>,
    last_seen: Option<f64>,
) -> ExceptionGroup {
    let nodes = exception.nodes.iter();
    ExceptionGroup {
        id: place as u64,
        count: exception.count,
        error_type: exception.error_type.as_deref().map(str::to_owned),
        message: exception.message.to_string(),
        traceback: exception.traceback.to_string(),
        workers: nodes
            .filter(|node| &***node != gregaria_stats::LOCAL_NODE)
            .map(ToString::to_string)
            .collect(),
        first_seen,
        last_seen,
    }
}

/// What came of one group in a part of a stretch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// Its place.
    pub(crate) place: usize,
    /// Where the part begins.
    pub(crate) from: f64,
    /// Where it ends.
    pub(crate) to: f64,
    /// How often it came.
    pub(crate) count: u64,
}

/// The groups of a stretch. `seen` tells when the one at a place was seen first and last in the whole
/// run, as far as that is known.
pub(crate) fn group_counts(
    parts: impl Iterator<Item = Part>,
    seen: impl Fn(usize) -> (Option<f64>, Option<f64>),
) -> Vec<GroupCount> {
    let mut sums: BTreeMap<usize, Part> = BTreeMap::new();
    for part in parts {
        let sum = sums.entry(part.place).or_insert(Part { count: 0, ..part });
        sum.count += part.count;
        sum.from = sum.from.min(part.from);
        sum.to = sum.to.max(part.to);
    }
    let count = |sum: Part| {
        let (first, last) = seen(sum.place);
        let first_seen = first.map_or(sum.from, |first| first.max(sum.from));
        GroupCount {
            id: sum.place as u64,
            count: sum.count,
            first_seen,
            last_seen: last.map_or(sum.to, |last| last.min(sum.to)).max(first_seen),
        }
    };
    sums.into_values().map(count).collect()
}

/// The name before the first parenthesis, if it looks like that of a class.
fn type_of(error: &str) -> Option<&str> {
    let (name, _) = error.split_once('(')?;
    let is_name = |char: char| char.is_alphanumeric() || char == '_' || char == '.';
    let begins_well = name.starts_with(|char: char| char.is_uppercase());
    (begins_well && name.chars().all(is_name)).then_some(name)
}

/// What a message is about, as far as its words tell.
pub(crate) fn kind_of(error: &str) -> FailureKind {
    if error.contains("blocked: host not allowed") {
        return FailureKind::Blocked;
    }
    match type_of(error) {
        Some("CatchResponseError") => return FailureKind::Check,
        Some("HTTPError" | "LocustBadStatusCode") => match status_of(error) {
            Some(400..=499) => return FailureKind::ClientError,
            Some(500..) => return FailureKind::ServerError,
            _ => {}
        },
        Some(name) if name.contains("Timeout") || name.contains("timeout") => {
            return FailureKind::Timeout;
        }
        _ => {}
    }
    if error.contains("timed out") {
        return FailureKind::Timeout;
    }
    let broken = [
        "Connection",
        "RemoteDisconnected",
        "SSL",
        "gaierror",
        "HTTPParseError",
        "ProtocolError",
        "ProxyError",
    ];
    match type_of(error) {
        Some(name) if broken.iter().any(|word| name.contains(word)) => FailureKind::Connection,
        // A text that the test has given.
        None => FailureKind::Check,
        Some(_) => FailureKind::Other,
    }
}

/// The first number of three digits.
fn status_of(error: &str) -> Option<u16> {
    error
        .split(|char: char| !char.is_ascii_digit())
        .find(|word| word.len() == 3)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_failure_tell_its_kind() {
        let kinds = [
            (
                "HTTPError('404 Client Error: Not Found for url: /fail')",
                FailureKind::ClientError,
            ),
            (
                "HTTPError('503 Server Error: x for url: /a/404')",
                FailureKind::ServerError,
            ),
            ("LocustBadStatusCode(code=500)", FailureKind::ServerError),
            ("CatchResponseError('manual failure')", FailureKind::Check),
            (
                "ConnectionRefusedError(111, 'Connection refused')",
                FailureKind::Connection,
            ),
            ("ReadTimeout(...)", FailureKind::Timeout),
            (
                "ConnectionError(ReadTimeoutError('timed out'))",
                FailureKind::Timeout,
            ),
            ("the cart is empty", FailureKind::Check),
            ("ValueError('x')", FailureKind::Other),
        ];
        for (error, kind) in kinds {
            assert_eq!(kind_of(error), kind, "{error}");
        }
    }
}
