//! Single requests of an entry, as files have them.

use gregaria_stats::{Example, Examples};
use serde::{Deserialize, Serialize};

/// Single requests of an entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredExamples {
    /// The slow ones, the slowest first.
    #[serde(default)]
    pub slow: Vec<StoredExample>,
    /// Those that failed, the last first.
    #[serde(default)]
    pub failed: Vec<StoredExample>,
}

/// One request: method, URL, status, milliseconds, when it ended, why it failed, and what was
/// answered, which files of the time before it was kept do not have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredExample(
    String,
    String,
    Option<u16>,
    Option<f64>,
    f64,
    Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")] Option<String>,
);

impl StoredExamples {
    /// The same without what was answered.
    #[must_use]
    pub fn without_bodies(mut self) -> Self {
        for example in self.slow.iter_mut().chain(&mut self.failed) {
            example.6 = None;
        }
        self
    }
}

impl From<&Example> for StoredExample {
    fn from(one: &Example) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let (method, url) = (one.method.to_string(), one.url.to_string());
        Self(
            method,
            url,
            one.status,
            one.response_time_ms,
            one.at,
            text(&one.error),
            text(&one.body),
        )
    }
}

impl From<&StoredExample> for Example {
    fn from(stored: &StoredExample) -> Self {
        let StoredExample(method, url, status, time_ms, at, error, body) = stored;
        let example = Self {
            status: *status,
            response_time_ms: *time_ms,
            ..Self::new(method, format_args!("{url}"), error.as_deref(), *at)
        };
        match body {
            Some(body) => example.with_body(format_args!("{body}")),
            None => example,
        }
    }
}

impl From<&Examples> for StoredExamples {
    fn from(examples: &Examples) -> Self {
        Self {
            slow: examples.slow().iter().map(|one| (&**one).into()).collect(),
            failed: examples
                .failed()
                .iter()
                .map(|one| (&**one).into())
                .collect(),
        }
    }
}

impl From<&StoredExamples> for Examples {
    fn from(stored: &StoredExamples) -> Self {
        Self::new(
            stored.slow.iter().map(Example::from).collect(),
            stored.failed.iter().map(Example::from).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_back_as_they_were_with_a_body_or_without() {
        let of = |body: Option<&str>| {
            let one = Example::new("GET", format_args!("/a"), Some("no"), 5.0);
            match body {
                Some(body) => one.with_body(format_args!("{body}")),
                None => one,
            }
        };
        let examples = Examples::new(vec![of(None)], vec![of(Some("{\"page\":1}"))]);
        let stored = StoredExamples::from(&examples);
        let text = serde_json::to_string(&stored).unwrap();
        assert_eq!(
            text,
            r#"{"slow":[["GET","/a",null,null,5.0,"no"]],"failed":[["GET","/a",null,null,5.0,"no","{\"page\":1}"]]}"#
        );
        let read: StoredExamples = serde_json::from_str(&text).unwrap();
        assert_eq!(Examples::from(&read), examples);
        let bare = Examples::from(&read.without_bodies());
        assert_eq!(bare.failed()[0].body, None);
        assert_eq!(bare.slow(), examples.slow());
    }
}
