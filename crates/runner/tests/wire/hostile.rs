//! Whoever reaches the port may send what he likes: nobody else notices.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gregaria_runner::wire::{
    CorruptFrame, DecodeError, Event, FramingError, HANDSHAKE_TIMEOUT, JoinToken, Link, Loss,
    MAX_FRAME_BYTES, MAX_HANDSHAKES, Master, Refusals, ToMaster, ToWorker, Value, encode,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{Port, custom, heard, within};

/// What libzmq's DEALER begins with, as far as a peer of 3.0 sees it.
fn greeting() -> Vec<u8> {
    let mut greeting = vec![0; 64];
    greeting[0] = 0xff;
    greeting[8..11].copy_from_slice(&[1, 0x7f, 3]);
    greeting[12..16].copy_from_slice(b"NULL");
    greeting
}

fn ready(socket_type: &str, identity: &[u8]) -> Vec<u8> {
    let mut body = b"\x05READY".to_vec();
    for (name, value) in [
        ("Socket-Type", socket_type.as_bytes()),
        ("Identity", identity),
    ] {
        body.push(u8::try_from(name.len()).unwrap());
        body.extend(name.bytes());
        body.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
        body.extend(value);
    }
    let mut command = match u8::try_from(body.len()) {
        Ok(length) => vec![4, length],
        Err(_) => [&[6][..], &(body.len() as u64).to_be_bytes()].concat(),
    };
    command.extend(body);
    command
}

/// A frame as libzmq sends it.
fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = match u8::try_from(message.len()) {
        Ok(length) => vec![0, length],
        Err(_) => [&[2][..], &(message.len() as u64).to_be_bytes()].concat(),
    };
    frame.extend(message);
    frame
}

async fn send_raw(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The other side may have closed before it has read all of it.
    let _ = stream.write_all(bytes).await;
    stream
}

/// A peer that has joined by hand.
async fn raw_peer(port: &mut Port, node_id: &str) -> TcpStream {
    let hello = [greeting(), ready("DEALER", node_id.as_bytes())].concat();
    let stream = send_raw(port.address(), &hello).await;
    let joined = port.next().await;
    assert!(matches!(joined, Event::Joined { .. }), "{joined:?}");
    stream
}

/// A good worker is there before and after.
async fn is_undisturbed(port: &mut Port, good: &mut Link) {
    good.send(&custom("still here", Value::Nil)).unwrap();
    assert_eq!(
        port.said().await,
        (good.node_id().to_owned(), "still here".into())
    );
    port.listener
        .send(good.node_id(), &ToWorker::Heartbeat)
        .unwrap();
    assert_eq!(heard(good).await, ToWorker::Heartbeat);
}

#[tokio::test]
async fn words_that_are_no_handshake_are_refused() {
    let mut other_mechanism = greeting();
    other_mechanism[12..17].copy_from_slice(b"PLAIN");
    let mut old = greeting();
    old[10] = 1;
    let whole = |socket_type, identity: &[u8]| [greeting(), ready(socket_type, identity)].concat();
    let unknown_command = [greeting(), b"\x04\x06\x05ERROR".to_vec()].concat();
    let endless_ready = [greeting(), b"\x06\0\0\0\0\x80\0\0\0".to_vec()].concat();
    let message_first = [greeting(), frame(b"message")].concat();
    let truncated_ready = [greeting(), b"\x04\x0a\x05READY\xff\x00\x00\x00".to_vec()].concat();
    let hellos: Vec<Vec<u8>> = vec![
        vec![0; 64],
        b"GET / HTTP/1.1\r\nHost: master\r\nUser-Agent: somebody who is curious\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20),
        other_mechanism,
        old,
        whole("REQ", b"lo_1"),
        whole("PUB", b"lo_1"),
        whole("DEALER", b""),
        whole("DEALER", b"line\nfeed"),
        whole("DEALER", b"\xff\xfe"),
        whole("DEALER", &[b'x'; 256]),
        unknown_command,
        endless_ready,
        message_first,
        truncated_ready,
    ];
    for mut port in Port::both().await {
        let mut good = port.join("good").await;
        for (number, hello) in hellos.iter().enumerate() {
            // Some wait for more, so the end is announced.
            let mut stream = send_raw(port.address(), hello).await;
            let _ = stream.shutdown().await;
            port.refused(number as u64 + 1).await;
        }
        assert_eq!(port.listener.connected(), 1);
        is_undisturbed(&mut port, &mut good).await;
    }
}

