//! What the charts and the page are told of losses: when, how many users, how long.

use gregaria_runner::State;
use gregaria_runner::master::{MasterSettings, Rebalancing};

use crate::simulation::{Cluster, settings};

/// Silence after which a worker is missing at the latest, and time in which its users move, in
/// seconds: what the documentation promises.
const HEARTBEAT_TIME: f64 = 5.0;
const MOVE_TIME: f64 = 5.0;

fn running(workers: usize, users: usize) -> Cluster {
    running_as(settings("first"), workers, users)
}

fn running_as(settings: MasterSettings, workers: usize, users: usize) -> Cluster {
    let mut cluster = Cluster::with(settings, workers);
    cluster.start(users, users as f64);
    cluster.until(2.0, "all users run", |it| it.state() == State::Running);
    cluster.pass(5.0);
    cluster
}

fn seconds_now(cluster: &Cluster) -> f64 {
    cluster.now.as_secs_f64() - 1_000.0
}

/// What was marked after the first marker, which is the start of the run.
fn after_start(cluster: &Cluster) -> Vec<(f64, String)> {
    let mut marked = cluster.marked();
    assert!(marked.remove(0).1.starts_with("run started with "));
    marked
}

fn texts(marked: &[(f64, String)]) -> Vec<&str> {
    marked.iter().map(|(_, text)| text.as_str()).collect()
}

#[test]
fn a_run_is_marked_at_its_start_at_changes_and_at_its_end() {
    let mut cluster = running(2, 10);
    cluster.start(15, 5.0);
    cluster.pass(3.0);
    // The same number again, as shapes ask for it, is no change.
    cluster.start(15, 5.0);
    cluster.pass(3.0);
    cluster.stop();
    cluster.pass(1.0);
    let marked = cluster.marked();
    assert_eq!(
        texts(&marked),
        [
            "run started with 10 users",
            "users 10 → 15",
            "run ended: stopped"
        ]
    );
}

#[test]
fn the_end_of_a_ramp_is_marked_if_it_took_long_enough_to_be_seen() {
    let mut cluster = Cluster::new(2);
    cluster.start(10, 2.5);
    cluster.until(10.0, "all users run", |it| it.state() == State::Running);
    // Shared out anew, and fewer users: nobody waits for these ramps.
    cluster.add("late_1");
    cluster.pass(3.0);
    cluster.start(4, 1.0);
    cluster.pass(10.0);
    cluster.start(6, 1.0);
    cluster.pass(5.0);
    let marked = cluster.marked();
    assert_eq!(
        texts(&marked),
        [
            "run started with 10 users",
            "all 10 users run after 3 s",
            "worker late_1 has joined",
            "users 10 → 4",
            "users 4 → 6",
            "all 6 users run after 1 s"
        ]
    );
}

#[test]
fn a_ramp_whose_users_are_not_all_reported_is_not_marked_as_complete() {
    let mut cluster = Cluster::new(2);
    cluster.start(10, 2.5);
    cluster.pass(1.0);
    cluster.dropped = vec!["spawning", "spawning_complete", "stats"];
    cluster.until(10.0, "the wait is over", |it| it.state() == State::Running);
    assert_eq!(texts(&after_start(&cluster)), [""; 0]);
}

#[test]
fn a_worker_that_leaves_by_itself_has_left_and_is_not_lost() {
    let mut cluster = running(3, 30);
    let id = cluster.nodes[1].id.clone();
    cluster.master.dismiss_worker(cluster.at(), &id);
    cluster.pass(3.0);
    let marked = after_start(&cluster);
    let texts = texts(&marked);
    assert_eq!(texts, [format!("worker {id} left, one of 3")]);
    assert_eq!(cluster.users(), 30);
}

#[test]
fn an_overloaded_worker_is_marked_once_in_a_run_by_what_it_says_of_this_run() {
    let mut cluster = running(2, 10);
    let ids: Vec<_> = cluster.nodes.iter().map(|node| node.id.clone()).collect();
    cluster.nodes[0].worker.set_usage(99.0, 0);
    cluster.nodes[1].worker.set_usage(90.0, 0);
    // A reading of the first seconds is one of what was before, too.
    cluster.pass(3.0);
    assert_eq!(texts(&after_start(&cluster)), [""; 0]);
    cluster.pass(10.0);
    cluster.nodes[0].worker.set_usage(50.0, 0);
    cluster.pass(3.0);
    cluster.nodes[0].worker.set_usage(99.0, 0);
    cluster.pass(3.0);
    let hot = format!("worker {} uses more than 90 % of a core", ids[0]);
    assert_eq!(texts(&after_start(&cluster)), [hot.as_str()]);
    cluster.stop();
    cluster.pass(3.0);
    cluster.markers.clear();
    cluster.start(10, 10.0);
    cluster.pass(9.0);
    assert_eq!(texts(&after_start(&cluster)), [""; 0]);
    cluster.pass(3.0);
    assert_eq!(texts(&after_start(&cluster)), [hot.as_str()]);
}

