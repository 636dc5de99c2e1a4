//! The worker with a master that a test plays itself: one of Locust.

use std::time::Duration;

use gregaria_runner::wire::{Ack, Spawn, StatsReport, ToMaster, ToWorker};
use gregaria_runner::worker::{Worker, WorkerAction, WorkerEnd, WorkerSettings};
use gregaria_runner::{Moment, State};

use crate::simulation::seconds;

fn at(time: f64) -> Moment {
    Moment {
        elapsed: seconds(time),
        unix: time,
    }
}

fn worker() -> Worker {
    let settings = WorkerSettings {
        id: "w_1".to_owned(),
        life: "life".to_owned(),
        wait_after_stop: Duration::ZERO,
        log_interval: Some(seconds(10.0)),
        bundle: None,
        zone: None,
    };
    Worker::new(settings, at(0.0))
}

fn joined() -> Worker {
    let mut worker = worker();
    worker.receive(at(0.0), ToWorker::Ack(Ack::default()));
    worker.reported(at(0.0), StatsReport::default());
    worker.take_actions();
    worker
}

fn spawn(timestamp: f64, users: u64) -> ToWorker {
    ToWorker::Spawn(Box::new(Spawn {
        timestamp,
        user_classes_count: vec![("A".to_owned(), users)],
        ..Spawn::default()
    }))
}

/// The types of the messages among the actions.
fn said(worker: &mut Worker) -> Vec<String> {
    use gregaria_runner::wire::Message;
    worker
        .take_actions()
        .iter()
        .filter_map(|action| match action {
            WorkerAction::Send(message) => Some(message.kind().to_owned()),
            _ => None,
        })
        .collect()
}

#[test]
fn it_joins_in_the_order_that_locust_was_seen_to() {
    let mut worker = worker();
    assert_eq!(said(&mut worker), ["client_ready"]);
    worker.receive(
        at(0.01),
        ToWorker::Ack(Ack {
            index: Some(3),
            ..Ack::default()
        }),
    );
    let actions = worker.take_actions();
    assert_eq!(actions[0], WorkerAction::Joined { index: Some(3) });
    assert!(matches!(
        actions[1],
        WorkerAction::Send(ToMaster::Heartbeat(_))
    ));
    assert_eq!(actions[2..], [WorkerAction::Report, WorkerAction::ReadLog]);
}

#[test]
fn it_asks_sixty_one_times_and_gives_up() {
    let mut worker = worker();
    let mut asked = said(&mut worker).len();
    let end = loop {
        let Some(due) = worker.deadline() else {
            panic!("it gave up silently")
        };
        worker.tick(Moment {
            elapsed: due,
            unix: 0.0,
        });
        let actions = worker.take_actions();
        if actions.contains(&WorkerAction::End(WorkerEnd::CannotJoin)) {
            break due;
        }
        asked += 1;
    };
    assert_eq!((asked, end), (61, seconds(305.0)));
}

#[test]
fn a_spawn_that_is_not_newer_is_answered_and_discarded() {
    let mut worker = joined();
    worker.receive(at(1.0), spawn(10.0, 2));
    assert!(matches!(&worker.take_actions()[..], [_, WorkerAction::Spawn(job)] if job.is_new_run));
    worker.spawned(1, vec![("A".to_owned(), 2)]);
    assert_eq!(said(&mut worker), ["spawning_complete"]);
    for old in [10.0, 9.0] {
        worker.receive(at(2.0), spawn(old, 5));
        let actions = worker.take_actions();
        assert_eq!(actions[0], WorkerAction::Send(ToMaster::Spawning));
        assert!(matches!(&actions[1..], [WorkerAction::Log(..)]));
    }
}

#[test]
fn only_the_last_of_two_spawns_is_reported_complete() {
    let mut worker = joined();
    worker.receive(at(1.0), spawn(1.0, 1));
    worker.receive(at(1.0), spawn(2.0, 2));
    worker.take_actions();
    worker.spawned(1, vec![("A".to_owned(), 1)]);
    assert!(said(&mut worker).is_empty());
    assert_eq!(worker.state(), State::Spawning);
    worker.spawned(2, vec![("A".to_owned(), 2)]);
    assert_eq!(said(&mut worker), ["spawning_complete"]);
}

#[test]
fn the_last_samples_come_before_the_word_that_users_have_stopped() {
    let mut worker = joined();
    worker.receive(at(1.0), spawn(1.0, 1));
    worker.spawned(1, Vec::new());
    worker.take_actions();
    worker.receive(at(2.0), ToWorker::Stop);
    assert_eq!(worker.take_actions(), [WorkerAction::StopUsers]);
    worker.stopped();
    assert_eq!(worker.take_actions(), [WorkerAction::Report]);
    worker.reported(at(2.1), StatsReport::default());
    assert_eq!(
        said(&mut worker),
        ["stats", "client_stopped", "client_ready"]
    );
}

