//! The path that somebody wanted to see before signing in.

/// Longest one, in bytes.
const MAX_NEXT: usize = 2000;

/// Whether this is a path of ours, and cannot be read as the address of another site.
pub(crate) fn is_next(next: &str) -> bool {
    let is_plain = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    next.starts_with('/') && !next.starts_with("//") && is_plain && next.len() <= MAX_NEXT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        for path in ["/", "/runs/42/overview?t=1", "/a//b"] {
            assert!(is_next(path), "{path}");
        }
        for path in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "evil.example",
            "/\t/evil.example",
            "/ü",
            "/a\r\nLocation: https://evil.example",
            "",
        ] {
            assert!(!is_next(path), "{path}");
        }
        assert!(!is_next(&format!("/{}", "a".repeat(MAX_NEXT))));
    }
}
