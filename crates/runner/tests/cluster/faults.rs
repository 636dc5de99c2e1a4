//! What happens when workers, the network or the master fail.

use gregaria_runner::State;
use gregaria_runner::limits::{HEARTBEAT_INTERVAL, HEARTBEAT_LIVENESS};
use gregaria_runner::master::{EndReason, Master, MasterSettings, Rebalancing};

use crate::simulation::{Cluster, settings};

/// Seconds after which a silent worker is missing at the latest.
const LOSS_IS_KNOWN: f64 = 5.1;

fn running(workers: usize, users: usize) -> Cluster {
    let mut cluster = Cluster::new(workers);
    cluster.start(users, users as f64);
    cluster.until(2.0, "all users run", |it| it.state() == State::Running);
    cluster.pass(5.0);
    cluster
}

#[test]
fn a_lost_worker_hands_its_users_to_the_others() {
    let mut cluster = running(3, 30);
    let lost = cluster.kill(1);
    assert_eq!(cluster.users(), 20);
    let took = cluster.until(LOSS_IS_KNOWN + 1.0, "the load is back", |it| {
        it.users() == 30
    });
    assert!(took > f64::from(HEARTBEAT_LIVENESS) * HEARTBEAT_INTERVAL.as_secs_f64());
    assert!(cluster.has_logged(&format!("Worker {} failed to send heartbeat", lost.id)));
    assert_eq!(cluster.master.peers().active_count(), 2);
    // Neither when it is given up for good nor later does the load fall again.
    for _ in 0..90 {
        cluster.pass(1.0);
        assert_eq!(cluster.users(), 30);
    }
    assert_eq!(cluster.master.peers().len(), 2);
    let survivors = cluster.served();
    cluster.stop();
    cluster.pass(1.0);
    assert!(cluster.merged >= survivors + lost.served - 3 * 100);
    assert!(cluster.merged <= survivors + lost.served);
}

#[test]
fn a_worker_that_freezes_for_some_seconds_comes_back_and_nothing_is_lost() {
    let mut cluster = running(3, 30);
    cluster.nodes[1].is_frozen = true;
    cluster.pass(8.0);
    assert_eq!(
        cluster.users(),
        30 + 10,
        "the others have them, and it has them still"
    );
    cluster.nodes[1].is_frozen = false;
    cluster.until(2.0, "it shares the load again", |it| {
        it.users() == 30 && it.nodes.iter().all(|node| node.user_count() == 10)
    });
    assert!(cluster.has_logged("self-healed"));
    cluster.pass(5.0);
    cluster.stop();
    cluster.until(2.0, "it stops", |it| it.stop_done == 1);
    assert_eq!(cluster.merged, cluster.served());
}

#[test]
fn a_worker_that_is_cut_off_for_two_minutes_joins_again() {
    let mut cluster = running(3, 30);
    cluster.nodes[1].is_cut = true;
    cluster.pass(59.0);
    assert_eq!(cluster.nodes[1].user_count(), 10);
    cluster.until(3.0, "it stops its users by itself", |it| {
        it.nodes[1].user_count() == 0
    });
    cluster.pass(60.0);
    assert_eq!(cluster.users(), 30);
    assert!(cluster.nodes[1].end.is_none());
    cluster.nodes[1].is_cut = false;
    cluster.until(6.0, "it shares the load again", |it| {
        it.nodes[1].user_count() == 10
    });
    assert_eq!(cluster.users(), 30);
    assert!(cluster.nodes[1].reconnects > 0);
    cluster.stop();
    cluster.until(2.0, "it stops", |it| it.stop_done == 1);
    assert_eq!(
        cluster.merged,
        cluster.served(),
        "also what it counted while it was alone"
    );
}

#[test]
fn a_report_that_is_lost_on_its_way_is_sent_again() {
    let mut cluster = running(2, 10);
    cluster.dropped = vec!["stats"];
    cluster.pass(3.1);
    cluster.dropped.clear();
    cluster.pass(7.0);
    cluster.stop();
    cluster.until(2.0, "it stops", |it| it.stop_done == 1);
    cluster.pass(1.0);
    assert_eq!(cluster.merged, cluster.served());
}

