//! Texts without what looks like a secret in them.

/// Words in the name of a parameter that make its value a secret.
const SECRET_WORDS: [&str; 9] = [
    "token",
    "passw",
    "pwd",
    "key",
    "secret",
    "auth",
    "session",
    "credential",
    "cookie",
];

/// What stands for a secret.
pub(crate) const HIDDEN: &str = "***";

/// The text with `***` for the values of parameters whose names tell of a secret, as in
/// `?api_key=12`, and for what stands before the host of a URL, as in `http://me:word@host`.
pub(crate) fn redact(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    // What ends a name or a value: secrets begin behind `=` and `://` only.
    while let Some(place) = rest.find(['=', ':']) {
        let (before, behind) = rest.split_at(place);
        shown.push_str(before);
        let hidden = if let Some(value) = behind.strip_prefix('=') {
            let is_secret = is_secret(&shown);
            shown.push('=');
            rest = value;
            is_secret.then(|| rest.find(ends_value))
        } else if let Some(authority) = behind.strip_prefix("://") {
            shown.push_str("://");
            rest = authority;
            who_asks(rest).map(Some)
        } else {
            shown.push(':');
            rest = &behind[1..];
            None
        };
        if let Some(end) = hidden {
            let end = end.unwrap_or(rest.len());
            if end > 0 {
                shown.push_str(HIDDEN);
            }
            rest = &rest[end..];
        }
    }
    shown.push_str(rest);
    shown
}

/// Whether the text ends with the name of a parameter that holds a secret.
fn is_secret(text: &str) -> bool {
    names_a_secret(text.rsplit(ends_name).next().unwrap_or_default())
}

/// Whether a name tells that its value is a secret.
pub(crate) fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Where name and password end in what follows the `://` of a URL; `None` if there are none.
pub(crate) fn who_asks(authority: &str) -> Option<usize> {
    let host = authority.find(ends_authority).unwrap_or(authority.len());
    authority[..host].rfind('@')
}

pub(crate) fn ends_name(character: char) -> bool {
    matches!(character, '?' | '&' | ';' | '#' | '/' | '=') || ends_text(character)
}

fn ends_value(character: char) -> bool {
    matches!(character, '&' | ';' | '#') || ends_text(character)
}

fn ends_authority(character: char) -> bool {
    matches!(character, '/' | '?' | '#') || ends_text(character)
}

/// What stands around a URL in the text of an error.
fn ends_text(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\'' | '"' | '<' | '>' | '(' | ')' | ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_hidden_and_others_are_not() {
        for (text, shown) in [
            ("/a?b=1&page=2", "/a?b=1&page=2"),
            ("/a?token=1", "/a?token=***"),
            ("/a?Access_Token=1=2&b=3", "/a?Access_Token=***&b=3"),
            ("/a?b=1;PASSWORD=x y", "/a?b=1;PASSWORD=*** y"),
            ("/a?user[password]=x#b", "/a?user[password]=***#b"),
            ("/a?token=&b=3", "/a?token=&b=3"),
            ("/keys?b=1", "/keys?b=1"),
            ("http://h:80/token?b=3", "http://h:80/token?b=3"),
            ("http://me:p@h:80/?b=a@b", "http://***@h:80/?b=a@b"),
            (
                "x('ws://me@h', 'sessionid=7')",
                "x('ws://***@h', 'sessionid=***')",
            ),
            ("e=mc=2: it is", "e=mc=2: it is"),
            ("", ""),
        ] {
            assert_eq!(redact(text), shown);
        }
    }
}
