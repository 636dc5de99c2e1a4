//! How the text of a body is encoded, by the rules requests has for `Content-Type`.

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    /// UTF-8 is named, or the type is JSON.
    Utf8,
    /// ISO-8859-1 is named, or the type is text and names none (RFC 2616, section 3.7.1).
    Latin1,
    /// Nothing: requests then looks at the bytes.
    Untold,
    /// Another one, which Python decodes.
    Other,
}

/// The name that a `Content-Type` has for it, in lower case.
pub(crate) fn name(content_type: Option<&[u8]>) -> Option<String> {
    let value = std::str::from_utf8(content_type?).ok()?;
    let pairs = value
        .split(';')
        .skip(1)
        .filter_map(|one| one.split_once('='));
    let is_charset = |key: &str| key.trim().eq_ignore_ascii_case("charset");
    let (_, name) = pairs.into_iter().find(|(key, _)| is_charset(key))?;
    Some(name.trim().trim_matches(['"', '\'']).to_ascii_lowercase())
}

/// Reads a `Content-Type`.
pub(crate) fn of(content_type: Option<&[u8]>) -> Charset {
    let Some(value) = content_type.and_then(|value| std::str::from_utf8(value).ok()) else {
        return Charset::Untold;
    };
    match name(content_type).as_deref() {
        Some("utf-8" | "utf8") => return Charset::Utf8,
        Some("iso-8859-1" | "latin-1" | "latin1") => return Charset::Latin1,
        Some(_) => return Charset::Other,
        None => {}
    }
    let kind = value.split(';').next().unwrap_or_default();
    // requests looks for the words anywhere in the type.
    if kind.contains("text") {
        Charset::Latin1
    } else if kind.contains("application/json") {
        Charset::Utf8
    } else {
        Charset::Untold
    }
}

/// Header bytes as text, the way HTTP libraries for Python read them.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Names and values of header lines as text.
pub(crate) fn latin1_pairs<'a>(
    lines: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> Vec<(String, String)> {
    lines
        .map(|(name, value)| (latin1(name), latin1(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Charset, of};

    #[test]
    fn a_charset_is_found_as_requests_finds_it() {
        for (value, expected) in [
            ("text/html", Charset::Latin1),
            ("text/html; charset=UTF-8", Charset::Utf8),
            ("text/html; charset='utf8'", Charset::Utf8),
            ("application/json", Charset::Utf8),
            ("application/json; charset=utf-16", Charset::Other),
            ("application/octet-stream", Charset::Untold),
        ] {
            assert_eq!(of(Some(value.as_bytes())), expected, "{value}");
        }
        assert_eq!(of(None), Charset::Untold);
    }
}