#[test]
fn a_worker_started_anew_under_its_identity_gets_its_users_again() {
    let mut cluster = running(2, 10);
    let id = cluster.nodes[0].id.clone();
    let killed = cluster.kill(0);
    cluster.add(&id);
    cluster.until(1.0, "it runs its users", |it| it.users() == 10);
    assert_eq!(cluster.master.peers().get(&id).unwrap().index, 0);
    cluster.pass(4.0);
    cluster.stop();
    cluster.until(2.0, "it stops", |it| it.stop_done == 1);
    let alive = cluster.served();
    assert!(cluster.merged >= alive && cluster.merged <= alive + killed.served);
}

#[test]
fn wrong_clocks_do_no_harm() {
    let mut cluster = Cluster::new(2);
    cluster.nodes[0].wall_error = 3_600.0;
    cluster.nodes[1].wall_error = -3_600.0;
    cluster.start(6, 6.0);
    cluster.pass(3.0);
    assert_eq!(cluster.users(), 6);
    // The master's clock is set back in the middle of a run.
    cluster.wall_error = -3_600.0;
    cluster.start(10, 10.0);
    cluster.pass(3.0);
    assert_eq!(cluster.users(), 10);
    cluster.stop();
    cluster.pass(1.0);
    assert_eq!(cluster.merged, cluster.served());
}

#[test]
fn times_of_a_worker_whose_clock_is_wrong_are_corrected() {
    for (wall_error, expected) in [(0.5, 0.0), (3_600.0, -3_600.0), (-3_600.0, 3_600.0)] {
        let mut cluster = Cluster::new(1);
        cluster.nodes[0].wall_error = wall_error;
        // Its clock was right when it joined: the last heartbeats count.
        cluster.pass(10.0);
        assert!((cluster.last_clock_offset - expected).abs() < 0.05);
    }
}

#[test]
fn the_last_worker_lost_ends_the_run_and_says_why() {
    for is_headless in [false, true] {
        let mut cluster = Cluster::with(
            MasterSettings {
                is_headless,
                ..settings("first")
            },
            2,
        );
        cluster.start(4, 4.0);
        cluster.pass(3.0);
        cluster.nodes.clear();
        cluster.pass(LOSS_IS_KNOWN + 1.0);
        assert!(cluster.has_logged("The last worker went missing, stopping test."));
        assert_eq!(cluster.stop_done == 1, !is_headless);
        assert_eq!(
            cluster.end,
            is_headless.then_some(EndReason::LastWorkerMissing)
        );
    }
}

#[test]
fn a_worker_that_misses_the_end_of_a_run_is_told_to_stop() {
    let mut cluster = running(2, 10);
    cluster.nodes[1].is_cut = true;
    cluster.pass(6.0);
    cluster.stop();
    cluster.pass(1.0);
    assert_eq!(cluster.nodes[1].user_count(), 5);
    cluster.nodes[1].is_cut = false;
    cluster.until(2.0, "its users stop", |it| it.users() == 0);
}

#[test]
fn a_step_that_does_not_reach_a_worker_is_repeated() {
    let mut cluster = running(2, 10);
    cluster.nodes[1].is_cut = true;
    cluster.start(20, 20.0);
    cluster.pass(1.5);
    cluster.nodes[1].is_cut = false;
    assert_eq!(cluster.users(), 15);
    cluster.until(2.0, "it has its users", |it| it.users() == 20);
    assert_eq!(cluster.begun, 1);
    assert!(!cluster.has_logged("missing"));
}

#[test]
fn a_stop_that_does_not_reach_a_worker_is_repeated() {
    let mut cluster = running(2, 10);
    cluster.nodes[1].is_cut = true;
    cluster.stop();
    cluster.pass(1.5);
    cluster.nodes[1].is_cut = false;
    assert_eq!((cluster.users(), cluster.stop_done), (5, 0));
    cluster.until(3.0, "it stops", |it| it.stop_done == 1);
    assert_eq!(cluster.merged, cluster.served());
}

