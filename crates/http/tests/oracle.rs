//! The same exchange through hyper: both read the same response, or both refuse it.
//!
//! Where the two differ on purpose, [`deliberate`] says so and why.

#[path = "exchange/outcome.rs"]
mod outcome;

use std::cell::Cell;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::rt::{Read, ReadBufCursor, Write};
use outcome::{Outcome, outcome, request};
use proptest::prelude::*;

/// What both parsers make of a response.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Response {
        status: u16,
        headers: Vec<(String, Vec<u8>)>,
        body: Vec<u8>,
    },
    Refused(String),
}

impl Answer {
    /// Levels what has no meaning: headers of different names have no order in hyper, and the end
    /// of a folded line becomes one space in hyper, as many as there were bytes in ours.
    fn settle(&mut self) {
        let Self::Response { headers, .. } = self else {
            return;
        };
        headers.sort_by(|one, other| one.0.cmp(&other.0));
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
        for (_, value) in headers {
            value.dedup_by(|byte, before| is_space(byte) && is_space(before));
            value
                .iter_mut()
                .filter(|byte| is_space(byte))
                .for_each(|byte| *byte = b' ');
        }
    }
}

/// A connection whose peer answers with `bytes`, in slices, once a request has been sent, and then
/// closes.
struct Peer {
    bytes: Vec<u8>,
    at: usize,
    slice: usize,
    has_request: Rc<Cell<bool>>,
}

impl Read for Peer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.has_request.get() {
            return Poll::Pending;
        }
        let take = self
            .slice
            .min(self.bytes.len() - self.at)
            .min(buffer.remaining());
        let at = self.at;
        buffer.put_slice(&self.bytes[at..at + take]);
        self.at += take;
        Poll::Ready(Ok(()))
    }
}

impl Write for Peer {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.has_request.set(true);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs two futures by turns until the first is done. Nothing here waits for anything outside, so
/// a number of turns stands for a limit of time.
fn run<T>(wanted: impl Future<Output = T>, beside: impl Future) -> T {
    let mut context = Context::from_waker(Waker::noop());
    let (mut wanted, mut beside) = (pin!(wanted), pin!(beside));
    let mut beside_is_done = false;
    for _ in 0..1_000_000 {
        if let Poll::Ready(value) = wanted.as_mut().poll(&mut context) {
            return value;
        }
        if !beside_is_done {
            beside_is_done = beside.as_mut().poll(&mut context).is_ready();
        }
    }
    panic!("hyper makes no progress");
}

fn through_hyper(method: &str, bytes: &[u8], slice: usize) -> Answer {
    let peer = Peer {
        bytes: bytes.to_vec(),
        at: 0,
        slice,
        has_request: Rc::default(),
    };
    let (mut sender, connection) = run(
        hyper::client::conn::http1::Builder::new()
            .allow_obsolete_multiline_headers_in_responses(true)
            .handshake(peer),
        std::future::pending::<()>(),
    )
    .expect("a connection");
    let request = hyper::Request::builder()
        .method(method)
        .uri("/")
        .header("host", "shop.test")
        .body(Empty::<Bytes>::new())
        .expect("a request");
    let exchange = async {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect();
        let body = response.into_body().collect().await?.to_bytes().to_vec();
        Ok::<_, hyper::Error>(Answer::Response {
            status,
            headers,
            body,
        })
    };
    let mut answer =
        run(exchange, connection).unwrap_or_else(|error| Answer::Refused(format!("{error:?}")));
    answer.settle();
    answer
}

fn through_ours(method: &str, bytes: &[u8], slice: usize) -> Answer {
    let mut answer = match outcome(&request(method, false), bytes.chunks(slice)) {
        Outcome::Response {
            status, head, body, ..
        } => Answer::Response {
            status,
            headers: headers_of(&head),
            body,
        },
        other => Answer::Refused(format!("{other:?}")),
    };
    answer.settle();
    answer
}

/// Names in lower case, as hyper gives them.
fn headers_of(head: &[u8]) -> Vec<(String, Vec<u8>)> {
    let lines = head.split(|&byte| byte == b'\n').skip(1);
    lines
        .filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
            Some((name, line[colon + 1..].trim_ascii().to_vec()))
        })
        .collect()
}

