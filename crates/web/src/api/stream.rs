//! The live stream, and the polling that stands in for it where a proxy holds streams back.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use http_body::Frame;
use serde::Deserialize;
use tokio::sync::{mpsc, watch};

use super::{Json, Query, Refusal};
use crate::guard::Viewer;
use crate::guard::check::session_token;
use crate::live::{Encoded, GZIP_HEAD, Topics, write_event};
use crate::model::{Bye, ByeReason, Delta, Event, Hello, State as RunState};
use crate::server::{App, StreamPlace, page_hash};

/// Silence after which a comment is sent, so that nobody on the way takes the stream for dead.
const SILENCE: Duration = Duration::from_secs(10);

/// What is asked of the stream.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    topics: Option<String>,
    since: Option<u64>,
    /// The run that the page shows. Only the present one is streamed; the page asks for others by
    /// `GET /runs/{run}`.
    #[serde(rename = "run")]
    _run: Option<u64>,
}

/// `GET /stream`: server-sent events.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let topics = topics_of(&wish)?;
    // What a browser sends by itself when it connects again.
    let last_seen = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let takes_gzip = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("gzip"));
    let token = session_token(&headers).map(str::to_owned);
    // One piece on its way to the socket, and one behind it: a viewer that reads slowly holds up its
    // own stream and nothing else.
    let (pieces, receiver) = mpsc::channel(1);
    let teller = Teller {
        place: app.take_stream(),
        app,
        viewer,
        token,
        topics,
        takes_gzip,
        pieces,
    };
    tokio::spawn(teller.tell(last_seen.or(wish.since)));
    let mut response = Response::new(Body::new(Pieces(receiver)));
    let answer = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        answer.insert(name, HeaderValue::from_static(value));
    };
    set(CONTENT_TYPE.as_str(), "text/event-stream");
    set(CACHE_CONTROL.as_str(), "no-store, no-transform");
    set("x-accel-buffering", "no");
    if takes_gzip {
        set(CONTENT_ENCODING.as_str(), "gzip");
    }
    Ok(response)
}

/// `GET /delta`: what the stream would have sent since then.
pub(super) async fn delta(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Query(wish): Query<Wish>,
) -> Result<Json<Delta>, Refusal> {
    let topics = topics_of(&wish)?;
    let hello = hello(&app, &viewer)?;
    let mut events = Vec::new();
    let mut seq = hello.seq;
    let missed = wish.since.and_then(|since| app.feed.since(since));
    match missed {
        Some(slots) => {
            if let Some(last) = slots.last() {
                seq = last.seq();
            }
            events.extend(slots.iter().flat_map(|slot| slot.events(topics)));
        }
        None => {
            if let Some(snapshot) = app.feed.snapshot(topics) {
                seq = snapshot.seq;
                events.push(Event::Hello(Box::new(hello)));
                events.push(Event::Snapshot(Box::new(snapshot)));
            }
        }
    }
    Ok(Json(Delta { seq, events }))
}

fn topics_of(wish: &Wish) -> Result<Topics, Refusal> {
    Topics::parse(wish.topics.as_deref())
        .map_err(|error| Refusal::invalid(&error.to_string()).about("topics"))
}

/// Who serves; a refusal before the first view.
fn hello(app: &App, viewer: &Viewer) -> Result<Hello, Refusal> {
    let (seq, state, cloud) = {
        let board = app.feed.board();
        (board.seq(), board.state().cloned(), board.cloud().cloned())
    };
    let state: RunState = state.ok_or_else(not_ready)?;
    Ok(Hello {
        instance: app.instance.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        page: page_hash(),
        seq,
        now: crate::server::now(),
        session: super::session::session_of(app, viewer),
        state,
        cloud,
    })
}

/// Nothing has been published yet.
pub(crate) fn not_ready() -> Refusal {
    Refusal::new(
        axum::http::StatusCode::SERVICE_UNAVAILABLE,
        "not_ready",
        "the test is being loaded",
    )
}