#[test]
fn what_it_is_told_while_it_leaves_does_not_keep_it() {
    let mut worker = joined();
    worker.receive(at(1.0), ToWorker::Quit);
    worker.reported(at(1.0), StatsReport::default());
    let end = WorkerAction::End(WorkerEnd::MasterQuit);
    assert!(worker.take_actions().contains(&end));
    worker.leave();
    worker.receive(at(1.1), ToWorker::Stop);
    worker.receive(at(1.1), ToWorker::Quit);
    worker.reported(at(1.2), StatsReport::default());
    let actions = worker.take_actions();
    assert_eq!(actions.last(), Some(&WorkerAction::Left), "{actions:?}");
}

#[test]
fn it_is_ready_again_when_the_time_to_stop_has_passed() {
    let mut worker = joined();
    let ToWorker::Spawn(mut first) = spawn(1.0, 1) else {
        unreachable!()
    };
    first.stop_timeout = Some(4.0);
    worker.receive(at(1.0), ToWorker::Spawn(first));
    worker.spawned(1, Vec::new());
    worker.receive(at(2.0), ToWorker::Stop);
    worker.stopped();
    worker.reported(at(2.0), StatsReport::default());
    assert!(said(&mut worker).ends_with(&["stats".to_owned(), "client_stopped".to_owned()]));
    worker.tick(at(5.9));
    assert!(!said(&mut worker).contains(&"client_ready".to_owned()));
    worker.tick(at(6.0));
    assert!(said(&mut worker).contains(&"client_ready".to_owned()));
}

#[test]
fn locusts_master_gets_no_numbers_and_no_report_twice() {
    let mut worker = joined();
    worker.tick(at(3.0));
    worker.take_actions();
    worker.reported(at(3.0), StatsReport::default());
    assert_eq!(
        worker.take_actions(),
        [WorkerAction::Send(ToMaster::Stats(Box::default()))]
    );
    worker.receive(at(3.1), ToWorker::Reconnect);
    assert_eq!(worker.take_actions(), [WorkerAction::Reconnect]);
}

#[test]
fn a_minute_without_a_heartbeat_of_locusts_master_ends_it() {
    let mut worker = joined();
    worker.receive(at(1.0), ToWorker::Heartbeat);
    worker.tick(at(61.0));
    assert!(
        !worker
            .take_actions()
            .iter()
            .any(|action| matches!(action, WorkerAction::Log(..)))
    );
    worker.tick(at(61.1));
    let actions = worker.take_actions();
    assert!(
        actions.iter().any(
            |action| matches!(action, WorkerAction::Log(_, text) if text.contains("over 60s"))
        )
    );
    worker.reported(at(61.1), StatsReport::default());
    assert!(
        worker
            .take_actions()
            .contains(&WorkerAction::End(WorkerEnd::MasterSilent))
    );
}

#[test]
fn a_log_that_floods_is_sent_once_more_and_never_again() {
    let mut worker = joined();
    worker.log_lines(71, vec!["line".to_owned()]);
    assert_eq!(said(&mut worker), ["logs"]);
    worker.tick(at(100.0));
    assert!(!worker.take_actions().contains(&WorkerAction::ReadLog));
}

#[test]
fn it_tells_a_master_of_ours_which_bundle_it_holds_and_passes_on_an_offer() {
    let held = "0a".repeat(32);
    let mut worker = Worker::new(
        WorkerSettings {
            id: "w_1".to_owned(),
            life: "life".to_owned(),
            wait_after_stop: Duration::ZERO,
            log_interval: None,
            bundle: Some(held.clone()),
            zone: None,
        },
        at(0.0),
    );
    assert!(!worker.is_idle(), "not accepted yet");
    let mut ack = Ack::default();
    ack.extra.set("gregaria", "life of the master");
    worker.receive(at(0.0), ToWorker::Ack(ack));
    let tells = WorkerAction::Send(ToMaster::Custom {
        kind: "gregaria_bundle".to_owned(),
        data: held.into(),
    });
    assert!(worker.take_actions().contains(&tells));
    worker.reported(at(0.0), StatsReport::default());
    assert!(worker.is_idle());
    let sha256 = "0b".repeat(32);
    let offer = ToWorker::Custom {
        kind: "gregaria_bundle".to_owned(),
        data: sha256.as_str().into(),
    };
    worker.receive(at(1.0), offer);
    assert!(
        worker
            .take_actions()
            .contains(&WorkerAction::BundleOffered { sha256 })
    );
    worker.receive(at(2.0), spawn(1.0, 3));
    assert!(!worker.is_idle(), "it has users to start");
}

#[test]
fn it_says_nothing_of_a_bundle_to_a_master_of_locust() {
    let mut worker = Worker::new(
        WorkerSettings {
            id: "w_1".to_owned(),
            life: "life".to_owned(),
            wait_after_stop: Duration::ZERO,
            log_interval: None,
            bundle: Some("0a".repeat(32)),
            zone: None,
        },
        at(0.0),
    );
    worker.receive(at(0.0), ToWorker::Ack(Ack::default()));
    assert!(!said(&mut worker).contains(&"gregaria_bundle".to_owned()));
}
