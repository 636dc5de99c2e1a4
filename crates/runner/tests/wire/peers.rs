//! Our own master and workers with each other, over both transports.

use std::time::Duration;

use gregaria_runner::wire::{
    Event, JoinError, Link, Loss, MAX_FRAME_BYTES, MAX_WAITING_MESSAGES, SendError, ToMaster,
    ToWorker, Value,
};

use crate::common::{LIMIT, Port, custom, heard, lost, within};

#[tokio::test]
async fn what_is_said_arrives_in_order_both_ways() {
    for mut port in Port::both().await {
        let mut link = port.join("lo_1").await;
        for number in 0..500 {
            link.send(&custom(&number.to_string(), number)).unwrap();
        }
        for number in 0..500 {
            assert_eq!(port.said().await, ("lo_1".into(), number.to_string()));
        }
        port.listener.send("lo_1", &ToWorker::Heartbeat).unwrap();
        port.listener.send("lo_1", &ToWorker::Quit).unwrap();
        assert_eq!(heard(&mut link).await, ToWorker::Heartbeat);
        assert_eq!(heard(&mut link).await, ToWorker::Quit);
    }
}

#[tokio::test]
async fn a_message_reaches_the_worker_it_is_for() {
    for mut port in Port::both().await {
        let mut first = port.join("lo_1").await;
        let mut second = port.join("lo_2").await;
        assert_eq!(port.listener.connected(), 2);
        port.listener.send("lo_2", &ToWorker::Stop).unwrap();
        port.listener.send("lo_1", &ToWorker::Quit).unwrap();
        assert_eq!(heard(&mut first).await, ToWorker::Quit);
        assert_eq!(heard(&mut second).await, ToWorker::Stop);
        let nobody = port.listener.send("lo_3", &ToWorker::Stop);
        assert_eq!(nobody, Err(SendError::NotConnected));
    }
}

#[tokio::test]
async fn a_large_message_arrives_whole() {
    for mut port in Port::both().await {
        let link = port.join("lo_1").await;
        let bytes = vec![7; MAX_FRAME_BYTES / 2];
        link.send(&custom("large", bytes.clone())).unwrap();
        match port.next().await {
            Event::Message { envelope, .. } => {
                assert_eq!(envelope.message, custom("large", Value::Binary(bytes)));
            }
            other => panic!("not a message: {other:?}"),
        }
        let too_long = link.send(&custom("x", vec![7; MAX_FRAME_BYTES]));
        assert!(matches!(too_long, Err(SendError::TooLong(_))));
    }
}

#[tokio::test]
async fn the_master_learns_that_a_worker_is_gone_and_the_worker_that_the_master_is() {
    for mut port in Port::both().await {
        let link = port.join("lo_1").await;
        let mut other = port.join("lo_2").await;
        drop(link);
        match port.next().await {
            Event::Lost { node_id, loss } => {
                assert_eq!(&*node_id, "lo_1");
                assert!(matches!(loss, Loss::Closed | Loss::Io(_)), "{loss:?}");
            }
            other => panic!("not a loss: {other:?}"),
        }
        assert_eq!(port.listener.connected(), 1);
        drop(port);
        lost(&mut other).await;
    }
}

#[tokio::test]
async fn the_last_words_of_a_worker_are_delivered() {
    for mut port in Port::both().await {
        let link = port.join("lo_1").await;
        for number in 0..100 {
            link.send(&custom(&number.to_string(), vec![0; 10_000]))
                .unwrap();
        }
        link.send(&ToMaster::Quit).unwrap();
        let closing = tokio::spawn(link.close(LIMIT));
        for number in 0..100 {
            assert_eq!(port.said().await.1, number.to_string());
        }
        let quit = port.next().await;
        assert!(matches!(quit, Event::Message { .. }), "{quit:?}");
        let loss = port.next().await;
        assert!(matches!(loss, Event::Lost { .. }), "{loss:?}");
        assert!(closing.await.unwrap(), "the master has seen the end");
    }
}

#[tokio::test]
async fn the_last_words_of_a_master_are_delivered() {
    for mut port in Port::both().await {
        let mut link = port.join("lo_1").await;
        port.listener.send("lo_1", &ToWorker::Quit).unwrap();
        let closing = tokio::spawn(port.listener.close(LIMIT));
        assert_eq!(heard(&mut link).await, ToWorker::Quit);
        lost(&mut link).await;
        drop(link);
        within("the end of the listener", closing).await.unwrap();
    }
}

#[tokio::test]
async fn a_worker_comes_back_with_its_node_id() {
    for mut port in Port::both().await {
        for _ in 0..20 {
            let link = port.join("lo_1").await;
            assert!(link.close(LIMIT).await);
            let loss = port.next().await;
            assert!(matches!(loss, Event::Lost { .. }), "{loss:?}");
        }
    }
}

