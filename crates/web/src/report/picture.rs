//! A run that is kept, as the page shows a run.

use gregaria_stats::{Entry, Histogram, Snapshot};

use crate::archive::{Bucket, StoredMarker, StoredRun};
use crate::model::{
    self, ExceptionGroup, FailureGroup, FailureKind, Figures, HeatColumn, HeatMap, Mark, MarkKind,
    Overview, Phase, State, UserCounts, WorkerCounts,
};
use crate::runs::{load, run_summary, series};

/// Points of a line, for a small file: 18 seconds each in an hour. Percentiles keep their peaks.
const POINTS: usize = 200;

/// Columns of the heat map.
const COLUMNS: usize = 100;

/// Rows of the heat map: four for each power of ten, from a tenth of a millisecond on.
const ROWS: usize = 24;

/// Everything there is to show of a run; `buckets` are those of all requests together.
pub(super) fn picture(run: &StoredRun, buckets: &[Bucket]) -> model::Snapshot {
    let (names, entries) = super::data::table(&run.snapshot);
    model::Snapshot {
        seq: 0,
        now: run.snapshot.time,
        run: u64::try_from(run.row.id).ok(),
        state: state(run),
        overview: Some(overview(run)),
        series: Some(series(&run.seconds, POINTS, 0.0)),
        heat: Some(heat(buckets)),
        marks: (0..)
            .zip(&run.markers)
            .map(|(id, one)| mark(id, one))
            .collect(),
        alerts: Vec::new(),
        names: Some(names),
        entries: Some(entries),
        worker_names: None,
        workers: None,
        failures: Some(failures(&run.snapshot)),
        exceptions: Some(exceptions(run)),
        log: None,
    }
}

fn state(run: &StoredRun) -> State {
    let row = run_summary(&run.row);
    State {
        phase: Phase::Ended,
        run: Some(row.id),
        name: row.name,
        host: row.host,
        started_at: Some(row.started_at),
        ends_at: None,
        end: row.end,
        users: UserCounts {
            running: 0,
            target: 0,
            peak: row.peak_users,
            by_class: Vec::new(),
        },
        load: Some(load(&run.row)),
        workers: run.row.workers.map(|active| WorkerCounts {
            active,
            missing: 0,
            expected: None,
        }),
        stopping_seconds: None,
        still_running: Vec::new(),
        cannot_start: None,
        test_error: None,
        notices: run.snapshot.notices.clone(),
    }
}

fn overview(run: &StoredRun) -> Overview {
    Overview {
        users: 0,
        current: None,
        whole_run: figures(&run.snapshot.total, &run.snapshot),
        aborted: None,
    }
}

fn figures(entry: &Entry, snapshot: &Snapshot) -> Figures {
    let window = &snapshot.window;
    let has_requests = entry.requests > 0;
    let is_timed = entry.timed_requests() > 0;
    let percentile = |quantile| entry.percentile_ms(quantile);
    Figures {
        window_seconds: Some(window.elapsed_seconds()).filter(|seconds| *seconds > 0.0),
        requests: Some(entry.requests),
        failures: Some(entry.failures),
        rps: has_requests.then(|| entry.total_rps(window)),
        failures_per_second: has_requests.then(|| entry.total_failures_per_second(window)),
        failed_ratio: has_requests.then(|| entry.fail_ratio()),
        p50_ms: percentile(0.5),
        p95_ms: percentile(0.95),
        p99_ms: percentile(0.99),
        p999_ms: percentile(0.999),
        min_ms: entry.min_response_time_ms,
        max_ms: is_timed.then_some(entry.max_response_time_ms),
        avg_ms: is_timed.then(|| entry.avg_response_time_ms()),
    }
}

