//! Locust's port with peers of libzmq, which all Locust nodes are. See `libzmq.py`.

use std::process::Stdio;
use std::time::Duration;

use gregaria_runner::wire::{
    Ack, Entrance, Event, Extra, Link, Listener, Master, PeerVersion, Received, Spawn, ToMaster,
    ToWorker, Value,
};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::common::{LIMIT, Port, custom, heard, within};

/// Starts something with the Python of a real Locust; without one, says so and tests nothing.
fn python(arguments: &[&str]) -> Option<Child> {
    let Some(python) = std::env::var_os("GREGARIA_REAL_LOCUST") else {
        #[expect(clippy::print_stderr, reason = "a test that is left out must be seen")]
        {
            eprintln!("left out: GREGARIA_REAL_LOCUST names no Python with Locust");
        }
        return None;
    };
    let mut command = Command::new(python);
    command.args(arguments).kill_on_drop(true);
    Some(command.stdout(Stdio::piped()).spawn().unwrap())
}

fn peer(arguments: &[&str]) -> Option<Child> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire/libzmq.py");
    python(&[&[script], arguments].concat())
}

async fn has_ended_well(mut peer: Child) {
    let status = within("the end of the peer", peer.wait()).await.unwrap();
    assert!(status.success(), "{status}");
}

async fn joined(port: &mut Port) -> String {
    match port.next().await {
        Event::Joined { node_id, .. } => node_id.to_string(),
        other => panic!("not a worker that joined: {other:?}"),
    }
}

async fn is_lost(port: &mut Port) -> String {
    match port.next().await {
        Event::Lost { node_id, .. } => node_id.to_string(),
        other => panic!("not a loss: {other:?}"),
    }
}

#[tokio::test]
async fn a_worker_of_libzmq_speaks_and_is_spoken_to() {
    let mut port = Port::open().await;
    let address = port.address().port().to_string();
    let Some(peer) = peer(&["worker", &address, "lo_1", "300"]) else {
        return;
    };
    assert_eq!(joined(&mut port).await, "lo_1");
    for number in 0..300 {
        match port.next().await {
            Event::Message { node_id, envelope } => {
                let data = Value::Map(vec![
                    ("number".into(), number.into()),
                    ("float".into(), 0.5.into()),
                    (7.into(), Value::Nil),
                ]);
                assert_eq!(envelope.message, custom("word", data));
                assert_eq!((&*node_id, &*envelope.node_id), ("lo_1", "lo_1"));
            }
            other => panic!("not a message: {other:?}"),
        }
    }
    // Below and above the length at which ZMTP changes its header.
    for length in [0, 200, 300, 100_000] {
        let text = "x".repeat(length);
        let word = ToWorker::Custom {
            kind: "word".into(),
            data: text.as_str().into(),
        };
        port.listener.send("lo_1", &word).unwrap();
        let echo = custom("echo", vec![Value::from("word"), text.into()]);
        match port.next().await {
            Event::Message { envelope, .. } => assert_eq!(envelope.message, echo),
            other => panic!("not a message: {other:?}"),
        }
    }
    port.listener.send("lo_1", &ToWorker::Quit).unwrap();
    assert_eq!(is_lost(&mut port).await, "lo_1");
    has_ended_well(peer).await;
}

#[tokio::test]
async fn a_worker_of_libzmq_joins_again_with_its_identity() {
    let mut port = Port::open().await;
    let address = port.address().port().to_string();
    let Some(peer) = peer(&["again", &address, "lo_1", "30"]) else {
        return;
    };
    let mut words = 0;
    while words < 30 {
        match port.next().await {
            Event::Message { envelope, .. } => {
                assert_eq!(envelope.message, custom("word", words));
                words += 1;
                let ack = ToWorker::Ack(Ack::default());
                port.listener.send("lo_1", &ack).unwrap();
            }
            Event::Joined { node_id, .. } | Event::Lost { node_id, .. } => {
                assert_eq!(&*node_id, "lo_1");
            }
            other @ Event::Unreadable { .. } => panic!("not a message: {other:?}"),
        }
    }
    assert_eq!(is_lost(&mut port).await, "lo_1");
    has_ended_well(peer).await;
}

#[tokio::test]
async fn a_worker_of_libzmq_that_is_killed_is_lost() {
    let mut port = Port::open().await;
    let address = port.address().port().to_string();
    let Some(mut peer) = peer(&["worker", &address, "lo_1", "0"]) else {
        return;
    };
    assert_eq!(joined(&mut port).await, "lo_1");
    peer.kill().await.unwrap();
    assert_eq!(is_lost(&mut port).await, "lo_1");
}

#[tokio::test]
async fn a_worker_of_libzmq_finds_a_master_that_was_started_again() {
    let mut port = Port::open().await;
    let address = port.address().port();
    let Some(peer) = peer(&["worker", &address.to_string(), "lo_1", "1"]) else {
        return;
    };
    assert_eq!(joined(&mut port).await, "lo_1");
    assert_eq!(port.said().await.1, "word");
    port.listener.close(LIMIT).await;
    let mut port = Port::open().await;
    port.listener = Listener::bind(Entrance::Open, "127.0.0.1", address)
        .await
        .unwrap();
    assert_eq!(joined(&mut port).await, "lo_1");
    port.listener.send("lo_1", &ToWorker::Quit).unwrap();
    assert_eq!(is_lost(&mut port).await, "lo_1");
    has_ended_well(peer).await;
}