#[test]
fn lost_workers_are_one_marker_and_their_users_move_within_five_seconds() {
    let mut cluster = running(8, 80);
    for _ in 0..3 {
        cluster.kill(0);
        // Their last heartbeats lie apart.
        cluster.pass(0.3);
    }
    let killed_at = seconds_now(&cluster);
    cluster.until(HEARTBEAT_TIME + MOVE_TIME, "the load is back", |it| {
        it.users() == 80
    });
    let back_at = seconds_now(&cluster);
    cluster.pass(0.1);
    let marked = after_start(&cluster);
    let [(lost_at, lost), others @ ..] = &marked[..] else {
        panic!("{marked:?}");
    };
    assert!(*lost_at <= killed_at + HEARTBEAT_TIME, "{marked:?}");
    assert!(*lost_at < back_at && back_at - lost_at <= MOVE_TIME);
    // Those that go missing at two counts of the heartbeats move at two times.
    let moved: u64 = others
        .iter()
        .filter(|(_, text)| text.contains("moved"))
        .map(|(_, text)| text.split(' ').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(moved, 30, "{marked:?}");
    assert!(lost.contains("of 8"), "{lost}");
    assert!(cluster.has_logged("users moved in"));
    cluster.pass(120.0);
    assert_eq!(
        after_start(&cluster),
        marked,
        "nothing more is said of them"
    );
}

#[test]
fn a_worker_that_comes_back_is_marked() {
    let mut cluster = running(3, 30);
    cluster.nodes[1].is_frozen = true;
    cluster.pass(8.0);
    cluster.nodes[1].is_frozen = false;
    cluster.pass(2.0);
    let id = cluster.nodes[1].id.clone();
    let marked = after_start(&cluster);
    let texts = texts(&marked);
    assert_eq!(
        texts[0],
        format!("worker {id} lost, one of 3, with 10 users")
    );
    assert!(texts[1].starts_with("10 users moved in 0."), "{texts:?}");
    assert_eq!(texts[2], format!("worker {id} is back"));
    assert_eq!(texts.len(), 3);
}

#[test]
fn a_worker_that_is_started_anew_before_it_is_missed_is_lost_and_back() {
    let mut cluster = running(2, 10);
    let id = cluster.nodes[0].id.clone();
    cluster.kill(0);
    cluster.add(&id);
    cluster.pass(2.0);
    let marked = after_start(&cluster);
    let texts = texts(&marked);
    assert_eq!(
        texts[0],
        format!("worker {id} lost, one of 2, with 5 users")
    );
    assert_eq!(texts[1], format!("worker {id} is back"));
    assert!(texts[2].starts_with("5 users moved in 0."), "{texts:?}");
}

#[test]
fn further_workers_of_a_run_are_marked_together() {
    let mut cluster = running(2, 10);
    for number in 0..4 {
        cluster.add(&format!("late_{number}"));
    }
    cluster.pass(1.0);
    assert_eq!(texts(&after_start(&cluster)), ["4 workers have joined"]);
}

#[test]
fn users_that_nobody_takes_over_are_said_to_be_missing_until_they_run() {
    let mut cluster = running_as(
        MasterSettings {
            rebalancing: Rebalancing::Never,
            ..settings("first")
        },
        2,
        10,
    );
    // The first change in a steady run is shared out, as in Locust; the second is not.
    cluster.add("third_1");
    cluster.pass(2.0);
    cluster.kill(2);
    cluster.pass(HEARTBEAT_TIME + 0.1);
    let marked = after_start(&cluster);
    assert_eq!(
        texts(&marked)[1..],
        [
            "worker third_1 lost, one of 3, with 3 users",
            "3 users are missing: load is 30.0 % low"
        ]
    );
    assert!((marked[2].0 - marked[1].0).abs() < 0.01);
    cluster.until(70.0, "it is given up", |it| it.users() == 10);
    cluster.pass(0.1);
    let last = after_start(&cluster).pop().unwrap().1;
    let seconds: f64 = last
        .strip_prefix("3 users moved in ")
        .and_then(|rest| rest.strip_suffix(" s"))
        .unwrap_or_else(|| panic!("{last}"))
        .parse()
        .unwrap();
    assert!((55.0..65.0).contains(&seconds), "{last}");
}

#[test]
fn users_that_do_not_start_elsewhere_are_missing_after_five_seconds() {
    let mut cluster = running(3, 30);
    cluster.kill(0);
    // The others are told, but carry nothing out: no word of theirs says that the users run.
    cluster.dropped = vec!["spawning", "spawning_complete", "stats"];
    cluster.pass(HEARTBEAT_TIME + MOVE_TIME + 1.0);
    let marked = after_start(&cluster);
    assert_eq!(
        texts(&marked)[1..],
        ["10 users are missing: load is 33.3 % low"]
    );
    let took = marked[1].0 - marked[0].0;
    assert!((MOVE_TIME - 0.1..MOVE_TIME + 0.1).contains(&took), "{took}");
    cluster.dropped.clear();
    cluster.pass(4.0);
    assert!(
        after_start(&cluster)[2].1.starts_with("10 users moved in"),
        "{marked:?}"
    );
}

#[test]
fn the_last_worker_lost_is_the_reason_of_the_end() {
    let mut cluster = running(1, 4);
    cluster.kill(0);
    cluster.pass(HEARTBEAT_TIME + 1.0);
    assert_eq!(
        texts(&after_start(&cluster))[1..],
        ["run ended: the last worker has gone missing"]
    );
}
