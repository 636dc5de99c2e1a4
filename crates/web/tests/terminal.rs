//! What a person at a terminal sees of one small run: every width, colour and text of it.

use std::sync::Arc;
use std::time::Duration;

use gregaria_stats::{Marker, MarkerKind, Recorder, Sample, Settings, Snapshot, Totals};
use gregaria_web::terminal::{Look, Run, Workers, block, summary};
use unicode_width::UnicodeWidthStr as _;

const START: f64 = 1_700_000_000.0;

const PLAIN: Look = Look {
    columns: 80,
    rows: 24,
    is_coloured: false,
};

/// Ten seconds of three endpoints, one of them slow and failing, a worker that is lost, and an
/// error in the script.
fn snapshot() -> Arc<Snapshot> {
    let settings = Settings::default();
    let recorder = Recorder::new(&settings);
    let mut totals = Totals::new(settings, START);
    totals.mark(Marker::new(
        START,
        MarkerKind::RunStarted { user_count: 40 },
    ));
    for second in 0..10 {
        for place in 0..20 {
            let at = START + f64::from(second) + f64::from(place) * 0.05;
            for (method, name, response_time_ms, failure) in [
                ("GET", "/products", 12.0, None),
                ("GET", "/検索/\u{1b}[2J", 13.0, None),
                (
                    "POST",
                    "/checkout/with/a/name/that/goes/on/for/longer/than/any/terminal/is/wide",
                    410.0,
                    (place == 0).then_some("HTTPError('503 Server Error')"),
                ),
            ] {
                recorder.record(&Sample {
                    method,
                    name,
                    at,
                    response_time_ms: Some(response_time_ms),
                    length: 10,
                    failure,
                    status: None,
                    url: None,
                    body: None,
                    task: None,
                    bucket: None,
                });
            }
        }
        let traceback = "  File \"/home/me/locustfile.py\", line 23, in boom\n    raise\n";
        recorder.record_exception(None, "no such field: 'total'", traceback);
        if second >= 8 {
            recorder.record_aborted();
        }
        for report in recorder.drain() {
            totals.fold(&report);
        }
        totals.tick(START + f64::from(second) + 1.0, 40);
    }
    totals.mark(Marker::new(
        START + 7.0,
        MarkerKind::WorkersLost {
            workers: 3,
            of: 200,
            user_count: 2,
            first: "a".into(),
        },
    ));
    totals.snapshot(START + 10.5, 0)
}

fn run() -> Run {
    Run {
        name: "checkout-peak".to_owned(),
        state: "running".to_owned(),
        host: Some("https://staging.shop.example".to_owned()),
        user_count: 5000,
        target_users: Some(5000),
        run_time: Some(Duration::from_secs(20)),
        workers: Some(Workers {
            present: 197,
            lost: 3,
            expected: 200,
        }),
        keys: "w/s ±1  W/S ±10 users   q stop   l log".to_owned(),
        page: Some("http://127.0.0.1:8089".to_owned()),
    }
}

#[test]
fn the_block_tells_what_runs_how_fast_and_what_is_in_trouble() {
    assert_eq!(
        block(&snapshot(), &run(), PLAIN)[1..],
        [
            "checkout-peak  RUNNING 0:10 / 0:20   █████████░░░░░░░░   https://sta…op.example",
            "users 5,000/5,000   60.0 req/s   failed 1.7 %   workers 197/200 ▲3 lost",
            "p50 13.1 ms   p95 410 ms   p99 410 ms   in 10 s   p95 in 60 s ██████████",
            "in all 600 requests   10 failed   1.7 %",
            "worst  POST /checkout/with/…ny/terminal/is/wide   p95 410 ms   failed 5.0 %",
            "failed ×10 POST /checkout/with/a/name/that/go…de: HTTPError('503 Server Error')",
            "errors ×10 no such field: 'total'  (boom, locustfile.py:23)",
            "w/s ±1  W/S ±10 users   q stop   l log             UI: http://127.0.0.1:8089",
        ]
    );
}

#[test]
fn before_a_run_the_block_says_who_is_there() {
    let nothing = Totals::new(Settings::default(), START).snapshot(START, 0);
    let mut run = run();
    run.state = "ready".to_owned();
    run.user_count = 0;
    run.target_users = None;
    run.run_time = None;
    assert_eq!(
        block(&nothing, &run, PLAIN)[1..3],
        [
            "checkout-peak  READY   https://staging.shop.example",
            "users 0   workers 197/200 ▲3 lost",
        ]
    );
}

#[test]
fn no_line_is_wider_than_its_terminal() {
    for columns in 1..200 {
        for is_coloured in [false, true] {
            let look = Look {
                columns,
                rows: 45,
                is_coloured,
            };
            let lines = block(&snapshot(), &run(), look);
            for line in lines.iter().chain(&summary(&snapshot(), &run(), look)) {
                let line = without_colours(line);
                assert!(line.width() < columns, "{columns}: {line}");
                assert!(!line.contains(char::is_control), "{columns}: {line:?}");
            }
        }
    }
}

