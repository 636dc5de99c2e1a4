//! The master with peers that a test plays itself: workers of Locust, and worse.

use gregaria_runner::State;
use gregaria_runner::dialect;
use gregaria_runner::wire::{
    Heartbeat, Number, PeerVersion, StatsEntry, StatsReport, ToMaster, UserCounts,
};

use crate::simulation::Cluster;

fn ready(version: &str) -> ToMaster {
    ToMaster::ClientReady(PeerVersion::Named(version.to_owned()))
}

fn heartbeat(state: &str, cpu: f64) -> ToMaster {
    ToMaster::Heartbeat(Heartbeat {
        state: state.to_owned(),
        current_cpu_usage: Some(Number::Float(cpu)),
        ..Heartbeat::default()
    })
}

fn counts(a: u64) -> Vec<(String, u64)> {
    vec![("A".to_owned(), a), ("B".to_owned(), 0)]
}

fn stats(requests: u64) -> ToMaster {
    ToMaster::Stats(Box::new(StatsReport {
        stats: vec![StatsEntry {
            num_requests: requests,
            ..StatsEntry::default()
        }],
        user_classes_count: counts(1),
        user_count: 1,
        ..StatsReport::default()
    }))
}

#[test]
fn locusts_own_workers_take_part() {
    let mut cluster = Cluster::new(0);
    cluster.say("lo_1", &ready("2.47.0"));
    assert!(!dialect::is_ours(&PeerVersion::Named("2.47.0".to_owned())));
    assert_eq!(cluster.master.peers().active_count(), 1);
    let peer = cluster.master.peers().get("lo_1").unwrap();
    assert_eq!(peer.version.as_deref(), Some("Locust 2.47.0"));
    cluster.start(1, 1.0);
    cluster.say("lo_1", &ToMaster::Spawning);
    cluster.say(
        "lo_1",
        &ToMaster::SpawningComplete(UserCounts {
            user_classes_count: counts(1),
            user_count: 1,
            ..UserCounts::default()
        }),
    );
    assert_eq!(cluster.state(), State::Running);
    cluster.say("lo_1", &stats(5));
    cluster.say("lo_1", &stats(5));
    cluster.say("stranger", &stats(3));
    assert_eq!(cluster.merged, 13, "without numbers each report counts");
    assert_eq!(cluster.master.peers().user_count(), 1);
    cluster.stop();
    cluster.say("lo_1", &ToMaster::ClientStopped);
    assert_eq!((cluster.stop_done, cluster.state()), (1, State::Stopped));
    cluster.say("lo_1", &ready("2.47.0"));
    assert_eq!(cluster.master.peers().get("lo_1").unwrap().index, 0);
}

#[test]
fn versions_are_compared_and_too_old_ones_are_refused() {
    let mut cluster = Cluster::new(0);
    cluster.say("old_1", &ToMaster::ClientReady(PeerVersion::Absent));
    assert!(cluster.master.peers().is_empty());
    assert!(cluster.has_logged("older than 2.0"));
    cluster.say("go_1", &ToMaster::ClientReady(PeerVersion::Unchecked));
    assert!(!cluster.has_logged("go_1 runs version"));
    cluster.say("lo_1", &ready("2.32.1"));
    assert!(cluster.has_logged("lo_1 runs version 2.32.1"));
    assert_eq!(cluster.master.peers().active_count(), 2);
}

#[test]
fn a_hot_worker_is_named_once() {
    let mut cluster = Cluster::new(0);
    cluster.say("lo_1", &ready("2.47.0"));
    cluster.say("lo_1", &heartbeat("ready", 99.0));
    cluster.say("lo_1", &heartbeat("ready", 99.0));
    let said = cluster
        .log
        .iter()
        .filter(|(_, line)| line.contains("90 % of its CPU"));
    assert_eq!(said.count(), 1);
}

#[test]
fn a_run_that_has_lost_all_workers_tells_how_busy_they_were() {
    let ends = |usages: [f64; 2]| {
        let mut cluster = Cluster::new(0);
        for (id, usage) in ["lo_1", "lo_2"].into_iter().zip(usages) {
            cluster.say(id, &ready("2.47.0"));
            cluster.say(id, &heartbeat("ready", usage));
        }
        cluster.start(2, 2.0);
        cluster.pass(10.0);
        let marked = cluster.marked();
        let reason = marked
            .iter()
            .find_map(|(_, text)| text.strip_prefix("run ended: "));
        reason.map(str::to_owned)
    };
    let lost = |more: &str| Some(format!("the last worker has gone missing{more}"));
    assert_eq!(
        ends([97.2, 99.8]),
        lost("; last CPU readings were 97–100 %: the workers were probably overloaded")
    );
    assert_eq!(ends([12.0, 95.0]), lost("; last CPU readings were 12–95 %"));
    assert_eq!(ends([0.0, 0.0]), lost(""));
}

#[test]
fn garbage_changes_nothing() {
    let mut cluster = Cluster::new(1);
    cluster.start(1, 1.0);
    cluster.pass(3.0);
    let (merged, id) = (cluster.merged, cluster.nodes[0].id.clone());
    for _ in 0..100 {
        cluster.send_raw("stranger", vec![0xc1, 0xff]);
        cluster.send_raw(&id, vec![0xc1]);
    }
    cluster.pass(0.02);
    assert_eq!(cluster.master.corrupt_frames(), 200);
    assert_eq!(
        cluster.merged, merged,
        "no message is handled a second time"
    );
    assert_eq!(cluster.master.peers().len(), 1);
    let resets = cluster
        .log
        .iter()
        .filter(|(_, line)| line.contains("Will reset client"));
    // The first, the second, the fourth and so on, up to the 64th.
    assert_eq!(resets.count(), 7);
    let unknown = cluster
        .log
        .iter()
        .filter(|(_, line)| line.contains("Unrecognized"));
    assert!(unknown.count() <= 8, "the log is not flooded");
    cluster.pass(10.0);
    assert_eq!(cluster.state(), State::Running);
}

#[test]
fn a_stranger_that_runs_users_is_sent_away() {
    let mut cluster = Cluster::new(1);
    cluster.say("stranger", &heartbeat("running", 0.0));
    cluster.say("stranger", &ToMaster::Spawning);
    assert_eq!(cluster.master.peers().len(), 1);
    assert!(cluster.has_logged("unknown worker stranger"));
}
