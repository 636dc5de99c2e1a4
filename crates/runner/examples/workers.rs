//! Many workers in one process, each with a connection of its own: a load for masters.
//!
//! They speak the protocol as real workers do, but have no users: each tells of the users it was
//! asked for, and of the same requests in every report. When their master lets them go, one line of
//! JSON says how it went.
//!
//! ```text
//! workers MASTER PORT WORKERS NAMES SECONDS [OF]
//! ```
//!
//! joins so many within so many seconds; each reports so many names: the same ones, or each others
//! of so many in all.

use std::env;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gregaria_runner::Moment;
use gregaria_runner::exchange::to_wire;
use gregaria_runner::wire::{JoinError, Link, Master, Received, StatsReport, ToMaster, ToWorker};
use gregaria_runner::worker::{Worker, WorkerAction, WorkerEvent, WorkerSettings};
use gregaria_stats::{Recorder, Sample, Settings};
use tokio::task::LocalSet;
use tokio::time::sleep_until;

/// Requests of each name in a report.
const REQUESTS_PER_NAME: u32 = 20;

/// Seconds that the requests of a report are spread over.
const REPORT_SECONDS: f64 = 3.0;

/// What is waiting goes out within this when a worker leaves.
const CLOSING: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("usage: workers MASTER PORT WORKERS NAMES SECONDS [OF]")]
    Usage,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What all workers share.
struct Crowd {
    master: Master,
    begin: Instant,
    /// One for each share of the names; workers take them in turn. Their times begin at 0 and are
    /// moved to the moment of each report.
    reports: Vec<StatsReport>,
}

impl Crowd {
    fn now(&self) -> Moment {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        Moment {
            elapsed: self.begin.elapsed(),
            unix: unix.unwrap_or_default().as_secs_f64(),
        }
    }
}

/// What workers have seen of their master.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    joined_after: Duration,
    heartbeats: u64,
    slowest_heartbeat: Duration,
    reports: u64,
    slowest_merge: Duration,
    lost_connections: u64,
}

impl Seen {
    fn and(self, other: Self) -> Self {
        Self {
            joined_after: self.joined_after.max(other.joined_after),
            heartbeats: self.heartbeats + other.heartbeats,
            slowest_heartbeat: self.slowest_heartbeat.max(other.slowest_heartbeat),
            reports: self.reports + other.reports,
            slowest_merge: self.slowest_merge.max(other.slowest_merge),
            lost_connections: self.lost_connections + other.lost_connections,
        }
    }
}

struct Simulated {
    crowd: Rc<Crowd>,
    /// Which of the reports is its.
    share: usize,
    worker: Worker,
    link: Link,
    seen: Seen,
    heartbeat_sent: Option<Instant>,
    report_sent: Option<Instant>,
    /// Users of each class that it was last asked for.
    users: Vec<(String, u64)>,
    is_done: bool,
    /// The connection has ended, and the next one is not there yet.
    is_lost: bool,
}

impl Simulated {
    async fn join(crowd: Rc<Crowd>, number: u32) -> Result<Self, JoinError> {
        let id = format!("host{number:05}_{number:032x}");
        let link = Link::connect(&crowd.master, &id).await?;
        let settings = WorkerSettings {
            life: format!("{id}-life"),
            id,
            bundle: None,
            zone: None,
            wait_after_stop: Duration::ZERO,
            log_interval: None,
        };
        Ok(Self {
            worker: Worker::new(settings, crowd.now()),
            share: number as usize % crowd.reports.len(),
            crowd,
            link,
            seen: Seen::default(),
            heartbeat_sent: None,
            report_sent: None,
            users: Vec::new(),
            is_done: false,
            is_lost: false,
        })
    }

    async fn work(mut self) -> Result<Seen, JoinError> {
        while !self.is_done {
            let actions = self.worker.take_actions();
            if actions.is_empty() {
                self.wait().await;
            }
            for action in actions {
                self.carry_out(action).await?;
            }
            if self.is_lost {
                self.reconnect().await?;
            }
        }
        self.link.close(CLOSING).await;
        Ok(self.seen)
    }

    async fn reconnect(&mut self) -> Result<(), JoinError> {
        let id = self.link.node_id().to_owned();
        self.link = Link::connect(&self.crowd.master, &id).await?;
        self.is_lost = false;
        self.worker.connected_again();
        Ok(())
    }

