//! What a response amounts to.

use std::rc::Rc;

use gregaria_http::Rules;
use gregaria_http::h1::{
    MAX_HEAD_BYTES, MAX_HEADER_LINES, Message, Progress, ProtocolError, State,
};

use super::given::{body, headers, refusal, request, response, sent, waiting};

fn done(progress: Result<Progress, ProtocolError>) -> Message {
    match progress {
        Ok(Progress::Done(message)) => message,
        other => panic!("not done: {other:?}"),
    }
}

fn needs_more(progress: &Result<Progress, ProtocolError>) -> bool {
    matches!(progress, Ok(Progress::More))
}

#[test]
fn a_response_in_one_slice_is_done_at_once() {
    let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let message = response(bytes);
    assert_eq!(message.status, 200);
    assert_eq!(&*message.head, bytes);
    assert_eq!(body(&message), b"hello");
    assert!(message.keeps_alive);
}

#[test]
fn a_body_may_come_later_than_its_head() {
    let mut state = waiting();
    assert!(needs_more(
        &state.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
    ));
    assert_eq!(state.received(), (2, 5, true));
    let message = done(state.receive(b"llo"));
    assert_eq!(body(&message), b"hello");
    assert!(message.keeps_alive);
    assert!(state.is_idle());
}

#[test]
fn a_connection_serves_one_exchange_after_another() {
    let mut state = State::default();
    for number in 0..3 {
        state.start(&request("GET"), None, &mut Vec::new());
        let bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}");
        assert_eq!(
            body(&done(state.receive(bytes.as_bytes()))),
            number.to_string().as_bytes()
        );
    }
}

#[test]
fn chunks_are_put_together() {
    let message = response(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;a=\"b\"\r\n, world\r\n\
          00\r\nX-Sum: 1\r\n\r\n",
    );
    assert_eq!(body(&message), b"hello, world");
    assert!(message.keeps_alive);
}

#[test]
fn without_a_length_the_body_lasts_until_the_peer_closes() {
    let mut state = waiting();
    assert!(needs_more(
        &state.receive(b"HTTP/1.1 200 OK\r\n\r\nhello, ")
    ));
    assert!(needs_more(&state.receive(b"world")));
    let message = done(state.end());
    assert_eq!(body(&message), b"hello, world");
    assert!(!message.keeps_alive);
}

#[test]
fn some_responses_have_no_body_whatever_their_head_says() {
    for (method, status) in [
        ("HEAD", 200),
        ("GET", 204),
        ("GET", 304),
        ("HEAD", 404),
        ("CONNECT", 200),
    ] {
        let bytes = format!(
            "HTTP/1.1 {status} X\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        let message = done(sent(&request(method)).receive(bytes.as_bytes()));
        assert_eq!(message.body_at, message.head.len(), "{method} {status}");
    }
}

#[test]
fn a_response_to_head_keeps_the_connection_although_its_length_is_unknown() {
    let message = done(sent(&request("HEAD")).receive(b"HTTP/1.1 200 OK\r\n\r\n"));
    assert!(message.keeps_alive);
}

#[test]
fn a_refused_connect_has_a_body() {
    let bytes = b"HTTP/1.1 407 Proxy\r\nContent-Length: 2\r\n\r\nno";
    assert_eq!(body(&done(sent(&request("CONNECT")).receive(bytes))), b"no");
}

#[test]
fn interim_responses_are_passed_over() {
    let message = response(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\
          HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
    );
    assert_eq!(message.status, 201);
    assert!(message.head.starts_with(b"HTTP/1.1 201 Created\r\n"));
    assert_eq!(body(&message), b"ok");
}

#[test]
fn an_interim_response_alone_is_a_beginning() {
    let mut state = waiting();
    assert!(needs_more(&state.receive(b"HTTP/1.1 100 Continue\r\n\r\n")));
    assert_eq!(state.received(), (0, 0, true));
    assert!(needs_more(&state.end()));
}

#[test]
fn switching_protocols_ends_the_exchange_and_the_use_of_the_connection() {
    let message = response(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x01\x02");
    assert_eq!(message.status, 101);
    assert!(body(&message).is_empty());
    assert!(!message.keeps_alive);
}

#[test]
fn version_and_connection_header_say_whether_another_request_may_follow() {
    for (version, connection, keeps_alive) in [
        ("1.1", "", true),
        ("1.1", "Connection: close\r\n", false),
        ("1.1", "cOnnection:  Upgrade ,CLOSE\r\n", false),
        ("1.1", "Connection: keep-alive\r\n", true),
        ("1.1", "Connection: closed\r\n", true),
        (
            "1.1",
            "Connection: close\r\nConnection: keep-alive\r\n",
            false,
        ),
        ("1.0", "", false),
        ("1.0", "Connection: keep-alive\r\n", true),
        ("1.0", "Connection: Keep-Alive, x\r\n", true),
        ("1.0", "Connection: keep-alive, close\r\n", false),
    ] {
        let bytes = format!("HTTP/{version} 200 OK\r\n{connection}Content-Length: 0\r\n\r\n");
        assert_eq!(
            response(bytes.as_bytes()).keeps_alive,
            keeps_alive,
            "{bytes}"
        );
    }
}

#[test]
fn a_request_that_asks_to_close_ends_the_connection() {
    let mut request = request("GET");
    request.headers = headers(&[("Connection", "TE, close")]).into();
    let message = done(sent(&request).receive(b"HTTP/1.1 204 No Content\r\n\r\n"));
    assert!(!message.keeps_alive);
}

#[test]
fn bytes_behind_a_response_end_the_use_of_the_connection() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n!",
        b"HTTP/1.1 204 No Content\r\n\r\n!",
    ] {
        let message = response(bytes);
        assert!(message.status == 204 || body(&message) == b"ok");
        assert!(!message.keeps_alive);
    }
}