#[tokio::test]
async fn a_handshake_cut_anywhere_leaves_nothing_behind() {
    let mut port = Port::open().await;
    let mut good = port.join("good").await;
    let hello = [greeting(), ready("DEALER", b"lo_1")].concat();
    for end in 0..hello.len() {
        drop(send_raw(port.address(), &hello[..end]).await);
        port.refused(end as u64 + 1).await;
    }
    assert_eq!(port.listener.connected(), 1);
    is_undisturbed(&mut port, &mut good).await;
}

#[tokio::test]
async fn an_announced_frame_of_any_size_costs_nothing() {
    let mut port = Port::open().await;
    let mut good = port.join("good").await;
    for length in [MAX_FRAME_BYTES as u64 + 1, 1 << 34, 1 << 46, u64::MAX] {
        let mut stream = raw_peer(&mut port, "lo_1").await;
        let header = [&[2][..], &length.to_be_bytes()].concat();
        stream.write_all(&header).await.unwrap();
        match port.next().await {
            Event::Lost {
                loss: Loss::Framing(FramingError::TooLong { bytes, .. }),
                ..
            } => assert_eq!(bytes, length),
            other => panic!("not a loss: {other:?}"),
        }
    }
    is_undisturbed(&mut port, &mut good).await;
}

#[tokio::test]
async fn a_corrupt_frame_is_reported_and_the_next_one_is_read() {
    let mut port = Port::open().await;
    let mut stream = raw_peer(&mut port, "lo_1").await;
    let whole = encode(&custom("x", vec![Value::Nil; 3]), "lo_1");
    let cut = &whole[..whole.len() - 1];
    let parts = [b"\x01\x00".to_vec(), frame(&whole)].concat();
    let longer = [&whole[..], b"\0\x01"].concat();
    for (bytes, expected) in [
        (frame(cut), CorruptFrame::Truncated),
        (frame(b""), CorruptFrame::Truncated),
        (frame(&longer), CorruptFrame::Trailing(2)),
        (frame(b"\xc0"), CorruptFrame::Shape),
        (parts, CorruptFrame::Multipart),
    ] {
        stream.write_all(&bytes).await.unwrap();
        match port.next().await {
            Event::Unreadable { node_id, error } => {
                assert_eq!(&*node_id, "lo_1");
                assert_eq!(error, DecodeError::Corrupt(expected));
            }
            other => panic!("not a corrupt frame: {other:?}"),
        }
    }
    stream.write_all(&frame(&whole)).await.unwrap();
    assert_eq!(port.said().await, ("lo_1".into(), "x".into()));
}

#[tokio::test]
async fn a_connection_is_named_by_its_identity_and_not_by_what_it_claims() {
    let mut port = Port::open().await;
    let mut good = port.join("good").await;
    let mut stream = raw_peer(&mut port, "lo_1").await;
    let claim = encode(&ToMaster::Quit, "good");
    stream.write_all(&frame(&claim)).await.unwrap();
    match port.next().await {
        Event::Message { node_id, envelope } => {
            assert_eq!((&*node_id, &*envelope.node_id), ("lo_1", "good"));
        }
        other => panic!("not a message: {other:?}"),
    }
    is_undisturbed(&mut port, &mut good).await;
}

#[tokio::test]
async fn a_namesake_of_a_living_worker_does_not_get_its_messages() {
    let mut port = Port::open().await;
    let mut good = port.join("good").await;
    let hello = [greeting(), ready("DEALER", b"good")].concat();
    let mut stream = send_raw(port.address(), &hello).await;
    let mut received = Vec::new();
    within("the end", stream.read_to_end(&mut received))
        .await
        .unwrap();
    assert_eq!(received.len(), 64, "a greeting and no `READY`");
    assert_eq!(port.listener.refusals().duplicate, 1);
    is_undisturbed(&mut port, &mut good).await;
}

