//! Requests that are kept by themselves, on their way from a worker to its master: in a field of our
//! own in their entry, which a Locust master skips.

use std::sync::Arc;

use gregaria_stats::{Entry, Example, Examples, Report};
use rmpv::Value;

/// Failed requests in one report at most, and slow ones. There are as many slow ones only when every
/// name is new; later a name has five new ones a minute.
const MAX_FAILED: usize = 250;
const MAX_SLOW: usize = 2_500;

/// Requests of one kind in one entry of a message at most.
const MAX_IN_ENTRY: usize = 16;

/// Bytes of bodies in one report at most; requests past it are sent without theirs.
const MAX_BODY_BYTES: usize = 512 << 10;

/// Which requests of a report are sent: the newest, if there are too many.
pub(crate) struct Selection {
    slow: Newest,
    failed: Newest,
    body_bytes_left: usize,
}

impl Selection {
    pub(crate) fn of(report: &Report) -> Self {
        let of = |list: fn(&Examples) -> &[Arc<Example>], most| {
            let all = report.entries.iter().flat_map(|one| list(&one.examples));
            Newest::of(all.map(|one| one.at).collect(), most)
        };
        Self {
            slow: of(Examples::slow, MAX_SLOW),
            failed: of(Examples::failed, MAX_FAILED),
            body_bytes_left: MAX_BODY_BYTES,
        }
    }

    /// Those of an entry as they are sent; `None` if there are none.
    pub(crate) fn rows_of(&mut self, entry: &Entry) -> Option<Value> {
        let left = &mut self.body_bytes_left;
        let mut rows = |list: &[Arc<Example>], newest: &mut Newest| {
            let taken = list.iter().filter(|one| newest.takes(one.at));
            taken.map(|one| row(one, left)).collect::<Vec<_>>()
        };
        // Bodies of failures first: they say more.
        let failed = rows(entry.examples.failed(), &mut self.failed);
        let slow = rows(entry.examples.slow(), &mut self.slow);
        let is_none = slow.is_empty() && failed.is_empty();
        (!is_none).then(|| Value::Array(vec![Value::Array(slow), Value::Array(failed)]))
    }
}

/// The newest of many, as many as there is room for.
struct Newest {
    since: f64,
    left: usize,
}

impl Newest {
    fn of(mut times: Vec<f64>, most: usize) -> Self {
        let mut since = f64::NEG_INFINITY;
        if times.len() > most {
            let (_, last, _) = times.select_nth_unstable_by(most - 1, |a, b| b.total_cmp(a));
            since = *last;
        }
        Self { since, left: most }
    }

    fn takes(&mut self, at: f64) -> bool {
        let takes = at >= self.since && self.left > 0;
        self.left -= usize::from(takes);
        takes
    }
}

/// One request; its body is the last value, where there is one and it fits.
fn row(example: &Example, body_bytes_left: &mut usize) -> Value {
    let mut row = vec![
        (&*example.method).into(),
        (&*example.url).into(),
        example.status.map_or(Value::Nil, Value::from),
        example.response_time_ms.map_or(Value::Nil, Value::F64),
        example.at.into(),
        example.error.as_deref().map_or(Value::Nil, Value::from),
    ];
    if let Some(body) = example.body.as_deref()
        && let Some(left) = body_bytes_left.checked_sub(body.len())
    {
        *body_bytes_left = left;
        row.push(body.into());
    }
    Value::Array(row)
}

/// Reads what a worker has sent; `moved` turns its times into those of this process. What is no
/// request is skipped.
pub(crate) fn from_wire(value: &Value, moved: impl Fn(f64) -> f64) -> Examples {
    let Some([slow, failed]) = value.as_array().map(Vec::as_slice) else {
        return Examples::default();
    };
    let read = |list: &Value| {
        let rows = list.as_array().into_iter().flatten().take(MAX_IN_ENTRY);
        rows.filter_map(|row| example(row, &moved)).collect()
    };
    Examples::new(read(slow), read(failed))
}