fn heat(buckets: &[Bucket]) -> HeatMap {
    let edges_ms: Vec<f64> = (0..ROWS)
        .map(|row| 10_f64.powf(row as f64 / 4.0 - 1.0))
        .collect();
    let joined = buckets.len().div_ceil(COLUMNS).max(1);
    let column = |group: &[Bucket]| {
        let mut times = Histogram::default();
        let mut column = HeatColumn {
            time: group
                .last()
                .map_or(0.0, |last| (last.time + last.seconds).round()),
            counts: vec![0; ROWS],
            failures: group.iter().map(|one| one.failures).sum(),
        };
        for one in group {
            times.merge(&one.times);
        }
        for (low, high, count) in times.ranges_ms() {
            let row = edges_ms.partition_point(|edge| *edge <= low.midpoint(high));
            column.counts[row.saturating_sub(1)] += count;
        }
        column
    };
    let columns: Vec<HeatColumn> = buckets.chunks(joined).map(column).collect();
    let step = buckets.iter().map(|one| one.seconds).fold(0.0, f64::max);
    HeatMap {
        step_seconds: (step * joined as f64).round(),
        edges_ms,
        columns,
    }
}

fn mark(id: u64, marker: &StoredMarker) -> Mark {
    Mark {
        id,
        time: marker.time,
        kind: match marker.kind.as_str() {
            "run_started" => MarkKind::Start,
            "users_changed" => MarkKind::Users,
            "workers_lost" => MarkKind::WorkerLost,
            "workers_back" => MarkKind::WorkerBack,
            "workers_joined" => MarkKind::WorkerJoined,
            "run_ended" => MarkKind::End,
            _ => MarkKind::Other,
        },
        text: marker.text.clone(),
        by: None,
    }
}

fn failures(snapshot: &Snapshot) -> Vec<FailureGroup> {
    let group = |(id, failure): (u64, &std::sync::Arc<gregaria_stats::Failure>)| FailureGroup {
        id,
        method: failure.method.to_string(),
        name: failure.name.to_string(),
        error_type: type_of(&failure.error).map(str::to_owned),
        kind: kind_of(&failure.error),
        message: failure.message(false),
        occurrences: failure.occurrences,
        first_seen: failure.first_seen,
        last_seen: failure.last_seen,
        worker_count: (!failure.nodes.is_empty()).then_some(failure.nodes.len() as u64),
    };
    (0..).zip(&snapshot.failures).map(group).collect()
}

fn exceptions(run: &StoredRun) -> Vec<ExceptionGroup> {
    let group = |(id, exception): (u64, &std::sync::Arc<gregaria_stats::Exception>)| {
        let nodes = exception.nodes.iter().map(ToString::to_string);
        ExceptionGroup {
            id,
            count: exception.count,
            error_type: exception.error_type.as_deref().map(str::to_owned),
            message: exception.message.to_string(),
            traceback: exception.traceback.to_string(),
            workers: nodes
                .filter(|node| node != gregaria_stats::LOCAL_NODE)
                .collect(),
            first_seen: run.row.started,
            last_seen: run.row.last_second,
        }
    };
    (0..).zip(&run.snapshot.exceptions).map(group).collect()
}

/// The name before the first parenthesis, if it looks like that of a class.
fn type_of(error: &str) -> Option<&str> {
    let (name, _) = error.split_once('(')?;
    let is_name = |char: char| char.is_alphanumeric() || char == '_' || char == '.';
    let begins_well = name.starts_with(char::is_uppercase);
    (begins_well && name.chars().all(is_name)).then_some(name)
}

/// What a message is about, as far as its words tell.
fn kind_of(error: &str) -> FailureKind {
    let status = || {
        let mut words = error.split(|char: char| !char.is_ascii_digit());
        words.find(|word| word.len() == 3)?.parse::<u16>().ok()
    };
    match type_of(error) {
        _ if error.contains("blocked: host not allowed") => FailureKind::Blocked,
        Some("HTTPError" | "LocustBadStatusCode") => match status() {
            Some(400..=499) => FailureKind::ClientError,
            Some(500..) => FailureKind::ServerError,
            _ => FailureKind::Other,
        },
        Some("CatchResponseError") | None => FailureKind::Check,
        Some(name) if name.to_lowercase().contains("timeout") || error.contains("timed out") => {
            FailureKind::Timeout
        }
        Some(name) if name.contains("Connection") || name.contains("SSL") => {
            FailureKind::Connection
        }
        Some(_) => FailureKind::Other,
    }
}