#[tokio::test]
async fn whoever_says_nothing_is_turned_away_in_time() {
    for mut port in Port::both().await {
        let mut good = port.join("good").await;
        let started = Instant::now();
        let mut silent = send_raw(port.address(), b"").await;
        let half = send_raw(port.address(), &greeting()[..30]).await;
        port.refused(2).await;
        assert!(
            started.elapsed() >= HANDSHAKE_TIMEOUT.mul_f64(0.9),
            "{:?}",
            started.elapsed()
        );
        let refusals = port.listener.refusals();
        assert_eq!(refusals.slow + refusals.broken, 2, "{refusals:?}");
        let mut rest = Vec::new();
        within("the end", silent.read_to_end(&mut rest))
            .await
            .unwrap();
        drop(half);
        is_undisturbed(&mut port, &mut good).await;
    }
}

/// Descriptors this process may have: each connection takes two of them here.
fn descriptors() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    line.split_whitespace()
        .nth(3)
        .unwrap()
        .parse()
        .unwrap_or(usize::MAX)
}

#[tokio::test]
async fn a_crowd_at_the_door_does_not_keep_a_worker_out() {
    // Without enough descriptors the listener meets the same end another way: the oldest go.
    let crowd = (MAX_HANDSHAKES + 50).min(descriptors().saturating_sub(60));
    for mut port in Port::both().await {
        let mut good = port.join("good").await;
        let mut held = Vec::new();
        for _ in 0..crowd / 2 {
            held.push(send_raw(port.address(), b"").await);
        }
        let late = port.join("late").await;
        assert_eq!(late.node_id(), "late");
        is_undisturbed(&mut port, &mut good).await;
        if crowd > MAX_HANDSHAKES && descriptors() > 3 * MAX_HANDSHAKES {
            for _ in 0..crowd / 2 + 50 {
                held.push(send_raw(port.address(), b"").await);
            }
            port.refused(1).await;
            assert!(port.listener.refusals().crowded > 0);
            is_undisturbed(&mut port, &mut good).await;
        }
    }
}

/// One bad connection of several kinds.
async fn misbehave(address: SocketAddr, master: &Master, number: usize) {
    match number % 4 {
        0 => drop(send_raw(address, b"GET / HTTP/1.1\r\n\r\n").await),
        1 => drop(send_raw(address, &greeting()).await),
        2 => drop(send_raw(address, &[number.to_le_bytes()[0]; 300]).await),
        _ => drop(Link::connect(master, "good").await),
    }
}

/// Opens bad connections as fast as they are taken, on a thread of its own.
fn flood(port: &Port, count: usize) -> std::thread::JoinHandle<Duration> {
    const AT_A_TIME: usize = 16;
    let address = port.address();
    let mut wrong = port.invitation();
    wrong.token = JoinToken::generate(None);
    let master = match port.master() {
        Master::Invited(_) => Master::Invited(wrong),
        open @ Master::Open { .. } => open,
    };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let started = Instant::now();
        runtime.block_on(async {
            let attackers = (0..AT_A_TIME).map(|first| {
                let master = master.clone();
                tokio::spawn(async move {
                    for number in (first..count).step_by(AT_A_TIME) {
                        misbehave(address, &master, number / AT_A_TIME).await;
                    }
                })
            });
            for attacker in attackers.collect::<Vec<_>>() {
                attacker.await.unwrap();
            }
        });
        started.elapsed()
    })
}

/// CPU time of this thread: of the master and of the good worker.
fn cpu_time() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(statistics.split(' ').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_flood_of_bad_connections_does_not_disturb_a_worker() {
    const BAD: usize = 3200;
    for mut port in Port::both().await {
        let mut good = port.join("good").await;
        let flooding = flood(&port, BAD);
        let cpu_before = cpu_time();
        let mut longest = Duration::ZERO;
        while !flooding.is_finished() {
            let started = Instant::now();
            is_undisturbed(&mut port, &mut good).await;
            longest = longest.max(started.elapsed());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let elapsed = flooding.join().unwrap();
        port.refused(BAD as u64).await;
        let cpu = cpu_time().saturating_sub(cpu_before);
        assert_eq!(port.listener.connected(), 1);
        assert!(
            longest < Duration::from_secs(1),
            "an answer took {longest:?}"
        );
        let Refusals {
            token, duplicate, ..
        } = port.listener.refusals();
        assert_eq!(token + duplicate, BAD as u64 / 4);
        #[expect(clippy::print_stderr, reason = "figures for people")]
        {
            let rate = BAD as f64 / elapsed.as_secs_f64();
            let cost = cpu / u32::try_from(BAD).unwrap();
            eprintln!(
                "{rate:.0} bad connections a second, {cost:?} of CPU for each; longest answer {longest:?}"
            );
        }
    }
}
