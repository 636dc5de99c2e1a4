//! A report as our own nodes send it to each other: what was counted, in one binary field.
//!
//! Locust's maps spell out the name of every figure of every entry, and a master with a thousand
//! workers would spend most of its time reading them. Between our own nodes the entries travel as
//! [postcard](https://postcard.jamesmunns.com/wire-format) in a field that stands beside Locust's,
//! whose lists stay empty. Who listens to reports sees them as Locust has them: they are packed when
//! they leave, and unpacked when they arrive.

use rmpv::Value;
use rmpv::decode::read_value_with_max_depth;
use rmpv::encode::write_value;
use serde::{Deserialize, Serialize};

use crate::dialect;
use crate::wire::{Extra, Number, StatsEntry, StatsReport};

/// Field of a report that holds its entries.
const FIELD: &str = "gregaria_entries";

/// Entries in one report at most, so that a frame cannot become much more than its size: a worker
/// folds further names into one.
const MAX_ENTRIES: usize = 1 << 16;

/// Maps in what listeners have added to an entry, within each other.
const MAX_DEPTH: usize = 64;

/// The packed field of a report holds something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the packed entries of a report cannot be read")]
pub(crate) struct NotPacked;

/// One entry. The order of the fields is the format.
#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    name: &'a str,
    method: &'a str,
    last_request_timestamp: Option<f64>,
    start_time: f64,
    num_requests: u64,
    num_none_requests: u64,
    num_failures: u64,
    total_response_time: Number,
    max_response_time: Number,
    min_response_time: Option<Number>,
    total_content_length: i64,
    response_times: Vec<(Number, u64)>,
    num_reqs_per_sec: Vec<(i64, u64)>,
    num_fail_per_sec: Vec<(i64, u64)>,
    histogram: Option<&'a [u8]>,
    /// What listeners have added, as msgpack; empty if nothing.
    extra: &'a [u8],
}

/// Moves the entries of a report into its packed field.
pub(crate) fn pack(report: &mut StatsReport) {
    let mut bytes = Vec::new();
    for entry in std::iter::once(&report.stats_total).chain(&report.stats) {
        bytes = pack_entry(entry, bytes);
    }
    report.stats = Vec::new();
    report.stats_total = StatsEntry::default();
    report.extra.set(FIELD, Value::Binary(bytes));
}

/// Puts the entries of a packed report where Locust has them. Any other report is left as it is.
pub(crate) fn unpack(report: &mut StatsReport) -> Result<(), NotPacked> {
    let Some(field) = report.extra.remove(FIELD) else {
        return Ok(());
    };
    let Value::Binary(bytes) = field else {
        return Err(NotPacked);
    };
    let (total, mut rest) = unpack_entry(&bytes)?;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        if entries.len() == MAX_ENTRIES {
            return Err(NotPacked);
        }
        let (entry, behind) = unpack_entry(rest)?;
        entries.push(entry);
        rest = behind;
    }
    report.stats_total = total;
    report.stats = entries;
    Ok(())
}

#[expect(
    clippy::expect_used,
    reason = "a vector takes all that is written to it"
)]
fn pack_entry(entry: &StatsEntry, bytes: Vec<u8>) -> Vec<u8> {
    let mut extra = entry.extra.clone();
    let histogram = dialect::take_bytes(&mut extra);
    let mut others = Vec::new();
    if !extra.is_empty() {
        let map = Value::Map(extra.pairs().to_vec());
        write_value(&mut others, &map).expect("a vector takes all that is written to it");
    }
    let packed = Packed {
        name: &entry.name,
        method: &entry.method,
        last_request_timestamp: entry.last_request_timestamp,
        start_time: entry.start_time,
        num_requests: entry.num_requests,
        num_none_requests: entry.num_none_requests,
        num_failures: entry.num_failures,
        total_response_time: entry.total_response_time,
        max_response_time: entry.max_response_time,
        min_response_time: entry.min_response_time,
        total_content_length: entry.total_content_length,
        response_times: entry.response_times.clone(),
        num_reqs_per_sec: entry.num_reqs_per_sec.clone(),
        num_fail_per_sec: entry.num_fail_per_sec.clone(),
        histogram: histogram.as_deref(),
        extra: &others,
    };
    postcard::to_extend(&packed, bytes).expect("a vector takes all that is written to it")
}

