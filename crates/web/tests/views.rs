//! Each view of one small run, compared with what Locust 2.47 shows of the same requests. The
//! files in `golden/` were written by real Locust.

use std::sync::Arc;

use gregaria_stats::{Recorder, Sample, Settings, Snapshot, Totals};
use gregaria_web::table::{Rates, Widths};
use gregaria_web::{csv, json, table};

const START: f64 = 1_700_000_000.25;
const PERCENTILES: [f64; 11] = [
    0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0,
];
const WIDE: Widths = Widths {
    method: 8,
    name: 80,
};

type Request = (
    f64,
    &'static str,
    &'static str,
    Option<f64>,
    u64,
    Option<&'static str>,
);

/// Seconds since the request before, method, name, response time, length, failure.
#[rustfmt::skip]
const RUN: [Request; 12] = [
    (0.4, "GET", "/", Some(193.176_725_000_057_56), 12, None),
    (0.1, "GET", "/fixed", Some(31.739_821_999_963_17), 12, None),
    (0.3, "GET", "manual", Some(54.849_085_999_876_48), 12, Some("CatchResponseError('manual failure')")),
    (1.0, "GET", "/", Some(11.2), 12, None),
    (0.5, "POST", "/fail, twice", Some(7.1), 4, Some("HTTPError('500 Server Error: Internal Server Error for url: /fail')")),
    (0.2, "POST", "/fail, twice", Some(44.227_421_999_949), 4, Some("LocustBadStatusCode(code=500)")),
    (1.5, "GET", "/slow", Some(1450.0), 14, None),
    (2.0, "GET", "/slow", Some(58760.5), 1000, None),
    (0.5, "WS", r#"say "hi""#, None, 0, None),
    (1.0, "GET", "/", Some(2.5), 12, None),
    (3.0, "GET", "/", Some(99.5), 12, None),
    (2.0, "GET", "/ümlaut", Some(145.0), 7, Some("two\nlines")),
];

/// The run, half a second after its last request.
fn run() -> Arc<Snapshot> {
    let settings = Settings::default();
    let recorder = Recorder::new(&settings);
    let mut totals = Totals::new(settings, START);
    let mut at = START;
    for (wait, method, name, response_time_ms, length, failure) in RUN {
        at += wait;
        recorder.record(&Sample {
            method,
            name,
            at,
            response_time_ms,
            length,
            failure,
            status: None,
            url: None,
            body: None,
            task: None,
            bucket: None,
        });
    }
    recorder.record_exception(
        None,
        "boom, \"loud\"",
        "  File \"a.py\", line 1\n    boom\n",
    );
    for report in recorder.drain() {
        totals.fold(&report);
    }
    totals.snapshot(at + 0.5, 7)
}

fn lines(text: &str) -> Vec<&str> {
    text.strip_suffix('\n')
        .unwrap_or(text)
        .split('\n')
        .collect()
}

#[test]
fn the_table_of_statistics_is_locusts_table() {
    let golden = include_str!("golden/table.txt");
    assert_eq!(
        table::statistics(&run(), Rates::Current, WIDE),
        lines(golden)
    );
}

#[test]
fn a_terminal_without_room_for_names_gets_locusts_odd_columns() {
    for (name, entry) in [
        (3, "GET      manual       1 "),
        (0, "GET      manual       1 "),
    ] {
        let table = table::statistics(&run(), Rates::Current, Widths { method: 8, name });
        assert!(
            table[0].starts_with("Type     Name  # reqs "),
            "{}",
            table[0]
        );
        assert!(table[1].starts_with("--------||-------|"), "{}", table[1]);
        assert!(
            table.iter().any(|line| line.starts_with(entry)),
            "{table:#?}"
        );
    }
    let table = table::statistics(&run(), Rates::Current, Widths { method: 8, name: 0 });
    assert!(
        table[2].starts_with("GET      /          4 "),
        "{}",
        table[2]
    );
}

#[test]
fn the_final_table_shows_the_rates_of_the_whole_run() {
    let golden = include_str!("golden/final_table.txt");
    assert_eq!(
        table::statistics(&run(), Rates::WholeRun, WIDE),
        lines(golden)
    );
}

#[test]
fn the_table_of_percentiles_leaves_out_entries_without_times() {
    let golden = include_str!("golden/percentiles.txt");
    assert_eq!(
        table::percentiles(&run(), &PERCENTILES, WIDE),
        lines(golden)
    );
}

#[test]
fn the_table_of_failures_keeps_quotes_only_on_a_master() {
    let golden = include_str!("golden/failures.txt");
    assert_eq!(table::failures(&run(), 80, true).join("\n") + "\n", golden);

    let unquoted = table::failures(&run(), 80, false);
    assert_eq!(
        unquoted[3],
        format!("{:<18} {:<100}", 1, "GET manual: manual failure")
    );
}

#[test]
fn the_csv_of_requests_is_locusts_to_the_byte() {
    assert_eq!(
        csv::requests(&run(), &PERCENTILES),
        include_str!("golden/requests.csv")
    );
}

#[test]
fn the_csv_of_failures_is_in_the_order_of_locusts_keys() {
    assert_eq!(csv::failures(&run()), include_str!("golden/failures.csv"));
}

#[test]
fn a_full_history_has_a_row_for_each_entry_and_current_percentiles() {
    let snapshot = run();
    let rows = csv::history_rows(&snapshot, snapshot.time, 7, true, &PERCENTILES);
    assert_eq!(rows, include_str!("golden/history.csv"));
}

#[test]
fn an_ordinary_history_has_the_total_with_percentiles_of_the_whole_run() {
    let snapshot = run();
    let row = csv::history_rows(&snapshot, snapshot.time, 7, false, &PERCENTILES);
    assert!(
        row.starts_with("1700000013,7,,Aggregated,1.000000,0.300000,55,"),
        "{row}"
    );
    assert_eq!(row.matches("\r\n").count(), 1);
}

#[test]
fn a_history_before_the_first_request_has_no_percentiles() {
    let nothing = Totals::new(Settings::default(), START).snapshot(START, 0);
    assert_eq!(
        csv::history_rows(&nothing, START, 0, false, &PERCENTILES),
        "1700000000,0,,Aggregated,0.000000,0.000000,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,\
         0,0,0,0.0,0,0,0\r\n"
    );
}

#[test]
fn a_traceback_with_quotes_and_line_ends_is_one_quoted_field() {
    assert_eq!(
        csv::exceptions(&run()),
        "Count,Message,Traceback,Nodes\r\n\
         1,\"boom, \"\"loud\"\"\",\"  File \"\"a.py\"\", line 1\n    boom\n\",local\r\n"
    );
}

#[test]
fn json_shows_every_entry_but_the_total() {
    let text = json::entries(&run());
    assert!(text.starts_with(
        "[\n    {\n        \"name\": \"/\",\n        \"method\": \"GET\",\n        \
         \"last_request_timestamp\": 1700000010.75,\n        \"start_time\": 1700000000.65,\n        \
         \"num_requests\": 4,\n        \"num_none_requests\": 0,\n        \"num_failures\": 0,\n        \
         \"total_response_time\": 306.37672500005755,\n        \
         \"max_response_time\": 193.17672500005756,\n        \"min_response_time\": 2.5,\n        \
         \"total_content_length\": 48,\n        \"response_times\": {\n            \"2\": 1,\n"
    ), "{text}");
    assert!(text.contains("\"name\": \"/\\u00fcmlaut\""));
    assert!(text.contains("\"num_fail_per_sec\": {}\n    },"));
    assert!(!text.contains("Aggregated"));
    assert!(text.ends_with("\n    }\n]"));

    let nothing = Totals::new(Settings::default(), START).snapshot(START, 0);
    assert_eq!(json::entries(&nothing), "[]");
}