#[test]
fn bytes_on_an_idle_connection_are_refused() {
    let mut state = waiting();
    done(state.receive(b"HTTP/1.1 204 No Content\r\n\r\n"));
    assert_eq!(state.receive(b"!").unwrap_err(), ProtocolError::Leftover);
    assert_eq!(
        State::default().receive(b"x").unwrap_err(),
        ProtocolError::Leftover
    );
}

#[test]
fn what_is_not_http_is_refused_with_its_reason() {
    for (bytes, text) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "not HTTP/1.1 or HTTP/1.0"),
        (b"HTTP/2.0 200 OK\r\n\r\n", "not HTTP/1.1 or HTTP/1.0"),
        (b"<html>", "not HTTP/1.1 or HTTP/1.0"),
        (b"HTTP/1.1 2x0 OK\r\n\r\n", "invalid status line"),
        (b"HTTP/1.1 099 OK\r\n\r\n", "invalid status line"),
        (
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "invalid header name",
        ),
        (
            b"HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
            "invalid header name",
        ),
        (
            b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
            "invalid header name",
        ),
        (
            b"HTTP/1.1 200 OK\r\nName: a\rb\r\n\r\n",
            "invalid header value",
        ),
        (
            b"HTTP/1.1 200 OK\r\nName: a\0b\r\n\r\n",
            "invalid header value",
        ),
    ] {
        assert_eq!(
            refusal(bytes),
            ProtocolError::Head(text),
            "{}",
            bytes.escape_ascii()
        );
    }
}

#[test]
fn a_lone_line_feed_ends_a_line_of_the_head() {
    let message = response(b"HTTP/1.1 200 OK\nContent-Length: 2\nX: y\n\nok");
    assert_eq!(body(&message), b"ok");
}

#[test]
fn empty_lines_before_the_status_line_are_dropped() {
    let message = response(b"\r\n\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(
        &*message.head,
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    );
    assert_eq!(body(&message), b"ok");
    assert!(message.keeps_alive);
}

#[test]
fn a_header_on_two_lines_becomes_one_line() {
    let bytes =
        b"HTTP/1.1 200 OK\r\nX-Long: a\r\n\t b\n c\r\nContent-Length:\r\n 7\r\n\r\n\r\n body";
    let message = response(bytes);
    assert_eq!(
        &*message.head,
        b"HTTP/1.1 200 OK\r\nX-Long: a  \t b  c\r\nContent-Length:   7\r\n\r\n\r\n body"
    );
    assert_eq!(body(&message), b"\r\n body");
}

#[test]
fn lengths_must_agree() {
    for (lines, text) in [
        (
            "Content-Length: 2\r\nContent-Length: 3",
            "`Content-Length` appears with different values",
        ),
        (
            "Content-Length: 2, 3",
            "`Content-Length` appears with different values",
        ),
        ("Content-Length: +2", "`Content-Length` is not a number"),
        ("Content-Length: -2", "`Content-Length` is not a number"),
        ("Content-Length: 0x2", "`Content-Length` is not a number"),
        ("Content-Length:", "`Content-Length` is not a number"),
        ("Content-Length: 2,", "`Content-Length` is not a number"),
        (
            "Content-Length: 18446744073709551616",
            "`Content-Length` is not a number",
        ),
        (
            "Transfer-Encoding: gzip",
            "`Transfer-Encoding` is not `chunked`",
        ),
        (
            "Transfer-Encoding: gzip, chunked",
            "`Transfer-Encoding` is not `chunked`",
        ),
        (
            "Transfer-Encoding: chunked, chunked",
            "`Transfer-Encoding` is not `chunked`",
        ),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "`Transfer-Encoding` is not `chunked`",
        ),
        ("Transfer-Encoding:", "`Transfer-Encoding` is not `chunked`"),
    ] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\nok");
        assert_eq!(
            refusal(bytes.as_bytes()),
            ProtocolError::Framing(text),
            "{lines}"
        );
    }
}

