//! Text that is sent to many: as it is, and compressed so that it fits into the middle of any stream.
//!
//! A viewer's stream is one gzip member that never ends. Each piece of it is compressed by itself,
//! without reference to what was sent before, and ends on a byte: so it is compressed once, and put
//! into the stream of every viewer.

use axum::body::Bytes;
use flate2::{Compress, Compression, FlushCompress};

/// The head of a gzip member: method deflate, no name, no time, unknown system.
pub(crate) const GZIP_HEAD: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A piece of a stream.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// As text.
    pub plain: Bytes,
    /// As a piece of a gzip member.
    pub packed: Bytes,
}

impl Encoded {
    /// Compresses a text.
    pub fn new(text: String) -> Self {
        let packed = pack(text.as_bytes());
        Self {
            plain: text.into(),
            packed: packed.into(),
        }
    }
}

fn pack(text: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(text.len() / 3 + 64);
    let mut compress = Compress::new(Compression::default(), false);
    loop {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a part of a slice in memory"
        )]
        let rest = &text[compress.total_in() as usize..];
        // Fails only if it is called with what it has not asked for.
        let outcome = compress.compress_vec(rest, &mut packed, FlushCompress::Sync);
        debug_assert!(outcome.is_ok());
        let is_done = compress.total_in() == text.len() as u64;
        // Room that is left means that nothing is held back.
        if is_done && packed.len() < packed.capacity() {
            return packed;
        }
        packed.reserve(packed.capacity().max(64));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn pieces_in_any_order_are_one_stream() {
        let pieces: Vec<String> = [
            "a".repeat(10),
            "b".repeat(100_000),
            String::new(),
            "c".into(),
        ]
        .into_iter()
        .collect();
        let mut stream = GZIP_HEAD.to_vec();
        let mut text = String::new();
        for piece in pieces.iter().chain(pieces.iter().rev()) {
            stream.extend_from_slice(&Encoded::new(piece.clone()).packed);
            text.push_str(piece);
        }
        let mut read = vec![0; text.len()];
        flate2::read::GzDecoder::new(&stream[..])
            .read_exact(&mut read)
            .unwrap();
        assert_eq!(read, text.as_bytes());
    }

    #[test]
    fn noise_that_grows_when_packed_is_packed_whole() {
        let noise: String = (0_u32..50_000)
            .map(|n| char::from_u32(0x4e00 + n.wrapping_mul(2_654_435_761) % 20_000).unwrap())
            .collect();
        let mut stream = GZIP_HEAD.to_vec();
        stream.extend_from_slice(&Encoded::new(noise.clone()).packed);
        let mut read = vec![0; noise.len()];
        flate2::read::GzDecoder::new(&stream[..])
            .read_exact(&mut read)
            .unwrap();
        assert_eq!(read, noise.as_bytes());
    }
}
