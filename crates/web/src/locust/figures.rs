//! The body of `GET /stats/requests`.

use gregaria_stats::{Entry, Window};
use serde_json::{Map, Number, Value, json};

use crate::number;
use crate::seam::{FormData, View};

/// Entries and errors at most.
const MAX_ROWS: usize = 500;

/// The whole body.
pub(super) fn requests(view: &View, form: &FormData) -> Value {
    let snapshot = &view.figures;
    let (window, total) = (&snapshot.window, &snapshot.total);
    let mut stats: Vec<Value> = snapshot
        .entries
        .iter()
        .take(MAX_ROWS)
        .map(|entry| row(entry, window, &form.percentiles_to_statistics))
        .collect();
    stats.push(row(total, window, &form.percentiles_to_statistics));
    let errors: Vec<Value> = snapshot
        .failures
        .iter()
        .take(MAX_ROWS)
        .map(|failure| {
            json!({
                "error": &*failure.error,
                "first_seen": failure.first_seen,
                "last_seen": failure.last_seen,
                "method": &*failure.method,
                "name": &*failure.name,
                "occurrences": failure.occurrences,
            })
        })
        .collect();
    let percentiles: Map<String, Value> = form
        .percentiles_to_chart
        .iter()
        .map(|quantile| {
            let value = total.recent.percentile(snapshot.time, *quantile);
            (percentile_key(*quantile), value.map_or(Value::Null, time))
        })
        .collect();
    let mut body = json!({
        "current_fail_per_sec": current(total.current_failures_per_second(window), total),
        "current_response_time_percentiles": percentiles,
        "current_rps": current(total.current_rps(window), total),
        "errors": errors,
        "fail_ratio": total.fail_ratio(),
        "state": view.status.state,
        "stats": stats,
        "total_fail_per_sec": total.total_failures_per_second(window),
        "total_rps": total.total_rps(window),
        "user_count": view.status.user_count,
    });
    if let Some(workers) = &view.workers {
        let rows: Vec<Value> = workers
            .iter()
            .map(|worker| {
                json!({
                    "cpu_usage": worker.cpu_percent,
                    "id": &*worker.id,
                    "memory_usage": worker.memory_bytes,
                    "state": worker.state.as_str(),
                    "user_count": worker.user_count,
                })
            })
            .collect();
        body["worker_count"] = Value::from(worker_count(view));
        body["workers"] = Value::from(rows);
    }
    body
}

/// Workers that can be given users; 0 in a run of one process.
pub(super) fn worker_count(view: &View) -> usize {
    let workers = view.workers.iter().flatten();
    workers
        .filter(|worker| worker.state.can_take_users())
        .count()
}

fn row(entry: &Entry, window: &Window, percentiles: &[f64]) -> Value {
    let content = match entry.requests {
        0 => Value::from(0),
        requests => Value::from(entry.total_content_length as f64 / requests as f64),
    };
    let minimum = entry.min_response_time_ms;
    let mut row = json!({
        "avg_content_length": content,
        "avg_response_time": entry.avg_response_time_ms(),
        "current_fail_per_sec": current(entry.current_failures_per_second(window), entry),
        "current_rps": current(entry.current_rps(window), entry),
        "max_response_time": entry.max_response_time_ms,
        "median_response_time": time(entry.rounded_percentile(0.5)),
        "method": &*entry.key.method,
        "min_response_time": minimum.map_or(Value::from(0), Value::from),
        "name": &*entry.key.name,
        "num_failures": entry.failures,
        "num_requests": entry.requests,
        "total_fail_per_sec": entry.total_failures_per_second(window),
        "total_rps": entry.total_rps(window),
    });
    for quantile in percentiles {
        row[percentile_key(*quantile)] = time(entry.rounded_percentile(*quantile));
    }
    row
}

fn percentile_key(quantile: f64) -> String {
    format!("response_time_percentile_{}", number::float(quantile))
}

/// Before the first request, Locust has the whole number.
fn current(rate: f64, entry: &Entry) -> Value {
    if entry.last_request.is_none() {
        Value::from(0)
    } else {
        Value::from(rate)
    }
}

/// A rounded time: a whole number, unless a locustfile has its own way of rounding.
fn time(ms: f64) -> Value {
    let whole = number::bucket(ms).parse::<u64>().ok();
    whole.map_or_else(
        || Value::from(ms),
        |whole| Value::Number(Number::from(whole)),
    )
}