#[tokio::test]
async fn a_second_worker_of_the_same_id_is_refused_while_the_first_lives() {
    let mut port = Port::invited().await;
    let link = port.join("lo_1").await;
    let error = Link::connect(&port.master(), "lo_1").await.unwrap_err();
    assert!(matches!(error, JoinError::Refused { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("a worker `lo_1` is connected already")
    );
    assert_eq!(port.listener.refusals().duplicate, 1);
    link.send(&custom("still here", Value::Nil)).unwrap();
    assert_eq!(port.said().await.1, "still here");
}

#[tokio::test]
async fn a_dismissed_worker_is_cut_off() {
    for mut port in Port::both().await {
        let mut link = port.join("lo_1").await;
        assert!(port.listener.dismiss("lo_1"));
        assert!(!port.listener.dismiss("lo_1"));
        let loss = port.next().await;
        assert!(
            matches!(
                loss,
                Event::Lost {
                    loss: Loss::Dismissed,
                    ..
                }
            ),
            "{loss:?}"
        );
        lost(&mut link).await;
    }
}

#[tokio::test]
async fn a_worker_is_dismissed_while_events_wait() {
    for mut port in Port::both().await {
        let link = port.join("talkative").await;
        // More than wait anywhere: the master does not listen, so the worker cannot get rid of all.
        let talking = tokio::spawn(async move {
            while link.send(&custom("word", Value::Nil)) != Err(SendError::NotConnected) {
                tokio::task::yield_now().await;
            }
        });
        for _ in 0..20_000 {
            tokio::task::yield_now().await;
        }
        assert!(port.listener.dismiss("talkative"));
        let mut waited = 0;
        let last = loop {
            match port.next().await {
                Event::Message { .. } => waited += 1,
                other => break other,
            }
        };
        assert!(matches!(last, Event::Lost { .. }), "{last:?}");
        assert!(waited >= 4096, "{waited} events are as many as can wait");
        within("the end of the worker", talking).await.unwrap();
    }
}

#[tokio::test]
async fn messages_for_a_worker_that_does_not_read_are_limited() {
    for mut port in Port::both().await {
        // What the kernel and the inbox of the link take is not counted; bytes are soon too many.
        let _link = port.join("lo_1").await;
        let large = ToWorker::Custom {
            kind: "large".into(),
            data: Value::Binary(vec![0; 8 << 20]),
        };
        let results: Vec<_> = (0..20)
            .map(|_| port.listener.send("lo_1", &large))
            .collect();
        assert_eq!(results.last(), Some(&Err(SendError::Full)));
    }
    let mut port = Port::open().await;
    let _link = port.join("lo_1").await;
    let results: Vec<_> = (0..=MAX_WAITING_MESSAGES)
        .map(|_| port.listener.send("lo_1", &ToWorker::Heartbeat))
        .collect();
    assert_eq!(results.last(), Some(&Err(SendError::Full)));
}

#[tokio::test]
async fn two_hundred_workers_join_at_once() {
    for mut port in Port::both().await {
        let master = port.master();
        let started = std::time::Instant::now();
        let joining: Vec<_> = (0..200)
            .map(|number| {
                let master = master.clone();
                tokio::spawn(async move { Link::connect(&master, &format!("lo_{number}")).await })
            })
            .collect();
        let mut links = Vec::new();
        for task in joining {
            links.push(within("joining", task).await.unwrap().unwrap());
        }
        for _ in 0..200 {
            let joined = port.next().await;
            assert!(matches!(joined, Event::Joined { .. }), "{joined:?}");
        }
        assert_eq!(port.listener.connected(), 200);
        assert_eq!(port.listener.refusals().total(), 0);
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{:?}",
            started.elapsed()
        );
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    use gregaria_runner::wire::{Entrance, Listener};
    let port = Port::open().await;
    let taken = port.address().port();
    let error = Listener::bind(Entrance::Open, "127.0.0.1", taken)
        .await
        .err()
        .unwrap();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("cannot listen for workers on 127.0.0.1:{taken}: ")),
        "{text}"
    );
}

#[tokio::test]
async fn a_master_that_is_not_there_is_named() {
    let master = gregaria_runner::wire::Master::Open {
        host: "127.0.0.1".into(),
        port: 1,
    };
    let error = Link::connect(&master, "lo_1").await.unwrap_err();
    assert!(matches!(error, JoinError::Unreachable { .. }));
    assert!(
        error
            .to_string()
            .starts_with("cannot reach the master at 127.0.0.1:1: ")
    );
}
