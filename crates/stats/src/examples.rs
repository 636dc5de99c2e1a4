//! Single requests that are kept beside the counts: the slowest of late, and the last that failed.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::redact::redact;
use crate::redact_body::redact_body;

/// Requests of each kind that are shown.
pub const SHOWN_EXAMPLES: usize = 5;

/// Slow requests that are kept: more than are shown, since those of several workers grow old at
/// different moments.
const KEPT_SLOW: usize = 10;

/// Seconds for which a slow request is kept.
pub(crate) const SLOW_SECONDS: u16 = 60;

/// Characters of a URL, and of an error, that are kept.
const MAX_URL: usize = 500;
const MAX_ERROR: usize = 300;

/// Bytes of the body of a response that are kept, as UTF-8.
pub const MAX_BODY_BYTES: usize = 2048;

/// Bytes of bodies that are looked at, and so kept, within one second.
pub(crate) const MAX_BODY_BYTES_A_SECOND: usize = 512 << 10;

/// What a body counts as at least: also one of few words has been decoded.
const MIN_BODY_COST: usize = 256;

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// HTTP method, or the request type of another protocol.
    pub method: Box<str>,
    /// Where it went, or its name if nobody told; at most 500 characters.
    pub url: Box<str>,
    /// Status of the answer; `None` if there was none.
    pub status: Option<u16>,
    /// How long it took, in milliseconds; `None` if that is not known.
    pub response_time_ms: Option<f64>,
    /// When it ended, in seconds since 1970.
    pub at: f64,
    /// Why it failed; at most 300 characters.
    pub error: Option<Box<str>>,
    /// What was answered, or a few words about it if it is no text: at most 2 KB. `None` if bodies
    /// are not kept, or there was none.
    pub body: Option<Box<str>>,
}

impl Example {
    /// Keeps a request. What looks like a secret in its URL and its error is left out here, where it
    /// was sent: it reaches neither the master nor a file.
    pub fn new(method: &str, url: fmt::Arguments<'_>, error: Option<&str>, at: f64) -> Self {
        Self {
            method: method.into(),
            url: short(url, MAX_URL),
            status: None,
            response_time_ms: None,
            at,
            error: error.map(|error| short(format_args!("{error}"), MAX_ERROR)),
            body: None,
        }
    }

    /// Keeps the beginning of what was answered, without what looks like a secret, too.
    #[must_use]
    pub fn with_body(mut self, body: fmt::Arguments<'_>) -> Self {
        self.body = Some(beginning(body).0);
        self
    }

    /// Keeps a body as [`Example::with_body`] does, if there are bytes left for it: of those that are
    /// looked at, since a body of secrets is work, too. None are left after one that did not fit.
    pub(crate) fn with_body_within(mut self, body: fmt::Arguments<'_>, left: &mut usize) -> Self {
        if *left == 0 {
            return self;
        }
        let (body, looked_at) = beginning(body);
        let cost = body.len().max(looked_at).max(MIN_BODY_COST);
        if let Some(rest) = left.checked_sub(cost) {
            *left = rest;
            self.body = Some(body);
        } else {
            *left = 0;
        }
        self
    }
}

/// The beginning of a body without secrets, and how many bytes were looked at.
fn beginning(body: fmt::Arguments<'_>) -> (Box<str>, usize) {
    let mut cut = Cut {
        text: String::new(),
        left: 2 * MAX_BODY_BYTES,
    };
    let is_cut = cut.write_fmt(body).is_err();
    let text = redact_body(&cut.text);
    let end = text.floor_char_boundary(MAX_BODY_BYTES);
    let kept = if is_cut || end < text.len() {
        format!("{}…", &text[..end]).into()
    } else {
        text.into()
    };
    (kept, cut.text.len())
}

