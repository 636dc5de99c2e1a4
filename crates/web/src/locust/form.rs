//! Fields of a form, in their order, as browsers and scripts send them.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

/// Fields as (name, value). What is no form has none, as in Flask.
pub(super) fn fields(headers: &HeaderMap, body: &[u8]) -> Vec<(String, String)> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default();
    let name = kind.split(';').next().unwrap_or_default().trim();
    if name.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return form_urlencoded::parse(body).into_owned().collect();
    }
    if name.eq_ignore_ascii_case("multipart/form-data") {
        return boundary_of(kind).map_or_else(Vec::new, |boundary| multipart(&boundary, body));
    }
    Vec::new()
}

fn boundary_of(kind: &str) -> Option<String> {
    kind.split(';').find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        let is_boundary = name.eq_ignore_ascii_case("boundary");
        is_boundary.then(|| value.trim_matches('"').to_owned())
    })
}

/// The text fields of a multipart form; files are left out.
fn multipart(boundary: &str, body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let mark = format!("--{boundary}");
    let mut fields = Vec::new();
    // What stands before the first mark and after the last is no field.
    for part in text.split(&mark).skip(1) {
        let Some(part) = part.strip_prefix("\r\n") else {
            break;
        };
        let Some((head, value)) = part.split_once("\r\n\r\n") else {
            continue;
        };
        let disposition = head.lines().find(|line| {
            let name = line.split(':').next().unwrap_or_default();
            name.eq_ignore_ascii_case("content-disposition")
        });
        let parameter = |wanted: &str| {
            disposition?.split(';').find_map(|part| {
                let (name, value) = part.trim().split_once('=')?;
                (name == wanted).then(|| value.trim_matches('"').to_owned())
            })
        };
        if let (Some(name), None) = (parameter("name"), parameter("filename")) {
            let value = value.strip_suffix("\r\n").unwrap_or(value);
            fields.push((name, value.to_owned()));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_forms_give_the_same_fields() {
        let wanted = [
            ("user_count", "5"),
            ("host", "http://a/?b=c&d"),
            ("empty", ""),
        ];
        let wanted: Vec<(String, String)> = wanted
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            "application/x-www-form-urlencoded".parse().unwrap(),
        );
        let body = b"user_count=5&host=http%3A%2F%2Fa%2F%3Fb%3Dc%26d&empty=";
        assert_eq!(fields(&headers, body), wanted);
        headers.insert(
            CONTENT_TYPE,
            "multipart/form-data; boundary=\"xY\"".parse().unwrap(),
        );
        let part = |name: &str, value: &str| {
            format!("--xY\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body: String = wanted
            .iter()
            .map(|(name, value)| part(name, value))
            .collect();
        assert_eq!(
            fields(&headers, format!("{body}--xY--\r\n").as_bytes()),
            wanted
        );
        assert_eq!(fields(&headers, b"--xY\r\nnonsense--xY"), []);
    }
}
