//! A page over a real socket, with a test's thread that the test itself plays.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gregaria_runner::State;
use gregaria_stats::{Recorder, Sample, Settings as StatsSettings, Task, Totals};
use gregaria_web::seam::{FormData, Order, Reply, RunStatus, Seam, Status, View, Worker};
use gregaria_web::server::{Server, Settings};
use serde_json::{Value, json};

/// When the statistics of the tests begin.
pub(crate) const START: f64 = 1_800_000_000.0;

/// What was wanted of the test's thread: names and arguments.
pub(crate) type Wanted = Arc<Mutex<Vec<(String, Value)>>>;

/// A page, and the test that it shows.
pub(crate) struct Page {
    pub(crate) server: Server,
    pub(crate) seam: Arc<Seam>,
    pub(crate) wanted: Wanted,
    pub(crate) totals: Totals,
    pub(crate) recorder: Recorder,
    pub(crate) now: f64,
    pub(crate) run: Option<u64>,
    pub(crate) state: &'static str,
    pub(crate) workers: Option<Vec<Worker>>,
    /// During which task requests are sent from here on.
    pub(crate) task: Option<Task>,
    /// Whatever else is to be told of the run.
    pub(crate) told: Status,
}

impl Page {
    /// A page at a free port of loopback, that nobody has to sign in to.
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    /// A page with these settings.
    pub(crate) fn with(settings: Settings) -> Self {
        let wanted = Wanted::default();
        let kept = Arc::clone(&wanted);
        let seam = Arc::new(Seam::new(move |order: Order| {
            let (name, arguments) = (order.name, order.arguments.clone());
            kept.lock().unwrap().push((name.to_owned(), arguments));
            order.answer(reply_to(name));
        }));
        let server = Server::start(settings, &seam).unwrap();
        let settings = StatsSettings::default();
        let mut page = Self {
            server,
            seam,
            wanted,
            recorder: Recorder::new(&settings),
            totals: Totals::new(settings, START),
            now: START,
            run: None,
            task: None,
            state: "ready",
            workers: None,
            told: Status {
                target_users: 5,
                ..Status::default()
            },
        };
        page.seam.publish_form(FormData {
            percentiles_to_statistics: vec![0.95, 0.99],
            percentiles_to_chart: vec![0.5, 0.95],
            percentiles_to_report: vec![0.5, 1.0],
            host: Some("http://127.0.0.1:18080".to_owned()),
            ..FormData::default()
        });
        page.publish();
        page
    }

    /// Begins a run.
    pub(crate) fn begin_run(&mut self) {
        self.run = Some(self.run.unwrap_or(0) + 1);
        self.state = "running";
    }

    /// A request that ends now.
    pub(crate) fn request(&mut self, name: &str, time_ms: f64, failure: Option<&str>) {
        self.recorder.record(&Sample {
            method: "GET",
            name,
            at: self.now,
            response_time_ms: Some(time_ms),
            length: 100,
            failure,
            status: Some(if failure.is_some() { 500 } else { 200 }),
            url: None,
            body: None,
            task: self.task.as_ref(),
            bucket: None,
        });
    }

    /// A second passes, and is shown. Returns when viewers can see it.
    pub(crate) fn second(&mut self) {
        self.now += 1.0;
        for report in self.recorder.drain() {
            self.totals.fold(&report);
        }
        if self.state == "running" {
            self.totals.tick(self.now, 5);
        }
        self.publish();
    }

    /// Shows how it is, without a second passing.
    pub(crate) fn publish(&mut self) {
        let run = self.run.map(|number| RunStatus {
            number,
            started_at: START,
            ..self.told.run.clone().unwrap_or_default()
        });
        self.seam.publish(View {
            figures: self.totals.snapshot(self.now, 5),
            status: Status {
                state: self.state.to_owned(),
                user_count: 5,
                users_by_class: BTreeMap::from([("A".to_owned(), 4), ("B".to_owned(), 1)]),
                locustfile: "lf.py".to_owned(),
                host: self
                    .told
                    .host
                    .clone()
                    .or_else(|| Some("http://127.0.0.1:18080".to_owned())),
                stamp: "2026-11-22-11h28".to_owned(),
                run,
                ..self.told.clone()
            },
            workers: self.workers.clone(),
        });
        // Whoever looks first takes the view in.
        drop(self.server.app().feed.board());
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Asks as a script does.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1"), &[], "")
    }

    /// Sends a form as a script does.
    pub(crate) fn post_form(&self, path: &str, form: &str) -> Answer {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        self.ask(&format!("POST {path} HTTP/1.1"), &[kind], form)
    }

    /// Sends JSON as the page does.
    pub(crate) fn post_json(&self, path: &str, body: &Value) -> Answer {
        let kind = ("Content-Type", "application/json");
        self.ask(&format!("POST {path} HTTP/1.1"), &[kind], &body.to_string())
    }

    /// Sends one request with these headers besides `Host`, which they may replace.
    pub(crate) fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut text = format!(
            "{line}\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        if !headers.iter().any(|(name, _)| *name == "Host") {
            text.push_str(&format!("Host: {}\r\n", self.address()));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("\r\n{body}"));
        self.send(text.as_bytes())
    }

    /// Sends these very bytes and reads until the other side closes.
    pub(crate) fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses early closes before all is sent.
        let _ = stream.write_all(bytes);
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        Answer::parse(&text)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream
    }

    /// What was wanted since this was asked last.
    pub(crate) fn take_wanted(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.wanted.lock().unwrap())
    }
}

fn reply_to(name: &str) -> Reply {
    let (status, body) = match name {
        "start" => (201, json!({"run": 1})),
        "swarm" => (
            200,
            json!({
                "success": true, "message": "Swarming started", "run_time": 60,
                "host": "http://127.0.0.1:18080", "user_classes": ["A", "B", "C"],
            }),
        ),
        "stop_and_wait" => (200, json!({"success": true, "message": "Test stopped"})),
        "reset" => (200, json!("ok")),
        "own_page" => (
            201,
            json!({
                "headers": [
                    ["Content-Type", "text/x-own"],
                    ["Set-Cookie", "a=1"],
                    ["Set-Cookie", "b=2"],
                    ["Content-Length", "77777"],
                    ["X-Evil", "a\r\nb: c"],
                ],
                "body": "own \u{e9}",
            }),
        ),
        _ => (200, json!({})),
    };
    Reply { status, body }
}

/// A worker that is well.
pub(crate) fn worker(index: u64, id: &str) -> Worker {
    Worker {
        index,
        id: id.into(),
        state: State::Running,
        user_count: 4,
        cpu_percent: 2.7,
        memory_bytes: 56_262_656,
        silent_seconds: 0,
        clock_offset_seconds: 0.0,
        is_gregaria: true,
        version: Some("gregaria 0.1.0".into()),
        lag_ms: Some(3.0),
        network_errors: Some(2),
        zone: None,
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
    /// The body as it came.
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let begin = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        Self {
            status: head
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok())
                .unwrap_or(0),
            head: head.to_owned(),
            body: body.to_owned(),
            bytes: begin.map_or_else(Vec::new, |begin| bytes[begin + 4..].to_vec()),
        }
    }

    /// The value of the first header of this name, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        found.unwrap_or("")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
