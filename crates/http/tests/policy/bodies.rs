use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use gregaria_http::body::{DecodeError, Part, decode, decode_start, encode_form, encode_multipart};

const TEXT: &[u8] = b"a text that is long enough, long enough, long enough";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn bare_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::CompressorWriter::new(&mut out, 4096, 5, 20)
        .write_all(bytes)
        .expect("memory");
    out
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).expect("memory")
}

#[test]
fn each_coding_is_undone() {
    for (name, body) in [
        ("gzip", gzip(TEXT)),
        ("X-GZIP", gzip(TEXT)),
        ("deflate", zlib(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("br", brotli(TEXT)),
        ("zstd", zstandard(TEXT)),
        ("br, gzip", gzip(&brotli(TEXT))),
        ("identity, gzip", gzip(TEXT)),
    ] {
        let decoded = decode(&body, Some(name.as_bytes()), 1000).unwrap();
        assert_eq!(decoded.as_deref(), Some(TEXT), "{name}");
    }
}

#[test]
fn the_beginning_is_decoded_of_bodies_whose_end_is_missing_or_wrong() {
    // Longer than a block of any coding: what is in a block is known only at its end.
    let long = TEXT.repeat(20_000);
    for (name, body, short) in [
        ("gzip", gzip(&long), gzip(b"ab")),
        ("deflate", zlib(&long), zlib(b"ab")),
        ("deflate", bare_deflate(&long), bare_deflate(b"ab")),
        ("br", brotli(&long), brotli(b"ab")),
        ("zstd", zstandard(&long), zstandard(b"ab")),
    ] {
        let start = |body: &[u8]| decode_start(body, Some(name.as_bytes()), 1 << 20, 7);
        let cut_off = &body[..body.len() - 1];
        assert_eq!(
            start(cut_off).unwrap().as_deref(),
            Some(&TEXT[..7]),
            "{name}"
        );
        assert_eq!(
            start(&short).unwrap().as_deref(),
            Some(&b"ab"[..]),
            "{name}"
        );
    }
    let twice = gzip(&brotli(&long));
    let start = |limit| decode_start(&twice, Some(b"br, gzip"), limit, 7);
    assert_eq!(start(1 << 20).unwrap().as_deref(), Some(&TEXT[..7]));
    assert!(matches!(start(2), Err(DecodeError::TooLarge { limit: 2 })));
    assert!(decode_start(TEXT, None, 10, 7).unwrap().is_none());
}

#[test]
fn what_is_not_coded_or_coded_in_an_unknown_way_stays_as_it_is() {
    for name in [
        None,
        Some(&b""[..]),
        Some(b"identity"),
        Some(b"rot13"),
        Some(b"gzip, rot13"),
    ] {
        assert!(decode(TEXT, name, 1000).unwrap().is_none());
    }
    assert!(decode(b"", Some(b"gzip"), 1000).unwrap().is_none());
}

#[test]
fn a_small_body_that_becomes_large_is_refused() {
    let zeros = vec![0; 100_000];
    for (name, body) in [
        ("gzip", gzip(&zeros)),
        ("deflate", zlib(&zeros)),
        ("br", brotli(&zeros)),
        ("zstd", zstandard(&zeros)),
    ] {
        let error = decode(&body, Some(name.as_bytes()), 99_999).unwrap_err();
        assert!(
            matches!(error, DecodeError::TooLarge { limit: 99_999 }),
            "{name}"
        );
        assert!(
            decode(&body, Some(name.as_bytes()), 100_000).is_ok(),
            "{name}"
        );
    }
}

#[test]
fn a_broken_body_is_an_error() {
    for name in ["gzip", "deflate", "br", "zstd"] {
        let error = decode(b"\xff\xffnonsense", Some(name.as_bytes()), 1000).unwrap_err();
        assert_eq!(error.to_string(), format!("the body is not valid {name}"));
    }
    let cut_off = &gzip(TEXT)[..20];
    assert!(matches!(
        decode(cut_off, Some(b"gzip"), 1000),
        Err(DecodeError::Invalid { .. })
    ));
}

#[test]
fn a_form_is_encoded_as_python_does_it() {
    let form = |pairs: &[(&str, &str)]| {
        encode_form(
            pairs
                .iter()
                .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
        )
    };
    assert_eq!(
        form(&[("a", "b c"), ("d", "ä&=+%")]),
        "a=b+c&d=%C3%A4%26%3D%2B%25"
    );
    assert_eq!(form(&[("a", "1"), ("a", "2")]), "a=1&a=2");
    assert_eq!(
        form(&[("~-_.*!'()/", "\r\n\0")]),
        "~-_.%2A%21%27%28%29%2F=%0D%0A%00"
    );
    assert_eq!(form(&[("a", "")]), "a=");
    assert_eq!(form(&[]), "");
}

#[test]
fn files_are_encoded_as_requests_does_it() {
    let parts = [
        Part {
            name: "a",
            data: b"1",
            ..Part::default()
        },
        Part {
            name: "f",
            file_name: Some("ä\"\n\\.txt"),
            content_type: Some("text/plain"),
            data: b"x",
            ..Part::default()
        },
        Part {
            name: "g",
            file_name: Some("n.png"),
            content_type: Some("image/png"),
            headers: &[("X-A", "1")],
            data: b"",
        },
    ];
    let expected = "--BOUND\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
        --BOUND\r\nContent-Disposition: form-data; name=\"f\"; filename=\"ä%22%0A\\.txt\"\r\n\
        Content-Type: text/plain\r\n\r\nx\r\n\
        --BOUND\r\nContent-Disposition: form-data; name=\"g\"; filename=\"n.png\"\r\n\
        Content-Type: image/png\r\nX-A: 1\r\n\r\n\r\n--BOUND--\r\n";
    assert_eq!(
        String::from_utf8(encode_multipart(&parts, "BOUND")).unwrap(),
        expected
    );
}
