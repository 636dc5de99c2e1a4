//! Locust's port: as much of ZMTP 3.0 as ROUTER and DEALER need, spoken with libzmq's peers.
//!
//! Greeting, `READY` and frames are all that Locust uses. The crate `zeromq` does more, but sets
//! no limits: a header of thirteen bytes that announces a frame of 2^46 bytes ends the process in
//! an abort, and connections that stay silent are kept for ever. A master has to bear both.

use std::collections::HashMap;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::frame::{Frame, Framing, put_command};
use super::guest::{Guest, HandshakeError};
use super::stream::Reader;

/// Bytes of the longest `READY` we take: a socket type, an identity and some room.
const MAX_READY_BYTES: usize = 2048;

const GREETING_BYTES: usize = 64;

/// Signature, version 3.0, mechanism NULL, not a server.
const GREETING: [u8; GREETING_BYTES] = {
    let mut greeting = [0; GREETING_BYTES];
    greeting[0] = 0xff;
    greeting[8] = 1;
    greeting[9] = 0x7f;
    greeting[10] = 3;
    let mechanism = b"NULL";
    let mut place = 0;
    while place < mechanism.len() {
        greeting[12 + place] = mechanism[place];
        place += 1;
    }
    greeting
};

/// The master's side until the peer has said who it is. Our own `READY` is held back until
/// [`admit`]: before it has come, a peer keeps what it has to send.
pub(super) async fn greet(mut stream: TcpStream) -> Result<Guest, HandshakeError> {
    exchange_greetings(&mut stream).await?;
    let (stream, buffer, properties) = read_ready(stream).await?;
    expect_type(&properties, "DEALER")?;
    let identity = properties
        .get(&b"identity"[..])
        .cloned()
        .unwrap_or_default();
    Guest::new(Box::new(stream), buffer, Framing::Zmtp, &identity)
}

/// Tells the peer that it is connected.
pub(super) async fn admit(guest: &mut Guest) -> Result<(), HandshakeError> {
    let mut out = BytesMut::new();
    put_command(&ready("ROUTER", b""), &mut out);
    Ok(guest.stream.write_all(&out).await?)
}

/// The worker's side. The identity is its node id.
pub(super) async fn join(mut stream: TcpStream, node_id: &str) -> Result<Guest, HandshakeError> {
    let mut out = BytesMut::new();
    exchange_greetings(&mut stream).await?;
    put_command(&ready("DEALER", node_id.as_bytes()), &mut out);
    stream.write_all(&out).await?;
    let (stream, buffer, properties) = read_ready(stream).await?;
    expect_type(&properties, "ROUTER")?;
    Guest::new(Box::new(stream), buffer, Framing::Zmtp, node_id.as_bytes())
}

async fn exchange_greetings(stream: &mut TcpStream) -> Result<(), HandshakeError> {
    stream.write_all(&GREETING).await?;
    let mut theirs = [0; GREETING_BYTES];
    stream.read_exact(&mut theirs).await?;
    let is_zmtp = theirs[0] == 0xff && theirs[9] & 1 == 1;
    if !is_zmtp {
        return Err(HandshakeError::Protocol("it does not speak ZMTP"));
    }
    if theirs[10] < 3 {
        return Err(HandshakeError::Protocol("its ZMTP is older than 3.0"));
    }
    if theirs[12..32] != GREETING[12..32] {
        return Err(HandshakeError::Protocol(
            "it asks for a login, and there is none",
        ));
    }
    Ok(())
}

async fn read_ready(
    stream: TcpStream,
) -> Result<(TcpStream, BytesMut, HashMap<Vec<u8>, Bytes>), HandshakeError> {
    let mut reader = Reader::new(stream, BytesMut::new(), Framing::Zmtp, MAX_READY_BYTES);
    let Frame::Command(command) = reader.next().await? else {
        return Err(HandshakeError::Protocol("it sends messages before `READY`"));
    };
    let properties =
        parse_ready(command).ok_or(HandshakeError::Protocol("its first command is no `READY`"))?;
    let (stream, buffer) = reader.into_parts();
    Ok((stream, buffer, properties))
}

fn ready(socket_type: &str, identity: &[u8]) -> BytesMut {
    let mut command = BytesMut::new();
    command.put_slice(b"\x05READY");
    for (name, value) in [
        ("Socket-Type", socket_type.as_bytes()),
        ("Identity", identity),
    ] {
        let name_bytes = u8::try_from(name.len()).expect("names of properties are short");
        let value_bytes = u32::try_from(value.len()).expect("node ids are short");
        command.put_u8(name_bytes);
        command.put_slice(name.as_bytes());
        command.put_u32(value_bytes);
        command.put_slice(value);
    }
    command
}

/// Names of properties are compared without regard to case, as ZMTP asks.
fn parse_ready(mut command: Bytes) -> Option<HashMap<Vec<u8>, Bytes>> {
    let name = take(&mut command, 1)?;
    if &name[..] != b"READY" {
        return None;
    }
    let mut properties = HashMap::new();
    while !command.is_empty() {
        let name = take(&mut command, 1)?.to_ascii_lowercase();
        let value = take(&mut command, 4)?;
        properties.insert(name, value);
    }
    Some(properties)
}

/// Takes a piece that begins with its length.
fn take(command: &mut Bytes, length_bytes: usize) -> Option<Bytes> {
    if command.len() < length_bytes {
        return None;
    }
    let length = usize::try_from(command.get_uint(length_bytes)).ok()?;
    (length <= command.len()).then(|| command.split_to(length))
}

fn expect_type(
    properties: &HashMap<Vec<u8>, Bytes>,
    expected: &'static str,
) -> Result<(), HandshakeError> {
    match properties.get(&b"socket-type"[..]) {
        Some(found) if &found[..] == expected.as_bytes() => Ok(()),
        _ => Err(HandshakeError::Protocol(
            "its socket is neither DEALER nor ROUTER",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_is_that_of_libzmq_but_for_its_version() {
        assert_eq!(&GREETING[..12], b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0");
        assert_eq!(&GREETING[12..16], b"NULL");
        assert_eq!(GREETING[16..], [0; 48]);
    }

    #[test]
    fn ready_has_the_bytes_recorded_from_libzmq() {
        let mut out = BytesMut::new();
        put_command(&ready("DEALER", b"lo_abc"), &mut out);
        let expected =
            b"\x04\x2f\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\x06lo_abc";
        assert_eq!(&out[..], &expected[..]);
    }

    #[test]
    fn a_ready_cut_anywhere_is_none() {
        let whole = ready("DEALER", b"lo_abc").freeze();
        let properties = parse_ready(whole.clone()).unwrap();
        assert_eq!(properties[&b"identity"[..]], "lo_abc");
        let between_properties = [6, 6 + 12 + 4 + 6];
        for end in (0..whole.len()).filter(|end| !between_properties.contains(end)) {
            assert_eq!(parse_ready(whole.slice(..end)), None, "{end}");
        }
    }
}
