//! Groups of failures and exceptions, and which kind a failure is of.

use std::collections::HashMap;
use std::sync::Arc;

use gregaria_stats::{Exception, Failure, Snapshot};

use crate::model::{ExceptionGroup, FailureGroup, FailureKind, KindRate};

use super::course::Rates;

/// What was shown last, and what came since.
#[derive(Debug, Default)]
pub(super) struct Groups {
    failures: Vec<Arc<Failure>>,
    kinds: Vec<FailureKind>,
    exceptions: Vec<(Arc<Exception>, f64, f64)>,
    occurrences: HashMap<FailureKind, u64>,
    last_time: Option<f64>,
}

impl Groups {
    /// Groups that have changed, and failures a second by kind since the last time.
    pub(super) fn advance(
        &mut self,
        snapshot: &Snapshot,
    ) -> (Vec<FailureGroup>, Vec<ExceptionGroup>, Rates) {
        // Failures are kept in the order of their coming; there are fewer only after a reset.
        if snapshot.failures.len() < self.failures.len() {
            self.failures.clear();
            self.kinds.clear();
            self.occurrences.clear();
        }
        let mut changed = Vec::new();
        let mut sums: HashMap<FailureKind, u64> = HashMap::new();
        for (place, failure) in snapshot.failures.iter().enumerate() {
            if place == self.failures.len() {
                self.kinds.push(kind_of(&failure.error));
                self.failures.push(Arc::clone(failure));
                changed.push(failure_group(place, failure, self.kinds[place]));
            } else if !Arc::ptr_eq(&self.failures[place], failure) {
                self.failures[place] = Arc::clone(failure);
                changed.push(failure_group(place, failure, self.kinds[place]));
            }
            *sums.entry(self.kinds[place]).or_default() += failure.occurrences;
        }
        let seconds = self
            .last_time
            .replace(snapshot.time)
            .map_or(1.0, |last| (snapshot.time - last).max(0.1));
        let mut rates = Rates::new();
        for (kind, sum) in &sums {
            let before = self.occurrences.get(kind).copied().unwrap_or(0);
            rates.insert(*kind, sum.saturating_sub(before) as f64 / seconds);
        }
        self.occurrences = sums;
        (changed, self.advance_exceptions(snapshot), rates)
    }

    fn advance_exceptions(&mut self, snapshot: &Snapshot) -> Vec<ExceptionGroup> {
        if snapshot.exceptions.len() < self.exceptions.len() {
            self.exceptions.clear();
        }
        let now = snapshot.time;
        let mut changed = Vec::new();
        for (place, exception) in snapshot.exceptions.iter().enumerate() {
            if let Some((shown, _, last)) = self.exceptions.get_mut(place) {
                if Arc::ptr_eq(shown, exception) {
                    continue;
                }
                *shown = Arc::clone(exception);
                *last = now;
            } else {
                self.exceptions.push((Arc::clone(exception), now, now));
            }
            changed.push(self.exception_group(place));
        }
        changed
    }

    /// Every group.
    pub(super) fn all(&self) -> (Vec<FailureGroup>, Vec<ExceptionGroup>) {
        let failures = self.failures.iter().enumerate();
        let failures = failures.map(|(place, one)| failure_group(place, one, self.kinds[place]));
        let exceptions = (0..self.exceptions.len()).map(|place| self.exception_group(place));
        (failures.collect(), exceptions.collect())
    }

    fn exception_group(&self, place: usize) -> ExceptionGroup {
        let (exception, first_seen, last_seen) = &self.exceptions[place];
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
            first_seen: *first_seen,
            last_seen: *last_seen,
        }
    }
}

/// Rates as the stream sends them.
pub(super) fn kind_rates(rates: &Rates) -> Vec<KindRate> {
    let rate = |(&kind, &per_second): (&FailureKind, &f64)| KindRate { kind, per_second };
    rates.iter().map(rate).collect()
}

fn failure_group(place: usize, failure: &Failure, kind: FailureKind) -> FailureGroup {
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

/// The name before the first parenthesis, if it looks like that of a class.
fn type_of(error: &str) -> Option<&str> {
    let (name, _) = error.split_once('(')?;
    let is_name = |char: char| char.is_alphanumeric() || char == '_' || char == '.';
    let begins_well = name.starts_with(|char: char| char.is_uppercase());
    (begins_well && name.chars().all(is_name)).then_some(name)
}

/// What a message is about, as far as its words tell.
pub(super) fn kind_of(error: &str) -> FailureKind {
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
