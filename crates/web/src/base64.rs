//! Bytes as text, as RFC 4648 has them.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as letters, without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut bits = 0_u32;
        for place in 0..3 {
            bits = bits << 8 | u32::from(group.get(place).copied().unwrap_or(0));
        }
        for place in 0..=group.len() {
            let letter = bits >> (18 - 6 * place) & 0x3f;
            text.push(char::from(LETTERS[letter as usize]));
        }
    }
    text
}

/// The same with padding, as headers of HTTP have it.
pub(crate) fn padded(bytes: &[u8]) -> String {
    let mut text = encode(bytes);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Bytes as letters that need no escape in a URL, without padding.
pub(crate) fn url(bytes: &[u8]) -> String {
    encode(bytes).replace('+', "-").replace('/', "_")
}

/// The bytes of such a text; `None` if it is none.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let mut bits = 0_u32;
    let mut filled = 0;
    for letter in text.bytes() {
        let value = LETTERS.iter().position(|one| *one == letter)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        filled += 6;
        if filled >= 8 {
            filled -= 8;
            bytes.push(u8::try_from(bits >> filled & 0xff).ok()?);
            bits &= (1 << filled) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_come_out() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(decode("Zm9v!"), None);
    }
}