#[test]
fn a_low_terminal_gets_the_lines_that_matter_most() {
    let low = |rows| block(&snapshot(), &run(), Look { rows, ..PLAIN });
    for rows in 3..24 {
        assert!(low(rows).len() <= rows - 2, "{rows}");
    }
    assert!(low(1)[0].starts_with("checkout-peak"));
    let six: Vec<_> = low(6)
        .iter()
        .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(six, ["checkout-peak", "users", "p50", "w/s"]);
}

#[test]
fn a_high_terminal_shows_more_of_what_is_in_trouble() {
    let high = Look { rows: 45, ..PLAIN };
    let lines = block(&snapshot(), &run(), high);
    assert_eq!(lines.len(), block(&snapshot(), &run(), PLAIN).len() + 2);
    assert!(lines.iter().any(|line| line.contains("/検索/�[2J")));
}

#[test]
fn colours_add_nothing_but_colour() {
    let coloured = Look {
        is_coloured: true,
        ..PLAIN
    };
    for (with, without) in [
        (
            block(&snapshot(), &run(), coloured),
            block(&snapshot(), &run(), PLAIN),
        ),
        (
            summary(&snapshot(), &run(), coloured),
            summary(&snapshot(), &run(), PLAIN),
        ),
    ] {
        let stripped: Vec<_> = with.iter().map(|line| without_colours(line)).collect();
        assert_eq!(stripped, without);
        assert!(with.iter().any(|line| line.contains("\u{1b}[31m")));
    }
}

#[test]
fn the_summary_tells_the_whole_run() {
    let mut run = run();
    run.state = "stopped".to_owned();
    let mut ended = (*snapshot()).clone();
    Arc::make_mut(&mut ended.markers).push(Marker::new(
        START + 10.5,
        MarkerKind::RunEnded {
            reason: "the run time is over".into(),
        },
    ));
    assert_eq!(
        summary(&ended, &run, PLAIN)[1..],
        [
            "checkout-peak  ran 0:10   https://staging.shop.example",
            "ended: the run time is over",
            "",
            "600 requests   60.3 req/s   failed 10, 1.7 %   workers 197/200 ▲3 lost",
            "aborted 2: were cut off unanswered, and are counted nowhere else",
            "p50 13.1 ms   p95 410 ms   p99 410 ms   p99.9 410 ms   max 410 ms",
            "",
            "response times",
            "  10 ms –   20 ms          400   66.7 %  █████████████████████████████████████",
            "  20 ms –   50 ms            0      0 %  ",
            "  50 ms –  100 ms            0      0 %  ",
            " 100 ms –  200 ms            0      0 %  ",
            " 200 ms –  500 ms          200   33.3 %  ██████████████████▌",
            "",
            "endpoints",
            "                            requests  failed  failed %  req/s      p95      p99",
            "POST /checkou…inal/is/wide       200      10     5.0 %   20.1   410 ms   410 ms",
            "GET /検索/�[2J                   200       0       0 %   20.1  13.0 ms  13.0 ms",
            "GET /products                    200       0       0 %   20.1  12.0 ms  12.0 ms",
            "all requests                     600      10     1.7 %   60.3   410 ms   410 ms",
            "",
            "failed requests",
            "  ×10 POST /checkout/with/a/name/that/goes…/wide: HTTPError('503 Server Error')",
            "",
            "errors in the test script",
            "  ×10 no such field: 'total'  (boom, locustfile.py:23)",
            "",
            "events",
            "  0:07  3 of 200 workers lost, with 2 users",
        ]
    );
}

#[test]
fn wide_terminals_get_all_columns_and_narrow_ones_lose_them_in_order() {
    let heading = |columns| {
        let lines = summary(&snapshot(), &run(), Look { columns, ..PLAIN });
        let heading = lines.iter().find(|line| line.contains("requests  failed"));
        heading.map(|line| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
                .join(" ")
        })
    };
    assert_eq!(
        heading(140).as_deref(),
        Some("requests failed failed % req/s avg min max p50 p95 p99")
    );
    assert_eq!(
        heading(105).as_deref(),
        Some("requests failed failed % req/s min max p50 p95 p99")
    );
    assert_eq!(
        heading(96).as_deref(),
        Some("requests failed failed % req/s max p50 p95 p99")
    );
    assert_eq!(
        heading(87).as_deref(),
        Some("requests failed failed % req/s p50 p95 p99")
    );
    assert_eq!(
        heading(78).as_deref(),
        Some("requests failed failed % req/s p95 p99")
    );
}

#[test]
fn a_run_without_requests_says_so() {
    let nothing = Totals::new(Settings::default(), START).snapshot(START, 0);
    let lines = summary(&nothing, &run(), PLAIN);
    assert!(
        lines.contains(&"no request has ended".to_owned()),
        "{lines:?}"
    );
}

/// The text without the sequences that turn colours on and off.
fn without_colours(line: &str) -> String {
    ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m"]
        .iter()
        .fold(line.to_owned(), |line, code| line.replace(code, ""))
}
