//! Cost of a second of a large cluster for its master: 1,000 workers with 50 names each.
//!
//! Without the network: frames are decoded, handled and, where there is an answer, encoded. The aim is
//! a quarter of a core for all of it. Measured on a busy shared machine, best and median: heartbeats
//! 0.7 and 0.9 ms, a third of the reports 180 and 280 ms, a step for all workers 3.7 and 5.9 ms.

use std::sync::Arc;
use std::time::Duration;

use gregaria_runner::exchange::{from_wire, to_wire};
use gregaria_runner::master::{Job, Master, MasterAction, MasterSettings, Rebalancing, Start};
use gregaria_runner::wire::{self, Heartbeat, Number, PeerVersion, StatsReport, ToMaster};
use gregaria_runner::{Moment, UserClass, dialect};
use gregaria_stats::{Recorder, Report, Sample, Settings, Totals};

const WORKERS: usize = 1_000;
const NAMES: u32 = 50;

fn main() {
    divan::main();
}

fn at(seconds: u64) -> Moment {
    Moment {
        elapsed: Duration::from_secs(seconds),
        unix: 1_795_000_000.0 + seconds as f64,
    }
}

/// A master whose workers all run.
fn running() -> (Master, Vec<Arc<str>>) {
    let mut master = Master::new(MasterSettings {
        life: "bench".to_owned(),
        is_headless: true,
        rebalancing: Rebalancing::OurWorkers,
        report_wait: Duration::ZERO,
    });
    let ids: Vec<Arc<str>> = (0..WORKERS)
        .map(|number| format!("host{}_{number}", number / 4).into())
        .collect();
    for id in &ids {
        let ready = ToMaster::ClientReady(PeerVersion::Named(dialect::version()));
        master.receive(at(0), id, ready);
    }
    let start = Start {
        user_count: 100_000,
        spawn_rate: 100_000.0,
        user_classes: None,
    };
    let classes = (0..50).map(|class| UserClass {
        name: format!("User{class:02}").into(),
        weight: f64::from(class % 7 + 1),
        fixed_count: 0,
    });
    let job = Job {
        user_classes: classes.collect(),
        ..Job::default()
    };
    master.start(at(1), start, job.clone());
    master.begun(at(1), job);
    master.tick(at(2));
    master.take_actions();
    (master, ids)
}

/// Three seconds of one worker: 50 names, 20 requests each, of very different times.
fn report() -> Vec<u8> {
    let settings = Settings::default();
    let recorder = Recorder::new(&settings);
    for number in 0..NAMES * 20 {
        recorder.record(&Sample {
            method: "GET",
            name: &format!("/path/of/some/length/{}", number % NAMES),
            at: 1_795_000_000.0 + f64::from(number / 400),
            response_time_ms: Some(1.7_f64.powi((number % 17).cast_signed())),
            length: 1_000,
            failure: None,
            status: None,
            url: None,
            body: None,
            task: None,
            bucket: None,
        });
    }
    let mut whole = Report::default();
    for part in recorder.drain() {
        whole.merge(part);
    }
    let mut sent = to_wire(&whole, 1_795_000_000.0, &settings);
    sent.user_classes_count = (0..50)
        .map(|class| (format!("User{class:02}"), 2))
        .collect();
    sent.user_count = 100;
    wire::encode(&ToMaster::Stats(Box::new(sent)), "w")
}

/// Carries out what needs no Python: encodes answers and merges reports.
fn carry_out(master: &mut Master, totals: &mut Totals, settings: &Settings) -> usize {
    let mut bytes = 0;
    for action in master.take_actions() {
        match action {
            MasterAction::Send { to, message } => bytes += wire::encode(&message, &to).len(),
            MasterAction::Report { report, .. } => {
                let report: Box<StatsReport> = report;
                totals.merge(&from_wire(&report, 0.0, settings));
            }
            _ => {}
        }
    }
    bytes
}

#[divan::bench]
fn heartbeats_of_one_second(bencher: divan::Bencher<'_, '_>) {
    let (mut master, ids) = running();
    let (settings, frame) = (Settings::default(), heartbeat());
    let mut totals = Totals::new(settings.clone(), 0.0);
    bencher.bench_local(|| {
        for id in &ids {
            let message = wire::decode::<ToMaster>(&frame)
                .expect("a heartbeat")
                .message;
            master.receive(at(3), id, message);
        }
        carry_out(&mut master, &mut totals, &settings)
    });
}

fn heartbeat() -> Vec<u8> {
    let heartbeat = Heartbeat {
        state: "running".to_owned(),
        current_cpu_usage: Some(Number::Float(50.0)),
        current_memory_usage: Some(Number::Int(50_000_000)),
        ..Heartbeat::default()
    };
    wire::encode(&ToMaster::Heartbeat(heartbeat), "w")
}

#[divan::bench]
fn reports_of_one_second(bencher: divan::Bencher<'_, '_>) {
    let (mut master, ids) = running();
    let (settings, frame) = (Settings::default(), report());
    let mut totals = Totals::new(settings.clone(), 0.0);
    bencher.bench_local(|| {
        for id in ids.iter().step_by(3) {
            let message = wire::decode::<ToMaster>(&frame).expect("a report").message;
            master.receive(at(3), id, message);
        }
        carry_out(&mut master, &mut totals, &settings)
    });
}

#[divan::bench]
fn a_step_for_all_workers(bencher: divan::Bencher<'_, '_>) {
    let (mut master, _) = running();
    let mut user_count = 100_000;
    bencher.bench_local(|| {
        user_count = if user_count == 100_000 {
            95_000
        } else {
            100_000
        };
        let start = Start {
            user_count,
            spawn_rate: 100_000.0,
            user_classes: None,
        };
        master.start(at(3), start, Job::default());
        master.tick(at(3));
        let mut bytes = 0;
        for action in master.take_actions() {
            if let MasterAction::Spawn(round) = action {
                for (id, spawn) in round.messages() {
                    let message = gregaria_runner::wire::ToWorker::Spawn(Box::new(spawn));
                    bytes += wire::encode(&message, id).len();
                }
            }
        }
        bytes
    });
}
