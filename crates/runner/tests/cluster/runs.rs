//! What happens when nothing goes wrong.

use gregaria_runner::master::{EndReason, MasterEvent, MasterSettings};
use gregaria_runner::worker::WorkerEnd;
use gregaria_runner::{State, UserClass};

use crate::simulation::{Cluster, seconds, settings};

#[test]
fn a_run_goes_up_stays_and_stops_and_every_request_is_counted_once() {
    let mut cluster = Cluster::new(2);
    assert_eq!(cluster.state(), State::Ready);
    cluster.start(7, 2.0);
    assert_eq!(cluster.state(), State::Spawning);
    cluster.pass(0.5);
    assert_eq!(cluster.users(), 2, "the first step is made at once");
    let took = cluster.until(4.0, "all users run", |it| it.state() == State::Running);
    assert!(
        (2.5..2.6).contains(&took),
        "three more steps, a second each: {took}"
    );
    assert_eq!(cluster.users(), 7);
    assert!(cluster.has_logged(r#"All users spawned: {"A": 5, "B": 2} (7 total users)"#));
    assert_eq!(cluster.start_done, 1);
    cluster.pass(10.0);

    cluster.stop();
    cluster.until(0.1, "it stops", |it| it.stop_done == 1);
    assert_eq!(cluster.state(), State::Stopped);
    assert_eq!(cluster.users(), 0);
    assert!(cluster.served() > 500);
    assert_eq!(cluster.merged, cluster.served());
    let fired: Vec<_> = cluster
        .fired
        .iter()
        .filter(|event| {
            !matches!(
                event,
                MasterEvent::HeartbeatSent { .. } | MasterEvent::WorkerConnect { .. }
            )
        })
        .collect();
    assert_eq!(
        fired,
        [
            &MasterEvent::SpawningComplete { user_count: 7 },
            &MasterEvent::TestStopping {
                user_classes_count: vec![("A".to_owned(), 5), ("B".to_owned(), 2)]
            },
            &MasterEvent::TestStop
        ]
    );
}

/// The users of each worker as `A B C`.
fn spread(cluster: &Cluster) -> Vec<String> {
    let counts = cluster.nodes.iter().map(|node| {
        let counts: Vec<String> = node.users.values().map(u64::to_string).collect();
        counts.join(" ")
    });
    counts.collect()
}

#[test]
fn a_recorded_run_of_locust_goes_the_same_way() {
    let class = |name: &str, weight, fixed_count| UserClass {
        name: name.into(),
        weight,
        fixed_count,
    };
    let mut cluster = Cluster::new(2);
    cluster.job.user_classes = vec![class("A", 3.0, 0), class("B", 1.0, 0), class("C", 1.0, 1)];
    cluster.start(7, 2.0);
    cluster.pass(0.5);
    assert_eq!(spread(&cluster), ["0 0 1", "1 0 0"]);
    cluster.pass(1.0);
    assert_eq!(spread(&cluster), ["0 1 1", "2 0 0"]);
    cluster.pass(1.0);
    assert_eq!(spread(&cluster), ["1 1 1", "3 0 0"]);
    cluster.pass(1.0);
    assert_eq!(spread(&cluster), ["1 2 1", "3 0 0"]);
    assert_eq!(cluster.spawn_rounds, 4, "one each second, to all workers");
    cluster.start(3, 1.0);
    for expected in [6, 5, 4, 3] {
        cluster.pass(0.5);
        assert_eq!(cluster.users(), expected);
        cluster.pass(0.5);
    }
    assert_eq!(spread(&cluster), ["0 1 1", "1 0 0"]);
    assert_eq!(cluster.spawn_rounds, 8);
}

#[test]
fn a_second_run_counts_from_nothing() {
    let mut cluster = Cluster::new(2);
    for run in 1..=3 {
        let before = cluster.served();
        cluster.start(4, 4.0);
        cluster.pass(5.0);
        cluster.stop();
        cluster.until(1.0, "it stops", |it| it.stop_done == run);
        cluster.pass(1.0);
        assert_eq!(cluster.merged, cluster.served() - before);
        assert_eq!(cluster.begun, run);
    }
    assert_eq!(cluster.stale, 0);
    assert!(cluster.nodes.iter().all(|node| node.new_runs == 3));
    let indices: Vec<_> = cluster
        .master
        .peers()
        .iter()
        .map(|peer| peer.index)
        .collect();
    assert_eq!(indices, [0, 1], "a worker keeps its number");
}

#[test]
fn the_user_count_changes_while_the_run_goes_on() {
    let mut cluster = Cluster::new(2);
    cluster.start(8, 8.0);
    cluster.pass(3.0);
    cluster.start(3, 5.0);
    cluster.pass(1.0);
    assert_eq!((cluster.users(), cluster.begun), (3, 1));
    assert_eq!(cluster.state(), State::Running);
    cluster.start(20, 1.0);
    cluster.pass(2.5);
    cluster.start(5, 10.0);
    cluster.pass(1.5);
    assert_eq!(cluster.users(), 5);
    assert_eq!(
        cluster.start_done, 4,
        "the ramp that was cut short is over too"
    );
    cluster.stop();
    cluster.pass(0.5);
    assert_eq!(cluster.merged, cluster.served());
}

#[test]
fn a_stop_now_cuts_off_what_users_do_also_while_they_stop() {
    for stops_first in [true, false] {
        let mut cluster = Cluster::new(2);
        cluster.job.stop_timeout = Some(500.0);
        cluster
            .nodes
            .iter_mut()
            .for_each(|node| node.lingers = true);
        cluster.start(4, 4.0);
        cluster.pass(3.0);
        if stops_first {
            cluster.stop();
            cluster.pass(20.0);
            assert_eq!((cluster.stop_done, cluster.users()), (0, 4), "tasks last");
        }
        cluster.stop_now();
        cluster.until(0.1, "it stops", |it| it.stop_done == 1);
        assert_eq!((cluster.state(), cluster.users()), (State::Stopped, 0));
        assert_eq!(cluster.merged, cluster.served(), "all is counted");
        cluster.stop_now();
        assert_eq!(cluster.stop_done, 2, "there is nothing left to stop");
    }
}

#[test]
fn a_worker_that_is_dismissed_leaves_and_the_others_take_its_users() {
    let mut cluster = Cluster::new(2);
    cluster.start(4, 4.0);
    cluster.pass(3.0);
    let id = cluster.nodes[0].id.clone();
    cluster.dismiss(&id);
    cluster.until(1.0, "it ends", |it| it.nodes[0].end.is_some());
    cluster.until(1.0, "all users run", |it| it.nodes[1].user_count() == 4);
    assert_eq!(cluster.master.peers().len(), 1);
    cluster.dismiss("nobody");
    cluster.pass(1.0);
    assert_eq!(cluster.state(), State::Running);
}

#[test]
fn a_missing_worker_that_is_dismissed_is_forgotten_until_it_comes_back() {
    let mut cluster = Cluster::new(2);
    cluster.nodes[0].is_cut = true;
    let id = cluster.nodes[0].id.clone();
    let is_missing = |it: &Cluster| it.master.peers().get(&id).unwrap().state == State::Missing;
    cluster.until(10.0, "it is missed", is_missing);
    cluster.dismiss(&id);
    assert_eq!(cluster.master.peers().len(), 1);
    cluster.nodes[0].is_cut = false;
    cluster.until(10.0, "it is back", |it| {
        it.master.peers().active_count() == 2
    });
    let index = cluster.master.peers().get(&id).unwrap().index;
    assert_eq!(index, 0, "it keeps its number");
}

#[test]
fn a_worker_tells_what_and_where_it_is_and_how_late_its_users_are_woken() {
    let mut cluster = Cluster::new(1);
    let peer = |cluster: &Cluster| cluster.master.peers().iter().next().unwrap().clone();
    let version = format!("gregaria {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(peer(&cluster).version.as_deref(), Some(version.as_str()));
    assert_eq!(peer(&cluster).lag_ms, None);
    for lag_ms in [3.0, 120.0, 8.0] {
        cluster.nodes[0].worker.set_lag(lag_ms);
    }
    cluster.until(2.0, "it is told", |it| peer(it).lag_ms == Some(120.0));
    assert_eq!(peer(&cluster).zone.as_deref(), Some("eu-north-1a"));
    cluster.nodes[0].worker.set_lag(2.0);
    cluster.until(2.0, "the next is of the next second", |it| {
        peer(it).lag_ms == Some(2.0)
    });
}

#[test]
fn a_worker_counts_the_network_errors_of_a_run_to_its_last_report() {
    let mut cluster = Cluster::new(1);
    let count = |cluster: &Cluster| cluster.master.peers().iter().next().unwrap().network_errors;
    cluster.start(2, 2.0);
    cluster.pass(1.0);
    assert_eq!(count(&cluster), None, "no report has come yet");
    cluster.nodes[0].worker.set_network_errors(7);
    cluster.until(4.0, "a report tells", |it| count(it) == Some(7));
    cluster.nodes[0].worker.set_network_errors(9);
    cluster.stop();
    cluster.until(1.0, "it stops", |it| it.stop_done == 1);
    assert_eq!(count(&cluster), Some(9), "the last report tells, too");
    cluster.nodes[0].worker.set_network_errors(0);
    cluster.start(2, 2.0);
    cluster.pass(0.5);
    assert_eq!(count(&cluster), None, "that was of the run before");
    cluster.until(4.0, "the next run has none", |it| count(it) == Some(0));
}

#[test]
fn a_master_that_quits_waits_for_the_last_reports_and_no_longer() {
    let mut cluster = Cluster::new(3);
    cluster.start(9, 9.0);
    cluster.pass(5.0);
    cluster.quit();
    assert!(
        cluster.fired.contains(&MasterEvent::TestStop),
        "listeners hear of it at once"
    );
    let took = cluster.until(5.0, "it ends", |it| it.end.is_some());
    assert!(took < 0.1, "{took}");
    assert_eq!(cluster.end, Some(EndReason::Asked));
    assert_eq!(cluster.merged, cluster.served());
    assert!(
        cluster
            .nodes
            .iter()
            .all(|node| node.end.is_some() && node.user_count() == 0)
    );
}

#[test]
fn a_master_that_quits_waits_longer_for_workers_that_are_heard() {
    let mut cluster = Cluster::new(3);
    cluster.start(9, 9.0);
    cluster.pass(5.0);
    cluster.dropped = vec!["stats"];
    cluster.quit();
    cluster.pass(20.0);
    assert_eq!(cluster.end, None, "heartbeats come in");
    cluster.dropped.clear();
    cluster.until(3.0, "it ends", |it| it.end.is_some());
    assert_eq!(cluster.merged, cluster.served(), "nothing is lost");
}

#[test]
fn a_master_that_quits_does_not_wait_for_ever() {
    for (is_cut, limit) in [(true, 6.0), (false, 30.1)] {
        let mut cluster = Cluster::new(3);
        cluster.start(9, 9.0);
        cluster.pass(5.0);
        cluster.dropped = vec!["stats"];
        cluster.nodes.iter_mut().for_each(|it| it.is_cut = is_cut);
        cluster.quit();
        let took = cluster.until(limit, "it ends", |it| it.end.is_some());
        assert!(took > limit - 3.0, "{took}");
    }
}

#[test]
fn a_master_that_quits_between_two_runs_tells_those_who_are_not_ready_again() {
    let mut cluster = Cluster::new(0);
    cluster.wait_after_stop = seconds(100.0);
    for id in ["one", "two"] {
        cluster.add(id);
    }
    cluster.pass(0.5);
    cluster.start(4, 4.0);
    cluster.pass(2.0);
    cluster.stop();
    cluster.until(1.0, "it stops", |it| it.stop_done == 1);
    assert_eq!(cluster.master.peers().len(), 0, "nobody is listed");
    cluster.quit();
    let took = cluster.until(5.0, "it ends", |it| it.end.is_some());
    assert!(took < 0.1, "{took}");
    for node in &cluster.nodes {
        assert_eq!(node.end, Some(WorkerEnd::MasterQuit), "{}", node.id);
    }
}

#[test]
fn a_worker_that_comes_while_the_master_quits_is_told_to_leave() {
    let mut cluster = Cluster::new(1);
    cluster.job.stop_timeout = Some(500.0);
    cluster.nodes[0].lingers = true;
    cluster.start(1, 1.0);
    cluster.pass(2.0);
    cluster.quit();
    cluster.add("late");
    cluster.until(1.0, "it leaves", |it| it.nodes[1].end.is_some());
    assert_eq!(cluster.nodes[1].end, Some(WorkerEnd::MasterQuit));
    assert_eq!(cluster.end, None, "users of the other one still stop");
}

#[test]
fn without_workers_nothing_starts() {
    let mut cluster = Cluster::new(0);
    cluster.start(1, 1.0);
    assert!(cluster.has_logged("You can't start a distributed test"));
    assert_eq!((cluster.start_done, cluster.begun), (1, 0));
    cluster.quit();
    assert_eq!(cluster.end, Some(EndReason::Asked));
}

#[test]
fn a_headless_run_ends_when_its_last_worker_leaves() {
    let headless = MasterSettings {
        is_headless: true,
        ..settings("first")
    };
    let mut cluster = Cluster::with(headless, 1);
    cluster.start(2, 2.0);
    cluster.pass(2.0);
    cluster.nodes[0].worker.leave();
    cluster.until(1.0, "it ends", |it| it.end.is_some());
    assert_eq!(cluster.end, Some(EndReason::LastWorkerLeft));
    assert_eq!(cluster.merged, cluster.served());
}