#[tokio::test]
async fn two_hundred_workers_of_libzmq_join() {
    let mut port = Port::open().await;
    let address = port.address().port().to_string();
    let Some(peer) = peer(&["many", &address, "200"]) else {
        return;
    };
    let (mut workers, mut words) = (0, 0);
    while workers + words < 400 {
        match port.next().await {
            Event::Joined { .. } => workers += 1,
            Event::Message { node_id, .. } => {
                words += 1;
                port.listener.send(&node_id, &ToWorker::Quit).unwrap();
            }
            other => panic!("neither joined nor spoke: {other:?}"),
        }
    }
    assert_eq!((workers, words), (200, 200));
    has_ended_well(peer).await;
}

/// Joins as a worker has to: a connection on which nothing is answered is given up for another.
/// libzmq's ROUTER ignores or closes it while it has not forgotten the last peer of that identity.
async fn joined_to_libzmq(master: &Master, node_id: &str) -> Link {
    const PATIENCE: Duration = Duration::from_secs(2);
    loop {
        let mut link = within("joining", Link::connect(master, node_id))
            .await
            .unwrap();
        link.send(&custom("hello", Value::Nil)).unwrap();
        match tokio::time::timeout(PATIENCE, link.next()).await {
            Ok(Received::Message(envelope)) => {
                assert!(matches!(
                    envelope.message,
                    ToWorker::Ack(Ack { index: Some(3), .. })
                ));
                // The echo of the hello.
                heard(&mut link).await;
                return link;
            }
            Ok(Received::Lost(_)) | Err(_) => drop(link),
            Ok(other @ Received::Unreadable(_)) => panic!("not an ack: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_master_of_libzmq_is_joined_and_left() {
    let Some(mut peer) = peer(&["master"]) else {
        return;
    };
    let mut lines = BufReader::new(peer.stdout.take().unwrap()).lines();
    let first_line = within("the port", lines.next_line())
        .await
        .unwrap()
        .unwrap();
    let master = Master::Open {
        host: "localhost".into(),
        port: first_line.parse().unwrap(),
    };
    for _ in 0..10 {
        let mut link = joined_to_libzmq(&master, "lo_1").await;
        for length in [0, 250, 300, 100_000] {
            let text = "x".repeat(length);
            link.send(&custom("word", text.as_str())).unwrap();
            assert!(matches!(heard(&mut link).await, ToWorker::Ack(_)));
            let echo = ToWorker::Custom {
                kind: "echo".into(),
                data: Value::Array(vec!["word".into(), text.into()]),
            };
            assert_eq!(heard(&mut link).await, echo);
        }
        assert!(link.close(LIMIT).await);
    }
    let link = Link::connect(&master, "lo_2").await.unwrap();
    link.send(&ToMaster::Quit).unwrap();
    has_ended_well(peer).await;
}

/// Waits for a message that fits, past those that do not.
async fn until<T>(port: &mut Port, fits: impl Fn(ToMaster) -> Option<T>) -> T {
    loop {
        match port.next().await {
            Event::Message { envelope, .. } => {
                if let Some(found) = fits(envelope.message) {
                    return found;
                }
            }
            other => panic!("not a message: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_worker_of_locust_joins_runs_users_and_quits() {
    let mut port = Port::open().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("locustfile.py");
    std::fs::write(
        &file,
        "from locust import User, constant, task\n\
         class Idle(User):\n    wait_time = constant(0.1)\n    @task\n    def nothing(self):\n        \
         self.environment.events.request.fire(request_type='GET', name='/', response_time=12.5,\
         response_length=3, exception=None, context={})\n",
    )
    .unwrap();
    let address = port.address().port().to_string();
    let arguments = [
        "-m",
        "locust",
        "--worker",
        "--master-host",
        "127.0.0.1",
        "--master-port",
    ];
    let file = file.display().to_string();
    let Some(worker) = python(&[&arguments[..], &[&address, "-f", &file]].concat()) else {
        return;
    };
    let node_id = joined(&mut port).await;
    let version = until(&mut port, |message| match message {
        ToMaster::ClientReady(version) => Some(version),
        _ => None,
    });
    assert!(matches!(version.await, PeerVersion::Named(version) if version.starts_with("2.")));
    let ack = Ack {
        index: Some(0),
        extra: Extra::default(),
    };
    port.listener.send(&node_id, &ToWorker::Ack(ack)).unwrap();
    let state = until(&mut port, |message| match message {
        ToMaster::Heartbeat(heartbeat) => Some(heartbeat.state),
        _ => None,
    });
    assert_eq!(state.await, "ready");
    let spawn = Spawn {
        timestamp: 1.0,
        user_classes_count: vec![("Idle".into(), 2)],
        host: Some("http://127.0.0.1".into()),
        ..Spawn::default()
    };
    port.listener
        .send(&node_id, &ToWorker::Spawn(Box::new(spawn)))
        .unwrap();
    let users = until(&mut port, |message| match message {
        ToMaster::SpawningComplete(users) => Some(users),
        _ => None,
    });
    assert_eq!(users.await.user_classes_count, [("Idle".to_owned(), 2)]);
    let report = until(&mut port, |message| match message {
        ToMaster::Stats(report) if !report.stats.is_empty() => Some(report),
        _ => None,
    })
    .await;
    assert_eq!(report.stats[0].name, "/");
    assert_eq!(
        report.stats[0].num_requests,
        report.stats_total.num_requests
    );
    port.listener.send(&node_id, &ToWorker::Quit).unwrap();
    until(&mut port, |message| {
        matches!(message, ToMaster::Quit).then_some(())
    })
    .await;
    assert_eq!(is_lost(&mut port).await, node_id);
    has_ended_well(worker).await;
}