/// Writes one stream.
struct Teller {
    app: Arc<App>,
    place: Option<StreamPlace>,
    viewer: Viewer,
    token: Option<String>,
    topics: Topics,
    takes_gzip: bool,
    pieces: mpsc::Sender<Bytes>,
}

/// The viewer has gone.
struct Gone;

impl Teller {
    async fn tell(self, since: Option<u64>) {
        // An error means that nobody listens any more.
        let _ = self.tell_all(since).await;
    }

    async fn tell_all(&self, since: Option<u64>) -> Result<(), Gone> {
        if self.takes_gzip {
            self.send(Bytes::from_static(GZIP_HEAD)).await?;
        }
        if self.place.is_none() {
            return self.say_bye(ByeReason::Crowded).await;
        }
        let mut seconds = self.app.feed.seconds();
        let mut ending = self.app.ending.clone();
        let mut since = since;
        let mut has_greeted = false;
        loop {
            if !self.is_signed_in() {
                return self.say_bye(ByeReason::SignedOut).await;
            }
            if !has_greeted && let Ok(hello) = hello(&self.app, &self.viewer) {
                has_greeted = true;
                self.say(&Event::Hello(Box::new(hello))).await?;
            }
            if has_greeted {
                seconds.borrow_and_update();
                since = self.catch_up(since).await?;
            }
            tokio::select! {
                changed = seconds.changed() => if changed.is_err() {
                    return self.say_bye(ByeReason::ServerEnds).await;
                },
                () = has_ended(&mut ending) => {
                    return self.say_bye(ByeReason::ServerEnds).await;
                }
                () = tokio::time::sleep(SILENCE) => {
                    self.piece(&Encoded::new(":\n\n".to_owned())).await?;
                }
                () = self.pieces.closed() => return Err(Gone),
            }
        }
    }

    /// Sends what was missed, and returns the number of the last second.
    async fn catch_up(&self, since: Option<u64>) -> Result<Option<u64>, Gone> {
        let Some(slots) = since.and_then(|since| self.app.feed.since(since)) else {
            let Some(snapshot) = self.app.feed.snapshot(self.topics) else {
                return Ok(since);
            };
            let seq = snapshot.seq;
            let mut text = String::new();
            write_event(&mut text, &Event::Snapshot(Box::new(snapshot)), Some(seq));
            self.piece(&Encoded::new(text)).await?;
            return Ok(Some(seq));
        };
        let mut last = since;
        for slot in slots {
            self.piece(&slot.encoded(self.topics)).await?;
            last = Some(slot.seq());
        }
        Ok(last)
    }

    /// A stream outlives no session.
    fn is_signed_in(&self) -> bool {
        match (&self.app.guard.login, &self.token) {
            (Some(login), Some(token)) => login.is_session(token, Instant::now()),
            _ => true,
        }
    }

    async fn say(&self, event: &Event) -> Result<(), Gone> {
        let mut text = String::new();
        write_event(&mut text, event, None);
        self.piece(&Encoded::new(text)).await
    }

    async fn say_bye(&self, reason: ByeReason) -> Result<(), Gone> {
        self.say(&Event::Bye(Bye { reason })).await
    }

    async fn piece(&self, encoded: &Encoded) -> Result<(), Gone> {
        let bytes = if self.takes_gzip {
            &encoded.packed
        } else {
            &encoded.plain
        };
        self.send(bytes.clone()).await
    }

    async fn send(&self, bytes: Bytes) -> Result<(), Gone> {
        self.pieces.send(bytes).await.map_err(|_| Gone)
    }
}

/// Returns when the server ends.
async fn has_ended(ending: &mut watch::Receiver<bool>) {
    // An error means that the server is gone already.
    let _ = ending.wait_for(|ended| *ended).await;
}

/// The body of a stream.
struct Pieces(mpsc::Receiver<Bytes>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(context)
            .map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