fn example(row: &Value, moved: &impl Fn(f64) -> f64) -> Option<Example> {
    let [method, url, status, time_ms, at, error, body @ ..] = row.as_array()?.as_slice() else {
        return None;
    };
    let url = url.as_str()?;
    let at = at.as_f64().filter(|at| at.is_finite())?;
    let example = Example {
        status: status.as_u64().and_then(|status| status.try_into().ok()),
        response_time_ms: time_ms.as_f64().filter(|time| time.is_finite()),
        ..Example::new(
            method.as_str()?,
            format_args!("{url}"),
            error.as_str(),
            moved(at),
        )
    };
    Some(match body.first().and_then(Value::as_str) {
        Some(body) => example.with_body(format_args!("{body}")),
        None => example,
    })
}

#[cfg(test)]
mod tests {
    use gregaria_stats::{Recorder, Sample, Settings};

    use super::*;

    /// A report with one slow request of each name, every second of them failed.
    fn report(names: u32) -> Report {
        let recorder = Recorder::new(&Settings::default());
        let page = "é".repeat(2_000);
        let body = format_args!("token=1&page={page}");
        for number in 0..names {
            recorder.record(&Sample {
                method: "GET",
                name: &format!("/{number}"),
                // In seconds that have no more bodies than are kept of one.
                at: 1_000.0 + f64::from(number) / 100.0,
                response_time_ms: Some(12.5),
                failure: (number % 2 == 1).then_some("HTTPError('503')"),
                status: Some(503),
                url: Some(format_args!("http://shop/{number}?token=1")),
                body: (number % 2 == 1).then_some(body),
                ..Sample::default()
            });
        }
        recorder.drain_merged()
    }

    #[test]
    fn requests_arrive_as_they_were_sent_with_their_times_moved() {
        let report = report(2);
        let mut selection = Selection::of(&report);
        for entry in &report.entries {
            let sent = selection.rows_of(entry).unwrap();
            assert_eq!(from_wire(&sent, |at| at), entry.examples);
            let moved = from_wire(&sent, |at| at + 5.0);
            assert!(moved.slow()[0].at > 1_004.9);
        }
        assert_eq!(
            report.entries[1].examples.failed()[0].url.as_ref(),
            "http://shop/1?token=***"
        );
        let body = |at: usize| report.entries[at].examples.slow()[0].body.as_deref();
        assert_eq!(body(0), None);
        assert!(body(1).unwrap().starts_with("token=***&page=é"));
        let nothing = Entry::new(report.entries[0].key.clone(), 0.0, &Settings::default());
        assert_eq!(selection.rows_of(&nothing), None);
    }

    #[test]
    fn of_too_many_the_newest_are_sent() {
        let report = report(6_000);
        let mut selection = Selection::of(&report);
        let sent: Vec<_> = report
            .entries
            .iter()
            .filter_map(|entry| selection.rows_of(entry))
            .map(|value| from_wire(&value, |at| at))
            .collect();
        let count = |list: fn(&Examples) -> usize| sent.iter().map(list).sum::<usize>();
        assert_eq!(count(|one| one.slow().len()), MAX_SLOW);
        assert_eq!(count(|one| one.failed().len()), MAX_FAILED);
        assert!(sent.iter().all(|one| one.slow()[0].at > 1_030.0));
        let both = sent.iter().flat_map(|one| [one.slow(), one.failed()]);
        let bodies = both.flatten().filter_map(|one| one.body.as_deref());
        let bytes: usize = bodies.map(str::len).sum();
        assert!((MAX_BODY_BYTES - 4_096..=MAX_BODY_BYTES).contains(&bytes));
    }

    #[test]
    fn what_is_none_is_skipped() {
        let row = |at: f64| {
            let text = || Value::from("x");
            Value::Array(vec![
                text(),
                text(),
                70_000.into(),
                Value::Nil,
                at.into(),
                Value::Nil,
            ])
        };
        let rows = Value::Array(vec![
            row(1.0),
            row(f64::NAN),
            Value::Nil,
            Value::Array(vec![]),
        ]);
        let read = from_wire(&Value::Array(vec![rows, Value::Nil]), |at| at);
        assert_eq!((read.slow().len(), read.failed().len()), (1, 0));
        assert_eq!(read.slow()[0].status, None);
        assert!(from_wire(&Value::from("text"), |at| at).is_empty());
        let mut with_number = row(1.0);
        if let Value::Array(values) = &mut with_number {
            values.push(7.into());
        }
        let rows = Value::Array(vec![with_number]);
        let read = from_wire(&Value::Array(vec![rows, Value::Nil]), |at| at);
        assert_eq!(read.slow()[0].body, None);
    }
}