/// A text without secrets, cut where it gets long.
fn short(text: fmt::Arguments<'_>, limit: usize) -> Box<str> {
    let mut cut = Cut {
        text: String::new(),
        // What is left out may be longer than what stands for it.
        left: 2 * limit,
    };
    // The only error says that it is full.
    let _ = cut.write_fmt(text);
    let text = redact(&cut.text);
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// The first characters of what is written to it.
struct Cut {
    text: String,
    left: usize,
}

impl fmt::Write for Cut {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for character in more.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(character);
        }
        Ok(())
    }
}

/// Requests of one entry that are kept by themselves.
///
/// *Slow* are the slowest within a minute: a worker keeps the five slowest of the last minute of each
/// name, and whoever adds up the reports of workers keeps the ten slowest of them, and none that is
/// more than a minute older than the newest. *Failed* are the last five; of failures in one second
/// and process, the first five stand for all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examples {
    slow: Vec<Arc<Example>>,
    failed: Vec<Arc<Example>>,
}

impl Examples {
    /// Takes lists as another process has sent them.
    pub fn new(slow: Vec<Example>, failed: Vec<Example>) -> Self {
        let mut examples = Self {
            slow: slow.into_iter().map(Arc::new).collect(),
            failed: failed.into_iter().map(Arc::new).collect(),
        };
        examples.trim_slow();
        examples.trim_failed();
        examples
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slow.is_empty() && self.failed.is_empty()
    }

    /// The slowest of the last minute, the slowest first.
    pub fn slow(&self) -> &[Arc<Example>] {
        &self.slow
    }

    /// The last that failed, the last first.
    pub fn failed(&self) -> &[Arc<Example>] {
        &self.failed
    }

    /// Whether one more failure of the present second is wanted.
    #[inline]
    pub(crate) fn wants_failed(&self) -> bool {
        self.failed.len() < SHOWN_EXAMPLES
    }

    /// Adds a failure that is wanted.
    pub(crate) fn push_failed(&mut self, example: Arc<Example>) {
        self.failed.insert(0, example);
    }

    /// Adds a slow one; `replaces` if the one that it displaces is in here: it is the last.
    pub(crate) fn push_slow(&mut self, example: Arc<Example>, replaces: bool) {
        if replaces {
            self.slow.pop();
        }
        self.slow.push(example);
        self.trim_slow();
    }

    /// Adds those of the same entry from elsewhere or later.
    pub(crate) fn merge(&mut self, other: &Self) {
        if !other.slow.is_empty() {
            self.slow.extend(other.slow.iter().cloned());
            self.trim_slow();
        }
        if !other.failed.is_empty() {
            self.failed.extend(other.failed.iter().cloned());
            self.trim_failed();
        }
    }

    /// Bytes of the bodies, as if nobody shared them.
    pub(crate) fn body_bytes(&self) -> usize {
        let both = self.slow.iter().chain(&self.failed);
        both.filter_map(|one| one.body.as_deref())
            .map(str::len)
            .sum()
    }

    /// The same requests without their bodies.
    pub(crate) fn without_bodies(&self) -> Self {
        let without = |one: &Arc<Example>| match one.body {
            None => Arc::clone(one),
            Some(_) => Arc::new(Example {
                body: None,
                ..Example::clone(one)
            }),
        };
        Self {
            slow: self.slow.iter().map(without).collect(),
            failed: self.failed.iter().map(without).collect(),
        }
    }

    fn trim_slow(&mut self) {
        let newest = self.slow.iter().map(|one| one.at).fold(0.0, f64::max);
        let oldest = newest - f64::from(SLOW_SECONDS);
        self.slow.retain(|one| one.at > oldest);
        let time = |one: &Example| one.response_time_ms.unwrap_or(0.0);
        self.slow.sort_by(|a, b| time(b).total_cmp(&time(a)));
        self.slow.truncate(KEPT_SLOW);
    }

    fn trim_failed(&mut self) {
        self.failed.sort_by(|a, b| b.at.total_cmp(&a.at));
        self.failed.truncate(SHOWN_EXAMPLES);
    }

