//! Any bytes may come as a response: nothing panics or hangs, and the outcome does not depend on
//! how the bytes are cut or whether the body is streamed.
//!
//! The first two bytes of an input say which method was sent and where the rest is cut in two.

#![no_main]

use gregaria_http::h1::ProtocolError;
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/exchange/outcome.rs"]
mod outcome;

use outcome::{Outcome, outcome, request};

fuzz_target!(|input: &[u8]| {
    let Some((&[first, second], bytes)) = input.split_first_chunk() else {
        return;
    };
    let method = ["GET", "HEAD", "POST", "CONNECT"][usize::from(first % 4)];
    let request_whole = request(method, false);
    let whole = outcome(&request_whole, [bytes]);
    let cut = (usize::from(first / 4) * 256 + usize::from(second)) % (bytes.len() + 1);
    let (before, after) = bytes.split_at(cut);
    assert_eq!(whole, outcome(&request_whole, [before, after]), "cut at {cut}");
    assert_eq!(whole, outcome(&request_whole, bytes.chunks(1)), "cut everywhere");
    // A streamed body may be of any size.
    if !matches!(whole, Outcome::Refused(ProtocolError::BodyTooLarge { .. })) {
        let streamed = outcome(&request(method, true), [before, after]);
        assert_eq!(whole, streamed, "streamed, cut at {cut}");
    }
    if let Outcome::Response { head, body, .. } = whole {
        assert!(head.len() + body.len() <= bytes.len(), "nothing is made up");
    }
});
