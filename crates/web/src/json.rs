//! The entries of a run as JSON, as `--json` and `--json-file` give them.
//!
//! Locust's own serializer empties what it writes; this is a view like any other and changes nothing.

use std::fmt::{Display, Write as _};

use gregaria_stats::{Entry, Snapshot};

use crate::number;

/// Every entry that has counted something, by name and method, without the total.
pub fn entries(snapshot: &Snapshot) -> String {
    let objects: Vec<String> = snapshot
        .entries
        .iter()
        .filter(|entry| entry.requests > 0 || entry.failures > 0)
        .map(|entry| object(entry))
        .collect();
    if objects.is_empty() {
        return "[]".to_owned();
    }
    format!("[\n{}\n]", objects.join(",\n"))
}

fn object(entry: &Entry) -> String {
    let is_timed = entry.timed_requests() > 0;
    let null_or = |value: Option<f64>| value.map_or_else(|| "null".to_owned(), number::float);
    let per_second = entry.seconds.iter();
    let failed = entry.seconds.iter();
    let fields = [
        ("name", string(&entry.key.name)),
        ("method", string(&entry.key.method)),
        ("last_request_timestamp", null_or(entry.last_request)),
        ("start_time", number::float(entry.start_time)),
        ("num_requests", entry.requests.to_string()),
        ("num_none_requests", entry.none_requests.to_string()),
        ("num_failures", entry.failures.to_string()),
        (
            "total_response_time",
            number::time(is_timed.then_some(entry.total_response_time_ms)),
        ),
        (
            "max_response_time",
            number::time(is_timed.then_some(entry.max_response_time_ms)),
        ),
        ("min_response_time", null_or(entry.min_response_time_ms)),
        (
            "total_content_length",
            entry.total_content_length.to_string(),
        ),
        (
            "response_times",
            map(entry
                .rounded
                .iter()
                .map(|(time, n)| (number::bucket(time), n))),
        ),
        (
            "num_reqs_per_sec",
            map(per_second
                .filter(|(_, n)| n.requests > 0)
                .map(|(at, n)| (at, n.requests))),
        ),
        (
            "num_fail_per_sec",
            map(failed
                .filter(|(_, n)| n.failures > 0)
                .map(|(at, n)| (at, n.failures))),
        ),
    ];
    let lines: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("        \"{name}\": {value}"))
        .collect();
    format!("    {{\n{}\n    }}", lines.join(",\n"))
}

fn map<K: Display, V: Display>(pairs: impl Iterator<Item = (K, V)>) -> String {
    let mut lines = String::new();
    for (key, value) in pairs {
        if !lines.is_empty() {
            lines.push_str(",\n");
        }
        // Keys of JSON objects are strings, also where Python has numbers.
        write!(lines, "            \"{key}\": {value}").expect("writing to a String does not fail");
    }
    if lines.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{\n{lines}\n        }}")
    }
}

fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    number::json_string(&mut out, text);
    out
}