    /// Bytes on the heap, as if nobody shared them.
    pub(crate) fn heap_bytes(&self) -> usize {
        let both = self.slow.iter().chain(&self.failed);
        let each = |one: &Arc<Example>| {
            let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
            size_of::<Example>() + one.url.len() + text(&one.error) + text(&one.body)
        };
        (self.slow.capacity() + self.failed.capacity()) * size_of::<Arc<Example>>()
            + both.map(each).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(at: f64, time_ms: f64) -> Example {
        Example {
            response_time_ms: Some(time_ms),
            ..Example::new("GET", format_args!("http://shop/{at}"), None, at)
        }
    }

    fn times(examples: &[Arc<Example>]) -> Vec<f64> {
        let time = |one: &Arc<Example>| one.response_time_ms.unwrap();
        examples.iter().map(time).collect()
    }

    #[test]
    fn the_slowest_of_a_minute_are_kept_and_older_ones_are_not() {
        let first = (0..20).map(|n| example(100.0 + f64::from(n), f64::from(n * 7 % 20)));
        let mut slow = Examples::new(first.collect(), Vec::new());
        let expected: Vec<_> = (10..20).rev().map(f64::from).collect();
        assert_eq!(times(slow.slow()), expected);
        slow.merge(&Examples::new(vec![example(165.0, 12.5)], Vec::new()));
        // Those of 106 and later are left.
        assert!(slow.slow().iter().all(|one| one.at > 105.0));
        assert!(times(slow.slow()).contains(&12.5));
    }

    #[test]
    fn the_last_failures_are_kept_whoever_tells_them_first() {
        let list = |from: u32| {
            (from..from + 4)
                .map(|at| example(f64::from(at), 1.0))
                .collect()
        };
        let mut ours = Examples::new(Vec::new(), list(10));
        ours.merge(&Examples::new(Vec::new(), list(8)));
        let at: Vec<_> = ours.failed().iter().map(|one| one.at).collect();
        assert_eq!(at, [13.0, 12.0, 11.0, 11.0, 10.0]);
    }

    #[test]
    fn long_texts_are_cut_and_secrets_are_left_out() {
        let url = format!(
            "http://me:pass@shop/?token={}&q={}",
            "s".repeat(600),
            "é".repeat(900)
        );
        let error = "HTTPError('404 for url: /a?api_key=12')";
        let one = Example::new("GET", format_args!("{url}"), Some(error), 1.0);
        assert!(
            one.url.starts_with("http://***@shop/?token=***&q=é"),
            "{}",
            one.url
        );
        assert!(one.url.chars().count() <= MAX_URL + 1);
        assert_eq!(
            one.error.as_deref(),
            Some("HTTPError('404 for url: /a?api_key=***')")
        );
    }

    #[test]
    fn of_a_body_the_first_two_kilobytes_are_kept_up_to_a_whole_character() {
        let keep = |body: &str| {
            let example = Example::new("GET", format_args!("/"), None, 1.0);
            let body = example.with_body(format_args!("{body}")).body;
            body.unwrap().into_string()
        };
        let fits = "é".repeat(MAX_BODY_BYTES / 2);
        assert_eq!(keep(&fits), fits);
        // The last character would end one byte behind the limit.
        let longer = format!("a{fits}");
        let kept = keep(&longer);
        assert_eq!(kept, format!("a{}…", "é".repeat(MAX_BODY_BYTES / 2 - 1)));
        assert_eq!(keep(&kept), kept, "whoever takes it over keeps it");
        // What stands for a long secret is short, but there was more.
        let token = format!("{{\"token\":\"{}\"}} and more", "x".repeat(5_000));
        assert_eq!(keep(&token), "{\"token\":\"***…");
        assert_eq!(keep("binary, 12,345 bytes"), "binary, 12,345 bytes");
        assert_eq!(keep(""), "");
    }
}