#[test]
fn a_worker_that_misses_two_messages_ends_one_run_before_the_next() {
    let mut cluster = running(2, 10);
    cluster.nodes[1].is_cut = true;
    cluster.pass(6.0);
    cluster.stop();
    cluster.pass(1.0);
    cluster.start(4, 4.0);
    cluster.pass(2.0);
    cluster.nodes[1].is_cut = false;
    cluster.until(3.0, "it has its share of the second run", |it| {
        it.nodes
            .iter()
            .all(|node| node.user_count() == 2 && node.new_runs == 2)
    });
    cluster.pass(0.1);
    assert!(
        cluster.stale > 0,
        "what it had counted belongs to the first"
    );
    let before = cluster.stale;
    cluster.pass(4.0);
    assert_eq!(cluster.stale, before);
}

#[test]
fn workers_outlive_their_master_and_join_the_next_one() {
    let mut cluster = running(2, 10);
    cluster.master = Master::new(settings("second"));
    // The new one runs on a machine whose clock is an hour behind.
    cluster.wall_error = -3_600.0;
    cluster.until(2.0, "the users of the run before stop", |it| {
        it.users() == 0
    });
    cluster.until(10.0, "they have joined", |it| {
        it.master.peers().active_count() == 2
    });
    cluster.pass(1.0);
    let before = cluster.served();
    cluster.start(6, 6.0);
    cluster.pass(4.0);
    assert_eq!(cluster.users(), 6);
    cluster.stop();
    cluster.until(2.0, "it stops", |it| it.stop_done == 1);
    assert_eq!(cluster.merged, cluster.served() - before);
}

#[test]
fn what_was_counted_for_a_dead_master_is_none_of_the_next_ones_run() {
    let mut cluster = running(2, 10);
    cluster.nodes[0].is_cut = true;
    cluster.master = Master::new(settings("second"));
    cluster.until(10.0, "one has joined", |it| {
        it.master.peers().active_count() == 1
    });
    cluster.merged = 0;
    cluster.start(6, 6.0);
    cluster.pass(4.0);
    // The other comes in the middle: its run has the same number, and is another one.
    cluster.nodes[0].is_cut = false;
    cluster.nodes[0]
        .worker
        .exception("ValueError", "oh".to_owned(), "a".to_owned());
    let before = cluster.nodes[0].served;
    cluster.until(5.0, "it shares the load", |it| {
        it.nodes.iter().all(|node| node.user_count() == 3)
    });
    assert!(cluster.stale > 0);
    assert_eq!(cluster.exceptions, 0);
    assert_eq!(cluster.nodes[0].new_runs, 2);
    assert!(cluster.merged <= cluster.served() - before);
}

#[test]
fn exceptions_count_once_whatever_gets_lost_on_the_way() {
    let mut cluster = running(2, 10);
    let raise = |cluster: &mut Cluster| {
        for traceback in ["a", "a", "b"] {
            let worker = &mut cluster.nodes[0].worker;
            worker.exception("ValueError", "oh".to_owned(), traceback.to_owned());
        }
    };
    raise(&mut cluster);
    cluster.pass(4.0);
    assert_eq!(cluster.exceptions, 3);
    cluster.dropped = vec!["stats"];
    raise(&mut cluster);
    cluster.pass(4.0);
    cluster.dropped.clear();
    raise(&mut cluster);
    // All that is not known to have been merged is sent again, and so is the gap.
    cluster.nodes[0].worker.connected_again();
    cluster.pass(4.0);
    assert_eq!(cluster.exceptions, 9);
    raise(&mut cluster);
    cluster.stop();
    cluster.pass(1.0);
    assert_eq!(cluster.exceptions, 12, "the last report has them too");
}

#[test]
fn a_dead_master_is_noticed_within_a_minute_and_waited_for() {
    let mut cluster = running(2, 10);
    for node in &mut cluster.nodes {
        node.is_cut = true;
    }
    let took = cluster.until(62.0, "they stop", |it| it.users() == 0);
    assert!(took > 58.0, "{took}");
    cluster.pass(1_000.0);
    assert!(cluster.nodes.iter().all(|node| node.end.is_none()));
}