/// Why the two may differ on this response.
fn deliberate(ours: &Answer, hypers: &Answer) -> Option<&'static str> {
    match (ours, hypers) {
        (Answer::Refused(text), Answer::Response { .. }) => [
            // It reads such a body as chunks or until the close, and hands on what it cannot
            // decode. A coding that nobody asked for would be counted as a good response.
            "`Transfer-Encoding` is not `chunked`",
            // It takes a lone LF as the end of a trailer, where it has no effect. We refuse it in
            // all of a chunked body, by one rule.
            "trailer ends without CR",
            // It takes sizes without end, as long as they are zero.
            "chunk extensions and trailers exceed 16 KiB",
        ]
        .into_iter()
        .find(|reason| text.contains(reason)),
        // It parses trailers, and so refuses malformed ones. We skip them: nobody can read them
        // through requests, and the end of the body is beyond doubt.
        (Answer::Response { .. }, Answer::Refused(text)) => {
            let trailers = "Body, Custom { kind: InvalidInput, error: Header";
            text.contains(trailers).then_some(trailers)
        }
        _ => None,
    }
}

fn both_agree(method: &str, bytes: &[u8], slice: usize) {
    let ours = through_ours(method, bytes, slice);
    let hypers = through_hyper(method, bytes, slice);
    let is_agreed = match (&ours, &hypers) {
        (Answer::Refused(_), Answer::Refused(_)) => true,
        (one, other) => one == other || deliberate(one, other).is_some(),
    };
    assert!(
        is_agreed,
        "{method} in slices of {slice}: {}\nours: {ours:?}\nhyper: {hypers:?}",
        bytes.escape_ascii()
    );
}

#[test]
fn both_agree_on_every_seed_of_the_fuzzer() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/response");
    for entry in std::fs::read_dir(folder).expect("a folder of seeds") {
        let bytes = std::fs::read(entry.expect("a readable folder").path()).expect("a seed");
        for method in ["GET", "HEAD", "POST"] {
            for slice in [1, 7, 4096] {
                both_agree(method, bytes.get(2..).unwrap_or_default(), slice);
            }
        }
    }
}

fn header_line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-z][A-Za-z0-9-]{0,8}: [ -~]{0,12}",
        1 => Just("Connection: close".to_owned()),
        1 => Just("Connection: keep-alive".to_owned()),
        1 => Just("X-Empty:".to_owned()),
        1 => Just("X-Folded: a\r\n b".to_owned()),
        1 => "[ -~]{0,12}",
    ]
}

/// How a body is announced; most often once, sometimes in several ways.
fn framing_line() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0..30_u32).prop_map(|length| format!("Content-Length: {length}")),
        4 => Just("Transfer-Encoding: chunked".to_owned()),
        1 => "(Content-Length|content-length): [0-9+, x-]{0,4}",
        1 => "Transfer-Encoding: (chunked|gzip|identity|CHUNKED|chunked, chunked|,chunked)",
    ]
}

fn chunk() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{0,20}".prop_map(|data| format!("{:x}\r\n{data}\r\n", data.len())),
        1 => "[a-z]{1,20}".prop_map(|data| format!("{:X} ;ext=1\r\n{data}\r\n", data.len())),
        1 => Just("0\r\n\r\n".to_owned()),
        1 => Just("0\r\nX-Sum: 1\r\n\r\n".to_owned()),
        1 => "[0-9a-g \t;\r\n]{0,6}",
    ]
}

fn response() -> impl Strategy<Value = Vec<u8>> {
    let status_line = prop_oneof![
        8 => (prop_oneof![Just(200_u16), Just(204), Just(304), Just(404), 200..600_u16], 0..2)
            .prop_map(|(status, minor)| format!("HTTP/1.{minor} {status} Some Reason\r\n")),
        1 => (100..1000_u16).prop_map(|status| format!("HTTP/1.1 {status}\r\n")),
        1 => Just("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n".to_owned()),
        1 => "[ -~\r\n]{0,16}\r\n",
    ];
    let lines = proptest::collection::vec(header_line(), 0..4);
    let framing = proptest::collection::vec(framing_line(), 0..3);
    let body = prop_oneof![
        "[ -~]{0,40}",
        proptest::collection::vec(chunk(), 0..4).prop_map(|chunks| chunks.concat() + "0\r\n\r\n"),
        proptest::collection::vec(chunk(), 0..4).prop_map(|chunks| chunks.concat()),
    ];
    (status_line, lines, framing, body).prop_map(|(mut text, lines, framing, body)| {
        for line in lines.into_iter().chain(framing) {
            text.push_str(&line);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.push_str(&body);
        text.into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn both_agree_on_generated_responses(
        bytes in response(),
        method in prop_oneof![4 => Just("GET"), 1 => Just("HEAD"), 1 => Just("POST")],
        slice in prop_oneof![Just(1_usize), 2..40_usize, Just(8192)],
    ) {
        both_agree(method, &bytes, slice);
    }

    #[test]
    fn both_agree_when_a_byte_is_wrong(
        mut bytes in response(),
        place in any::<prop::sample::Index>(),
        wrong in prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b' '), Just(b':')],
    ) {
        let place = place.index(bytes.len());
        bytes[place] = wrong;
        both_agree("GET", &bytes, 8192);
    }
}