fn unpack_entry(bytes: &[u8]) -> Result<(StatsEntry, &[u8]), NotPacked> {
    let (packed, rest) = postcard::take_from_bytes::<Packed<'_>>(bytes).map_err(|_| NotPacked)?;
    let mut extra = Extra::default();
    if !packed.extra.is_empty() {
        let mut others = packed.extra;
        match read_value_with_max_depth(&mut others, MAX_DEPTH) {
            Ok(Value::Map(pairs)) if others.is_empty() => extra = pairs.into(),
            _ => return Err(NotPacked),
        }
    }
    if let Some(histogram) = packed.histogram {
        dialect::mark(&mut extra, Value::Binary(histogram.to_vec()));
    }
    let entry = StatsEntry {
        name: packed.name.to_owned(),
        method: packed.method.to_owned(),
        last_request_timestamp: packed.last_request_timestamp,
        start_time: packed.start_time,
        num_requests: packed.num_requests,
        num_none_requests: packed.num_none_requests,
        num_failures: packed.num_failures,
        total_response_time: packed.total_response_time,
        max_response_time: packed.max_response_time,
        min_response_time: packed.min_response_time,
        total_content_length: packed.total_content_length,
        response_times: packed.response_times,
        num_reqs_per_sec: packed.num_reqs_per_sec,
        num_fail_per_sec: packed.num_fail_per_sec,
        extra,
    };
    Ok((entry, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> StatsReport {
        let mut extra = Extra::default();
        extra.set("region", "eu");
        dialect::mark(&mut extra, Value::Binary(vec![2, 7, 1]));
        let entry = StatsEntry {
            name: "/a".to_owned(),
            method: "GET".to_owned(),
            last_request_timestamp: Some(1.5),
            num_requests: 3,
            total_response_time: Number::Float(2.5),
            min_response_time: Some(Number::Float(0.5)),
            response_times: vec![(Number::Int(1), 2), (Number::Float(1.25), 1)],
            num_reqs_per_sec: vec![(1_795_000_000, 3)],
            extra,
            ..StatsEntry::default()
        };
        StatsReport {
            stats_total: entry.clone(),
            stats: vec![entry, StatsEntry::default()],
            user_count: 4,
            ..StatsReport::default()
        }
    }

    #[test]
    fn what_is_packed_comes_out_as_it_was() {
        let mut packed = report();
        pack(&mut packed);
        assert!(packed.stats.is_empty());
        unpack(&mut packed).unwrap();
        assert_eq!(packed, report());
    }

    #[test]
    fn a_report_of_another_kind_of_worker_is_left_alone() {
        let mut plain = report();
        unpack(&mut plain).unwrap();
        assert_eq!(plain, report());
    }

    #[test]
    fn bytes_that_end_too_early_are_refused_wherever_they_end() {
        let mut packed = report();
        pack(&mut packed);
        let Some(Value::Binary(whole)) = packed.extra.get(FIELD).cloned() else {
            panic!("not packed");
        };
        let unpacks = |length: usize| {
            let mut cut = StatsReport::default();
            cut.extra
                .set(FIELD, Value::Binary(whole[..length].to_vec()));
            unpack(&mut cut).is_ok()
        };
        let ends: Vec<_> = (0..=whole.len())
            .filter(|&length| unpacks(length))
            .collect();
        // Behind the total, behind each entry, and nowhere else.
        assert_eq!(ends.len(), 3);
        assert_eq!(ends.last(), Some(&whole.len()));
    }

    #[test]
    fn more_entries_than_a_worker_has_are_refused() {
        let mut many = StatsReport {
            stats: vec![StatsEntry::default(); MAX_ENTRIES + 1],
            ..StatsReport::default()
        };
        pack(&mut many);
        assert_eq!(unpack(&mut many), Err(NotPacked));
    }
}