#[test]
fn a_worker_whose_python_hangs_goes_missing() {
    let mut cluster = running(2, 10);
    cluster.nodes[0].turns = false;
    cluster.pass(3.0 + LOSS_IS_KNOWN + 1.0);
    assert_eq!(cluster.master.peers().active_count(), 1);
    assert_eq!(cluster.nodes[1].user_count(), 10);
}

#[test]
fn two_hundred_workers_that_join_a_run_within_a_second_share_it_in_few_steps() {
    let mut cluster = running(1, 400);
    let before = cluster.spawn_rounds;
    for number in 0..200 {
        cluster.add(&format!("late_{number:03}"));
        if number % 2 == 1 {
            cluster.pass(0.01);
        }
    }
    cluster.until(2.0, "all have users", |it| {
        it.state() == State::Running && it.nodes.iter().all(|node| node.user_count() >= 1)
    });
    assert_eq!(cluster.users(), 400);
    let rounds = cluster.spawn_rounds - before;
    assert!(rounds <= 12, "{rounds} rounds");
}

#[test]
fn without_rebalancing_the_others_take_over_when_a_worker_is_given_up() {
    let mut cluster = Cluster::with(
        MasterSettings {
            rebalancing: Rebalancing::Never,
            ..settings("first")
        },
        2,
    );
    cluster.start(10, 10.0);
    cluster.pass(4.0);
    // The first change in a steady run is shared out, as in Locust; the second is not.
    cluster.add("third_1");
    cluster.pass(2.0);
    assert_eq!(cluster.nodes[2].user_count(), 3);
    cluster.kill(2);
    cluster.pass(30.0);
    assert_eq!(cluster.users(), 7);
    cluster.until(40.0, "the load is back", |it| it.users() == 10);
}

/// A small generator, so that a failure can be seen again by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn whatever_happens_the_load_comes_back_and_each_request_counts_once() {
    for seed in 0..400 {
        let mut random = Random(seed);
        let mut cluster = Cluster::new(4);
        let mut users = 12;
        cluster.start(users, 12.0);
        for _ in 0..14 {
            let place = random.below(4);
            match random.below(10) {
                0 => cluster.nodes[place].is_cut = true,
                1 => cluster.nodes[place].is_frozen = true,
                2 => cluster.nodes[place].turns = false,
                3 => cluster.dropped = vec!["stats"],
                4 => cluster.dropped = vec!["spawning_complete", "heartbeat"],
                5 => cluster.dropped = vec!["client_stopped", "client_ready"],
                6 => {
                    users = 1 + random.below(20);
                    cluster.start(users, [0.7, 3.0, 50.0][random.below(3)]);
                }
                7 => cluster.stop(),
                _ => {
                    cluster.dropped.clear();
                    let node = &mut cluster.nodes[place];
                    (node.is_cut, node.is_frozen, node.turns) = (false, false, true);
                }
            }
            cluster.pass([0.03, 0.5, 2.0, 7.0, 65.0][random.below(5)]);
        }
        cluster.dropped.clear();
        for node in &mut cluster.nodes {
            (node.is_cut, node.is_frozen, node.turns) = (false, false, true);
        }
        // A ramp may be under way, or the end of a run; those who lost the master ask for it each
        // five seconds.
        cluster.pass(75.0);
        let context = format!("seed {seed}: {:?}\n{}", cluster.state(), cluster.text());
        assert_eq!(cluster.master.peers().active_count(), 4, "{context}");
        // Without a run, as when all workers were lost at once, there are to be no users.
        let target = cluster.master.target_user_count() as u64;
        assert_eq!(cluster.users(), target, "{context}");
        users = 5;
        cluster.start(users, 5.0);
        cluster.pass(5.0);
        assert_eq!(cluster.users(), users as u64, "{context}");
        let stops = cluster.stop_done;
        cluster.stop();
        cluster.until(2.0, "it stops", |it| it.stop_done > stops);
        cluster.pass(4.0);
        assert_eq!(cluster.users(), 0, "{context}");
        let merged = cluster.merged + cluster.merged_before + cluster.stale;
        assert_eq!(merged, cluster.served(), "{context}");
    }
}
