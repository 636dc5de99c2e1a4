//! What the tests of an exchange begin with.

use std::rc::Rc;
use std::sync::Arc;

use gregaria_http::h1::{Message, Progress, ProtocolError, State};
use gregaria_http::{HeaderBlock, Method, Origin, Request, Rules, Scheme};

/// A request without a body.
pub(crate) fn request(method: &str) -> Request {
    Request {
        method: Method::new(method),
        origin: Arc::new(Origin {
            scheme: Scheme::Http,
            host: "shop.test".into(),
            port: 80,
        }),
        target: "/cart?id=1".into(),
        headers: HeaderBlock::default().into(),
        body: None,
        rules: Rc::new(Rules::default()),
    }
}

/// Header lines.
pub(crate) fn headers(lines: &[(&str, &str)]) -> HeaderBlock {
    let mut block = HeaderBlock::default();
    for (name, value) in lines {
        block
            .push(name.as_bytes(), value.as_bytes())
            .expect("a valid header");
    }
    block
}

/// A connection on which this request has been sent.
pub(crate) fn sent(request: &Request) -> State {
    let mut state = State::default();
    state.start(request, None, &mut Vec::new());
    state
}

/// A connection on which a GET has been sent.
pub(crate) fn waiting() -> State {
    sent(&request("GET"))
}

/// The response that these bytes are, in one slice.
pub(crate) fn response(bytes: &[u8]) -> Message {
    match waiting().receive(bytes) {
        Ok(Progress::Done(message)) => message,
        other => panic!("not a whole response: {other:?}"),
    }
}

/// The error that these bytes are.
pub(crate) fn refusal(bytes: &[u8]) -> ProtocolError {
    match waiting().receive(bytes) {
        Err(error) => error,
        Ok(other) => panic!("not refused: {other:?}"),
    }
}

/// The body of a response.
pub(crate) fn body(message: &Message) -> &[u8] {
    &message.head[message.body_at..]
}