#[test]
fn the_same_length_twice_is_one_length() {
    let message =
        response(b"HTTP/1.1 200 OK\r\nContent-Length: 2, 02\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(body(&message), b"ok");
    assert!(message.keeps_alive);
}

#[test]
fn chunks_overrule_a_length_and_end_the_use_of_the_connection() {
    let message = response(
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: Chunked\r\n\r\n\
          2\r\nok\r\n0\r\n\r\n",
    );
    assert_eq!(body(&message), b"ok");
    assert!(!message.keeps_alive);
}

#[test]
fn chunks_do_not_exist_before_http_1_1() {
    assert_eq!(
        refusal(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ProtocolError::Framing("`Transfer-Encoding` in HTTP/1.0")
    );
}

#[test]
fn malformed_chunks_are_refused_with_their_reason() {
    for (chunks, text) in [
        ("g\r\n", "invalid chunk size"),
        ("\r\n", "invalid chunk size"),
        (" 1\r\nx\r\n", "invalid chunk size"),
        ("1 1\r\n", "invalid chunk size"),
        ("-1\r\n", "invalid chunk size"),
        ("1\nx\r\n", "invalid chunk size"),
        ("1;x\nx\r\n", "chunk size ends without CR"),
        ("1\rx", "CR without LF"),
        ("10000000000000000\r\n", "chunk size exceeds 64 bits"),
        ("1\r\nxy\r\n", "chunk is longer than its size"),
        ("1\r\nx\ry", "chunk is longer than its size"),
        ("0\r\n\n", "trailer ends without CR"),
        ("0\r\nX: y\n\r\n", "trailer ends without CR"),
        ("0\r\nX: y\rz", "CR without LF"),
        ("0\r\n\rx", "CR without LF"),
    ] {
        let bytes = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        assert_eq!(
            refusal(bytes.as_bytes()),
            ProtocolError::Framing(text),
            "{chunks:?}"
        );
    }
}

#[test]
fn extensions_trailers_and_leading_zeros_do_not_go_on_without_end() {
    for endless in ["1;", "0\r\nX:", "0"] {
        let mut state = waiting();
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert!(needs_more(&state.receive(head)));
        assert!(needs_more(&state.receive(endless.as_bytes())));
        let text = "chunk extensions and trailers exceed 16 KiB";
        let error = (0..20).find_map(|_| state.receive(&[b'0'; 1024]).err());
        assert_eq!(error, Some(ProtocolError::Framing(text)));
    }
}

#[test]
fn a_head_has_at_most_so_many_bytes() {
    let begin = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
    let fill = "x".repeat(MAX_HEAD_BYTES - begin.len() - 4);
    assert_eq!(
        response(format!("{begin}{fill}\r\n\r\n").as_bytes()).status,
        200
    );
    let error = ProtocolError::HeadTooLarge {
        limit: MAX_HEAD_BYTES,
        unit: "bytes",
    };
    assert_eq!(refusal(format!("{begin}{fill}x\r\n\r\n").as_bytes()), error);
    assert_eq!(refusal(format!("{begin}{fill}xxxxxxxxx").as_bytes()), error);
}

#[test]
fn interim_heads_count_as_part_of_the_head() {
    let mut state = waiting();
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
    let most = MAX_HEAD_BYTES / interim.len();
    let error = (0..=most).find_map(|_| state.receive(interim).err());
    let expected = ProtocolError::HeadTooLarge {
        limit: MAX_HEAD_BYTES,
        unit: "bytes",
    };
    assert_eq!(error, Some(expected));
}

#[test]
fn a_head_has_at_most_so_many_lines() {
    let lines = "X: y\r\n".repeat(MAX_HEADER_LINES - 1);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{lines}");
    assert_eq!(response(format!("{head}\r\n").as_bytes()).status, 200);
    let expected = ProtocolError::HeadTooLarge {
        limit: MAX_HEADER_LINES,
        unit: "header lines",
    };
    assert_eq!(refusal(format!("{head}X: y\r\n\r\n").as_bytes()), expected);
}

#[test]
fn a_body_has_at_most_so_many_bytes() {
    let error = ProtocolError::BodyTooLarge { limit: 4 };
    for (body, is_refused) in [
        ("Content-Length: 4\r\n\r\nfour", false),
        ("Content-Length: 5\r\n\r\n", true),
        (
            "Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n",
            false,
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n1\r\n!",
            true,
        ),
        ("\r\nfour", false),
        ("\r\nfour!", true),
    ] {
        let mut state = State::new(4);
        state.start(&request("GET"), None, &mut Vec::new());
        let progress = state.receive(format!("HTTP/1.1 200 OK\r\n{body}").as_bytes());
        assert_eq!(
            progress.err(),
            is_refused.then(|| error.clone()),
            "{body:?}"
        );
    }
}

#[test]
fn a_large_announcement_alone_takes_no_memory() {
    let mut state = State::new(u64::MAX);
    state.start(&request("GET"), None, &mut Vec::new());
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\nx", u64::MAX);
    assert!(needs_more(&state.receive(head.as_bytes())));
    assert_eq!(state.received(), (1, u64::MAX, true));
}

#[test]
fn an_exchange_cut_off_tells_how_far_it_came() {
    for (bytes, received) in [
        (&b""[..], (0, 0, false)),
        (b"HTTP/1.1 2", (0, 0, true)),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            (3, 9, true),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
            (3, 0, true),
        ),
    ] {
        let mut state = waiting();
        assert!(needs_more(&state.receive(bytes)));
        assert!(needs_more(&state.end()));
        assert_eq!(state.received(), received, "{}", bytes.escape_ascii());
    }
}

#[test]
fn an_end_inside_a_malformed_head_is_refused_as_malformed() {
    let mut state = waiting();
    assert!(needs_more(&state.receive(b"HTTP/1.1 200")));
    assert!(needs_more(&state.receive(b"0 OK")));
    assert_eq!(
        state.end().unwrap_err(),
        ProtocolError::Head("invalid status line")
    );
}

fn streamed(pieces: &[&[u8]]) -> (Message, Vec<u8>, Option<bool>) {
    let mut request = request("GET");
    request.rules = Rc::new(Rules {
        streams_body: true,
        ..Rules::default()
    });
    let mut state = sent(&request);
    let (mut head, mut body, mut end) = (None, Vec::new(), None);
    for piece in pieces {
        let mut input = *piece;
        while end.is_none() {
            match state.receive(input).expect("a response") {
                Progress::More => break,
                Progress::Head(message) => head = Some(message),
                Progress::Piece(piece) => body.extend_from_slice(&piece),
                Progress::End { keeps_alive } => end = Some(keeps_alive),
                Progress::Done(message) => panic!("{message:?}"),
            }
            input = b"";
        }
    }
    if end.is_none() {
        match state.end().expect("a response") {
            Progress::End { keeps_alive } => end = Some(keeps_alive),
            Progress::More => {}
            other => panic!("{other:?}"),
        }
    }
    (head.expect("a head"), body, end)
}

#[test]
fn a_streamed_body_comes_in_pieces_behind_its_head() {
    let (head, body, end) = streamed(&[
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        b"def",
        b"ghi",
    ]);
    assert_eq!(&*head.head, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
    assert_eq!(head.body_at, head.head.len());
    assert_eq!((&*body, end), (&b"abcdefghi"[..], Some(true)));
}

#[test]
fn a_streamed_body_ends_as_its_framing_says() {
    for (bytes, expected, end) in [
        (
            &b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"[..],
            &b"abc"[..],
            Some(true),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc!",
            b"abc",
            Some(false),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
            b"abc",
            None,
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            b"",
            Some(true),
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", Some(true)),
        (b"HTTP/1.1 200 OK\r\n\r\nabc", b"abc", Some(false)),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
            b"abc",
            Some(true),
        ),
    ] {
        let (_, body, ended) = streamed(&[bytes]);
        assert_eq!((&*body, ended), (expected, end), "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_streamed_body_has_no_limit() {
    let mut request = request("GET");
    request.rules = Rc::new(Rules {
        streams_body: true,
        ..Rules::default()
    });
    let mut state = State::new(2);
    state.start(&request, None, &mut Vec::new());
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    assert!(matches!(state.receive(head), Ok(Progress::Head(_))));
    assert!(matches!(state.receive(b""), Ok(Progress::Piece(_))));
}
