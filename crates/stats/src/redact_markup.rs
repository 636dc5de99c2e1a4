//! Where elements of XML and HTML end, and what their tags tell.

use crate::redact::names_a_secret;

/// Begin and end of what an element holds, as in `<password>x</password>`, with all elements in it;
/// `before` ends where the `>` of its tag stands. Without an end it goes up to that of the text.
pub(crate) fn element_value(before: &str, text: &str) -> Option<(usize, usize)> {
    let tag = &before[before.rfind(['<', '>'])?..];
    let name = tag.strip_prefix('<')?.split(char::is_whitespace).next()?;
    let is_opening = !name.starts_with(['/', '!', '?']) && !tag.ends_with('/');
    if !is_opening || !names_a_secret(name) {
        return None;
    }
    let end = end_of_element(text, name);
    (!text[..end].trim().is_empty()).then_some((0, end))
}

/// Where `</name` stands that ends an element; elements of the same name in it have their own.
fn end_of_element(text: &str, name: &str) -> usize {
    let (mut depth, mut at) = (1_usize, 0);
    while let Some(place) = text[at..].find('<') {
        let begin = at + place;
        let tag = &text[begin..];
        let closing = if tag.starts_with("<![CDATA[") {
            "]]>"
        } else if tag.starts_with("<!--") {
            "-->"
        } else {
            // The next tag may begin before this one ends, if this is none.
            if is_tag(&tag[1..], name) {
                let rest = tag.find('>').map_or(tag, |end| &tag[..end]);
                depth += usize::from(!rest.ends_with('/'));
            } else if tag[1..].starts_with('/') && is_tag(&tag[2..], name) {
                depth -= 1;
                if depth == 0 {
                    return begin;
                }
            }
            "<"
        };
        match tag.find(closing) {
            Some(end) => at = begin + end + closing.len(),
            None => break,
        }
    }
    text.len()
}

/// Whether what follows `<` or `</` is the tag of this name.
fn is_tag(text: &str, name: &str) -> bool {
    let is_same = |begin: &str| begin.eq_ignore_ascii_case(name);
    let ends = |character: char| character.is_whitespace() || matches!(character, '>' | '/');
    text.get(..name.len()).is_some_and(is_same) && text[name.len()..].starts_with(ends)
}

/// Whether the tag around a place tells of a secret, as `<input name="csrf_token" value=…>` does.
pub(crate) fn is_secret_tag(text: &str, at: usize) -> bool {
    let Some(begin) = text[..at].rfind('<') else {
        return false;
    };
    let end = text[at..].find('>').map_or(text.len(), |end| at + end);
    names_a_secret(&text[begin..end])
}

#[cfg(test)]
mod tests {
    use crate::redact_body::redact_body;

    #[test]
    fn all_that_an_element_holds_is_hidden() {
        for (text, shown) in [
            (
                "<password><![CDATA[hunter2]]></password><a>b</a>",
                "<password>***</password><a>b</a>",
            ),
            (
                "<password><!-- </password> --><![CDATA[</password>]]>x</password><a>b</a>",
                "<password>***</password><a>b</a>",
            ),
            (
                "<token><value>x</value>y</token><a>b</a>",
                "<token>***</token><a>b</a>",
            ),
            (
                "<n:token><n:token id='1'>x</N:TOKEN ><n:token/><n:tokens/>y</n:token><a>b</a>",
                "<n:token>***</n:token><a>b</a>",
            ),
            ("<token><value>x</value><a>b</a>", "<token>***"),
            ("<password><![CDATA[x</password>", "<password>***"),
            (
                "<token> </token><token/><a>b</a>",
                "<token> </token><token/><a>b</a>",
            ),
        ] {
            assert_eq!(redact_body(text), shown);
        }
    }
}
