//! HTTP/1.1 byte by byte: how a response is cut does not matter, and nothing that may come makes
//! the parser panic or hang.

#[path = "exchange/outcome.rs"]
mod outcome;

use std::path::Path;

use gregaria_http::h1::ProtocolError;
use outcome::{Outcome, outcome, request};
use proptest::prelude::*;

const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "CONNECT"];

/// The fuzzer's seeds, without the two bytes in front that are not part of a response. Inputs that
/// once broke something are among them.
fn recordings() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/response");
    let mut recordings: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder of seeds")
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let bytes = std::fs::read(&path).expect("a readable seed");
            (
                path.display().to_string(),
                bytes.get(2..).unwrap_or_default().to_vec(),
            )
        })
        .collect();
    recordings.sort();
    recordings
}

/// Every way to receive `bytes` in two slices, and one byte at a time, comes to the same.
fn cuts_agree(method: &str, bytes: &[u8], name: &str) {
    let whole = outcome(&request(method, false), [bytes]);
    // A streamed body may be of any size, so it is not compared with one that was too large.
    let is_too_large = matches!(whole, Outcome::Refused(ProtocolError::BodyTooLarge { .. }));
    for streams in [false, true] {
        if streams && is_too_large {
            continue;
        }
        let request = request(method, streams);
        let shown = format!("{name}: {method}, streamed: {streams}");
        for cut in 0..=bytes.len() {
            let (before, after) = bytes.split_at(cut);
            assert_eq!(
                outcome(&request, [before, after]),
                whole,
                "{shown}, cut at {cut}"
            );
        }
        assert_eq!(
            outcome(&request, bytes.chunks(1)),
            whole,
            "{shown}, each byte alone"
        );
    }
}

#[test]
fn a_recording_cut_at_every_place_comes_to_the_same() {
    let recordings = recordings();
    assert!(recordings.len() >= 20, "the seeds are there");
    for (name, bytes) in recordings {
        for method in METHODS {
            cuts_agree(method, &bytes, &name);
        }
    }
}

#[test]
fn a_response_that_ends_too_early_is_never_taken_for_a_whole_one() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ] {
        for end in 0..bytes.len() {
            let cut_off = outcome(&request("GET", false), [&bytes[..end]]);
            assert!(matches!(cut_off, Outcome::CutOff(..)), "{end}: {cut_off:?}");
        }
    }
}

/// Pieces that responses are made of, in any order and with anything between them.
fn scrap() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Just(b"HTTP/1.0 404 Not Found\n".to_vec()),
        Just(b"HTTP/1.1 100 \r\n\r\n".to_vec()),
        Just(b"Content-Length: 3\r\n".to_vec()),
        Just(b"Content-Length: 4\r\n".to_vec()),
        Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        Just(b"Connection: close\r\n".to_vec()),
        Just(b"X: a\r\n b\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"3\r\nabc\r\n".to_vec()),
        Just(b"0\r\n\r\n".to_vec()),
        Just(b"abc".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_bytes_are_cut_anywhere_without_a_difference(
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
        method in 0..METHODS.len(),
    ) {
        cuts_agree(METHODS[method], &bytes, "random");
    }

    #[test]
    fn scraps_of_responses_are_cut_anywhere_without_a_difference(
        scraps in proptest::collection::vec(scrap(), 0..8),
        begins_well in any::<bool>(),
        method in 0..METHODS.len(),
    ) {
        let begin: &[u8] = if begins_well { b"HTTP/1.1 200 OK\r\n" } else { b"" };
        cuts_agree(METHODS[method], &[begin, &scraps.concat()].concat(), "scraps");
    }

    #[test]
    fn a_body_of_any_bytes_comes_out_as_it_was_sent(
        body in proptest::collection::vec(any::<u8>(), 0..5000),
        sizes in proptest::collection::vec(1..900_usize, 1..8),
        slice in 1..3000_usize,
        frame in 0..3,
    ) {
        let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
        match frame {
            0 => bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes()),
            1 => bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n"),
            _ => bytes.extend(b"\r\n"),
        }
        if frame == 1 {
            let mut rest = &body[..];
            for size in sizes.iter().cycle() {
                let (chunk, next) = rest.split_at(rest.len().min(*size));
                bytes.extend(format!("{:X}\r\n", chunk.len()).bytes());
                bytes.extend(chunk);
                bytes.extend(b"\r\n");
                rest = next;
                if chunk.is_empty() {
                    break;
                }
            }
        } else {
            bytes.extend(&body);
        }
        for streams in [false, true] {
            match outcome(&request("GET", streams), bytes.chunks(slice)) {
                Outcome::Response { body: received, keeps_alive, .. } => {
                    prop_assert_eq!(&received, &body);
                    prop_assert_eq!(keeps_alive, frame != 2);
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
