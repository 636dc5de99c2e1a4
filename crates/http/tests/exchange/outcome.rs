//! What an exchange comes to, however the bytes of its response are cut.

use std::rc::Rc;

use gregaria_http::h1::{Message, Progress, ProtocolError, State};
use gregaria_http::{HeaderBlock, Method, Origin, Request, Rules, Scheme};

/// The end of an exchange, as its user sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A whole response.
    Response {
        status: u16,
        head: Vec<u8>,
        body: Vec<u8>,
        keeps_alive: bool,
    },
    /// Not a response.
    Refused(ProtocolError),
    /// The peer closed too early: what [`State::received`] says.
    CutOff(u64, u64, bool),
}

/// A request of this method. Its body is streamed or collected.
pub(crate) fn request(method: &str, streams_body: bool) -> Request {
    Request {
        method: Method::new(method),
        origin: Origin {
            scheme: Scheme::Http,
            host: "shop.test".into(),
            port: 80,
        }
        .into(),
        target: "/".into(),
        headers: HeaderBlock::default().into(),
        body: None,
        rules: Rc::new(Rules {
            streams_body,
            ..Rules::default()
        }),
    }
}

/// Sends the request, and receives these slices one after the other and then the end.
///
/// Bytes behind the response end the use of the connection, whether they come with its last slice
/// or after it.
pub(crate) fn outcome<'a>(
    request: &Request,
    slices: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    let mut state = State::default();
    state.start(request, None, &mut Vec::new());
    let mut collected = Collected::default();
    for slice in slices {
        if collected.is_done {
            collected.keeps_alive &= slice.is_empty();
            continue;
        }
        let mut input = slice;
        while !collected.is_done {
            match state.receive(input) {
                Ok(Progress::More) => break,
                Ok(progress) => collected.add(progress),
                Err(error) => return Outcome::Refused(error),
            }
            input = &[];
        }
    }
    while !collected.is_done {
        match state.end() {
            Ok(Progress::More) => {
                let (received, announced, has_begun) = state.received();
                return Outcome::CutOff(received, announced, has_begun);
            }
            Ok(progress) => collected.add(progress),
            Err(error) => return Outcome::Refused(error),
        }
    }
    let Collected {
        status,
        head,
        body,
        keeps_alive,
        ..
    } = collected;
    Outcome::Response {
        status,
        head,
        body,
        keeps_alive,
    }
}

#[derive(Default)]
struct Collected {
    status: u16,
    head: Vec<u8>,
    body: Vec<u8>,
    keeps_alive: bool,
    is_done: bool,
}

impl Collected {
    fn add(&mut self, progress: Progress) {
        match progress {
            Progress::More => {}
            Progress::Done(message) => {
                self.keep_head(&message);
                self.is_done = true;
            }
            Progress::Head(message) => self.keep_head(&message),
            Progress::Piece(piece) => {
                assert!(!piece.is_empty(), "a piece is never empty");
                self.body.extend_from_slice(&piece);
            }
            Progress::End { keeps_alive } => {
                self.keeps_alive = keeps_alive;
                self.is_done = true;
            }
        }
    }

    fn keep_head(&mut self, message: &Message) {
        assert!(self.head.is_empty(), "a response has one head");
        let (head, body) = message.head.split_at(message.body_at);
        self.status = message.status;
        self.head.extend_from_slice(head);
        self.body.extend_from_slice(body);
        self.keeps_alive = message.keeps_alive;
    }
}