    /// Waits for what comes next: a message, or the time for something.
    async fn wait(&mut self) {
        let begin = self.crowd.begin;
        let deadline = self.worker.deadline();
        let is_due = async {
            match deadline {
                Some(at) => sleep_until((begin + at).into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            received = self.link.next() => self.receive(received),
            () = is_due => {
                let now = self.crowd.now();
                self.worker.turned(now);
                self.worker.tick(now);
            }
        }
    }

    fn receive(&mut self, received: Received) {
        match received {
            Received::Message(envelope) => {
                if is_merged(&envelope.message)
                    && let Some(sent) = self.report_sent.take()
                {
                    self.seen.slowest_merge = self.seen.slowest_merge.max(sent.elapsed());
                }
                let now = self.crowd.now();
                self.worker.turned(now);
                self.worker.receive(now, envelope.message);
            }
            Received::Unreadable(_) => {}
            Received::Lost(_) => {
                self.seen.lost_connections += 1;
                self.is_lost = true;
            }
        }
    }

    /// Does what Python would do for a worker.
    async fn carry_out(&mut self, action: WorkerAction) -> Result<(), JoinError> {
        let now = self.crowd.now();
        match action {
            WorkerAction::Send(message) => {
                self.note(&message);
                // A failure shows as the loss of the connection.
                let _ = self.link.send(&message);
            }
            WorkerAction::Spawn(job) => {
                self.users.clone_from(&job.spawn.user_classes_count);
                self.worker.spawned(job.number, self.users.clone());
            }
            WorkerAction::StopUsers | WorkerAction::CutUsers => {
                self.users.iter_mut().for_each(|(_, count)| *count = 0);
                self.worker.stopped();
            }
            WorkerAction::Report => self.worker.reported(now, self.report(now)),
            WorkerAction::Fire(WorkerEvent::HeartbeatReceived { .. }) => {
                if let Some(sent) = self.heartbeat_sent.take() {
                    self.seen.slowest_heartbeat = self.seen.slowest_heartbeat.max(sent.elapsed());
                }
            }
            WorkerAction::Reconnect => self.reconnect().await?,
            WorkerAction::Joined { .. } => self.seen.joined_after = now.elapsed,
            WorkerAction::End(_) => self.worker.leave(),
            WorkerAction::Left => self.is_done = true,
            WorkerAction::ReadLog
            | WorkerAction::BundleOffered { .. }
            | WorkerAction::UpdateUserClass(_)
            | WorkerAction::Locustfile(_)
            | WorkerAction::Custom { .. }
            | WorkerAction::Log(..)
            | WorkerAction::Fire(WorkerEvent::SpawningComplete { .. }) => {}
        }
        Ok(())
    }

    fn note(&mut self, message: &ToMaster) {
        match message {
            ToMaster::Heartbeat(_) => {
                self.seen.heartbeats += 1;
                self.heartbeat_sent.get_or_insert_with(Instant::now);
            }
            ToMaster::Stats(_) => {
                self.seen.reports += 1;
                self.report_sent.get_or_insert_with(Instant::now);
            }
            _ => {}
        }
    }

    /// The same figures as in all reports, at this moment; none without users.
    fn report(&self, now: Moment) -> StatsReport {
        let user_count = self.users.iter().map(|(_, count)| count).sum();
        let mut report = if user_count > 0 {
            at_moment(self.crowd.reports[self.share].clone(), now.unix)
        } else {
            StatsReport::default()
        };
        report.user_count = user_count;
        report.user_classes_count.clone_from(&self.users);
        report
    }
}

/// Moves the times of a report from those after 0 to those before `now`.
fn at_moment(mut report: StatsReport, now: f64) -> StatsReport {
    let begin = (now - REPORT_SECONDS).floor();
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
    let second = begin as i64;
    for entry in report.stats.iter_mut().chain([&mut report.stats_total]) {
        entry.start_time += begin;
        entry.last_request_timestamp = entry.last_request_timestamp.map(|at| at + begin);
        for (at, _) in &mut entry.num_reqs_per_sec {
            *at += second;
        }
    }
    report
}

/// A report of so many names from this one on.
fn report(first: u32, names: u32) -> StatsReport {
    let settings = Settings::default();
    let recorder = Recorder::new(&settings);
    let requests = names * REQUESTS_PER_NAME;
    for number in 0..requests {
        let name = format!("/shop/page/{}", first + number % names);
        recorder.record(&Sample {
            method: "GET",
            name: &name,
            at: REPORT_SECONDS * f64::from(number) / f64::from(requests),
            response_time_ms: Some(5.0 + f64::from(number * 7919 % 400)),
            length: 1_000,
            failure: None,
            status: None,
            url: None,
            body: None,
            task: None,
            bucket: None,
        });
    }
    to_wire(&recorder.drain_merged(), REPORT_SECONDS, &settings)
}

/// Whether the master says how far it has merged.
fn is_merged(message: &ToWorker) -> bool {
    matches!(message, ToWorker::Custom { kind, .. } if kind == "gregaria_merged")
}

async fn run(crowd: Crowd, count: u32, join_within: Duration) -> io::Result<()> {
    let crowd = Rc::new(crowd);
    let tasks: Vec<_> = (0..count)
        .map(|number| {
            let crowd = Rc::clone(&crowd);
            let at = crowd.begin + join_within * number / count;
            tokio::task::spawn_local(async move {
                sleep_until(at.into()).await;
                Simulated::join(crowd, number).await?.work().await
            })
        })
        .collect();
    let (mut seen, mut failed) = (Seen::default(), 0);
    for task in tasks {
        match task.await {
            Ok(Ok(one)) => seen = seen.and(one),
            Ok(Err(_)) | Err(_) => failed += 1,
        }
    }
    writeln!(
        io::stdout(),
        r#"{{"workers": {count}, "failed": {failed}, "joined_after": {:.3}, "heartbeats": {}, "slowest_heartbeat": {:.3}, "reports": {}, "slowest_merge": {:.3}, "lost_connections": {}}}"#,
        seen.joined_after.as_secs_f64(),
        seen.heartbeats,
        seen.slowest_heartbeat.as_secs_f64(),
        seen.reports,
        seen.slowest_merge.as_secs_f64(),
        seen.lost_connections,
    )
}

fn main() -> Result<(), Problem> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [host, port, count, names, seconds, of @ ..] = words.as_slice() else {
        return Err(Problem::Usage);
    };
    let number = |word: &String| word.parse::<u32>().map_err(|_| Problem::Usage);
    let names = number(names)?;
    let of = of.first().map_or(Ok(names), number)?;
    let crowd = Crowd {
        master: Master::Open {
            host: host.clone(),
            port: port.parse().map_err(|_| Problem::Usage)?,
        },
        begin: Instant::now(),
        reports: (0..of.max(1))
            .step_by(names.max(1) as usize)
            .map(|first| report(first, names))
            .collect(),
    };
    let join_within = Duration::from_secs(number(seconds)?.into());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new()
        .block_on(&runtime, run(crowd, number(count)?, join_within))
        .map_err(Problem::Io)
}
