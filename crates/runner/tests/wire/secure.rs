//! Who comes in by TLS, and who does not.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gregaria_runner::wire::{Event, JoinError, JoinToken, Link, Loss, Master, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::common::{Port, custom, within};

async fn refusal(port: &Port, token: JoinToken) -> String {
    let mut invitation = port.invitation();
    invitation.token = token;
    let master = Master::Invited(invitation);
    let joined = Link::connect(&master, "lo_1");
    let error = within("an answer", joined).await.unwrap_err();
    assert!(matches!(error, JoinError::Refused { .. }), "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_counted() {
    let port = Port::invited().await;
    let text = refusal(&port, JoinToken::generate(None)).await;
    assert!(
        text.ends_with("the master refuses: the join token is not valid here"),
        "{text}"
    );
    let similar = format!("{}0", port.token.reveal()).parse().unwrap();
    refusal(&port, similar).await;
    assert_eq!(port.listener.refusals().token, 2);
    assert_eq!(port.listener.connected(), 0);
}

#[tokio::test]
async fn an_expired_token_is_refused_and_one_with_a_later_date_is_another() {
    let port = Port::invited().await;
    let past = SystemTime::now() - Duration::from_secs(1);
    let expired = JoinToken::generate(Some(past));
    port.tokens.set([expired.clone()]);
    let text = refusal(&port, expired.clone()).await;
    assert!(text.contains("has expired"), "{text}");
    assert_eq!(port.listener.refusals().expired, 1);

    let (start, secret) = expired.reveal().rsplit_once('-').unwrap();
    let (made_here, _) = start.split_once('-').unwrap();
    let forged = format!("{made_here}-never-{secret}").parse().unwrap();
    let text = refusal(&port, forged).await;
    assert!(text.contains("not valid here"), "{text}");
}

#[tokio::test]
async fn a_revoked_token_lets_nobody_in_and_those_inside_can_be_sent_away() {
    let mut port = Port::invited().await;
    let revoked = port.token.clone();
    let _first = port.join("lo_1").await;
    let kept = JoinToken::generate(None);
    port.tokens.set([kept.clone()]);
    port.token = kept;
    let second = port.join("lo_2").await;
    refusal(&port, revoked).await;

    assert_eq!(port.listener.revoked(), [Arc::from("lo_1")]);
    let dismissed = port.listener.dismiss_revoked();
    assert_eq!(dismissed, [Arc::from("lo_1")]);
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
    second.send(&custom("still here", Value::Nil)).unwrap();
    assert_eq!(port.said().await.1, "still here");
}

#[tokio::test]
async fn a_token_that_expires_leaves_those_inside_where_they_are() {
    let mut port = Port::invited().await;
    let token = JoinToken::generate(Some(SystemTime::now() + Duration::from_secs(2)));
    port.tokens.set([token.clone()]);
    port.token = token.clone();
    let _inside = port.join("lo_1").await;
    let expired = token.expires_at().unwrap();
    tokio::time::timeout(Duration::from_secs(10), async {
        while SystemTime::now() < expired {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    let text = refusal(&port, token).await;
    assert!(text.contains("has expired"), "{text}");
    assert!(port.listener.revoked().is_empty());
}

#[tokio::test]
async fn a_worker_tells_nothing_to_a_master_with_another_certificate() {
    let port = Port::invited().await;
    let mut invitation = port.invitation();
    invitation.fingerprint = "00".repeat(32).parse().unwrap();
    let error = Link::connect(&Master::Invited(invitation), "lo_1")
        .await
        .unwrap_err();
    assert!(matches!(error, JoinError::Refused { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("is not the one with the fingerprint 0000"),
        "{error}"
    );
    port.refused(1).await;
    let refusals = port.listener.refusals();
    assert_eq!(
        (refusals.broken, refusals.token),
        (1, 0),
        "it ends before any token is shown"
    );
}

/// Joins through a proxy that keeps what the worker sends.
async fn recorded_join(port: &mut Port) -> (Link, Vec<u8>) {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut invitation = port.invitation();
    invitation.port = proxy.local_addr().unwrap().port();
    let address = port.address();
    let (done, recording) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (worker, _) = proxy.accept().await.unwrap();
        let (mut from_worker, mut to_worker) = worker.into_split();
        let (mut from_master, mut to_master) =
            TcpStream::connect(address).await.unwrap().into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_master, &mut to_worker).await });
        let mut kept = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(bytes @ 1..) = from_worker.read(&mut piece).await {
            kept.extend(&piece[..bytes]);
            to_master.write_all(&piece[..bytes]).await.unwrap();
        }
        let _ = done.send(kept);
    });
    let link = Link::connect(&Master::Invited(invitation), "lo_1")
        .await
        .unwrap();
    let joined = port.next().await;
    assert!(matches!(joined, Event::Joined { .. }), "{joined:?}");
    link.close(Duration::from_secs(5)).await;
    let loss = port.next().await;
    assert!(matches!(loss, Event::Lost { .. }), "{loss:?}");
    (port.join("lo_2").await, recording.await.unwrap())
}

#[tokio::test]
async fn a_recording_of_a_connection_opens_no_other() {
    let mut port = Port::invited().await;
    let (_link, recording) = recorded_join(&mut port).await;
    assert!(recording.len() > 300, "a hello and more was sent");
    let secret = port.token.reveal().as_bytes();
    assert!(!recording.windows(secret.len()).any(|bytes| bytes == secret));
    let mut replay = TcpStream::connect(port.address()).await.unwrap();
    replay.write_all(&recording).await.unwrap();
    port.refused(1).await;
    assert_eq!(port.listener.connected(), 1);
}

#[tokio::test]
async fn locusts_protocol_is_not_spoken_within() {
    let port = Port::invited().await;
    let open = Master::Open {
        host: "127.0.0.1".into(),
        port: port.address().port(),
    };
    let error = Link::connect(&open, "lo_1").await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot join the master at 127.0.0.1:"),
        "{error}"
    );
    let open = Port::open().await;
    let mut invitation = port.invitation();
    invitation.port = open.address().port();
    let error = Link::connect(&Master::Invited(invitation), "lo_1")
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot join the master at 127.0.0.1:"),
        "{error}"
    );
}
