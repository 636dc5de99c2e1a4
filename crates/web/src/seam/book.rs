//! The last lines of the log of each source.

use std::collections::{BTreeMap, VecDeque};

use crate::model::{Level, LogLine};

/// Lines kept of each source.
pub const MAX_LINES_OF_A_SOURCE: usize = 5000;

/// Longest text of a line; what is longer is cut off.
const MAX_TEXT: usize = 16 * 1024;

/// The lines of one source.
#[derive(Debug, Default)]
struct Tail {
    lines: VecDeque<(LogLine, String)>,
    dropped: u64,
    /// The last report of a worker: the next begins with a part of it.
    reported: Vec<String>,
}

/// Lines of the log, by their source.
#[derive(Debug, Default)]
pub struct LogBook {
    by_source: BTreeMap<String, Tail>,
    next: u64,
}

impl LogBook {
    /// Keeps one record. `line` is the record as the log shows it, with its time.
    pub fn add(&mut self, source: &str, record: Record<'_>, line: &str) {
        let tail = self.by_source.entry(source.to_owned()).or_default();
        tail.add(self.next, source, record, line);
        self.next += 1;
    }

    /// Keeps what a worker has not reported before: each report holds its last lines, the oldest
    /// first. They are dated with the moment at which they were heard of.
    pub fn report(&mut self, worker: &str, lines: Vec<String>, now: f64) {
        let tail = self.by_source.entry(worker.to_owned()).or_default();
        let known = overlap(&tail.reported, &lines);
        for line in &lines[known..] {
            tail.add(self.next, worker, read_line(line, now), line);
            self.next += 1;
        }
        tail.reported = lines;
    }

    /// Number that the next line will have.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Lines from this number on, at most the last `limit` of them, in the order of their coming; and
    /// how many of them are no longer kept.
    pub fn since(&self, seq: u64, limit: usize, source: Option<&str>) -> (Vec<LogLine>, u64) {
        let chosen = self
            .by_source
            .iter()
            .filter(|(name, _)| source.is_none_or(|source| source == *name));
        let mut lines: Vec<&LogLine> = Vec::new();
        let mut dropped = 0;
        for (_, tail) in chosen {
            let from = tail.lines.partition_point(|(line, _)| line.seq < seq);
            if from == 0 && seq == 0 {
                dropped += tail.dropped;
            }
            let skipped = tail.lines.len().saturating_sub(limit).max(from);
            lines.extend(tail.lines.range(skipped..).map(|(line, _)| line));
        }
        lines.sort_unstable_by_key(|line| line.seq);
        let cut = lines.len().saturating_sub(limit);
        (lines[cut..].iter().copied().cloned().collect(), dropped)
    }

    /// The last lines of a source as the log shows them, oldest first.
    pub fn raw(&self, source: &str, limit: usize) -> Vec<String> {
        let Some(tail) = self.by_source.get(source) else {
            return Vec::new();
        };
        let from = tail.lines.len().saturating_sub(limit);
        tail.lines
            .range(from..)
            .map(|(_, line)| line.clone())
            .collect()
    }

    /// All sources, by name.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.by_source.keys().map(String::as_str)
    }
}

/// What is known of a record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// When, in seconds since 1970.
    pub time: f64,
    /// How grave.
    pub level: Level,
    /// Name of the logger.
    pub logger: &'a str,
    /// What.
    pub text: &'a str,
}

impl Tail {
    fn add(&mut self, seq: u64, source: &str, record: Record<'_>, line: &str) {
        if self.lines.len() == MAX_LINES_OF_A_SOURCE {
            self.lines.pop_front();
            self.dropped += 1;
        }
        let kept = LogLine {
            seq,
            time: record.time,
            source: source.to_owned(),
            level: record.level,
            logger: record.logger.to_owned(),
            text: cut(record.text).to_owned(),
        };
        self.lines.push_back((kept, cut(line).to_owned()));
    }
}

/// The beginning of a text, as far as it is kept.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}

/// How many of the first of `lines` stand at the end of `before` already.
fn overlap(before: &[String], lines: &[String]) -> usize {
    (0..=before.len().min(lines.len()))
        .rev()
        .find(|&count| before[before.len() - count..] == lines[..count])
        .unwrap_or(0)
}

/// What `[time] host/LEVEL/logger: text` says; a line of another form is its own text.
fn read_line(line: &str, now: f64) -> Record<'_> {
    let parts = || {
        let (_, rest) = line.strip_prefix('[')?.split_once("] ")?;
        let (head, text) = rest.split_once(": ")?;
        let mut head = head.splitn(3, '/');
        let (_, level, logger) = (head.next()?, head.next()?, head.next()?);
        Some((level_of(level)?, logger, text))
    };
    let (level, logger, text) = parts().unwrap_or((Level::Info, "", line));
    Record {
        time: now,
        level,
        logger,
        text,
    }
}

/// A level by Python's name of it.
pub(crate) fn level_of(name: &str) -> Option<Level> {
    Some(match name {
        "DEBUG" => Level::Debug,
        "INFO" => Level::Info,
        "WARNING" => Level::Warning,
        "ERROR" => Level::Error,
        "CRITICAL" => Level::Critical,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn of_a_report_only_what_is_not_known_yet_is_kept() {
        let mut book = LogBook::default();
        book.report("w", lines(&["a", "b"]), 1.0);
        book.report("w", lines(&["b", "c", "c"]), 2.0);
        book.report("w", lines(&["c", "c", "d"]), 3.0);
        assert_eq!(book.raw("w", 10), ["a", "b", "c", "c", "d"]);
    }

    #[test]
    fn a_line_of_a_worker_tells_its_level_and_logger() {
        let mut book = LogBook::default();
        let line = "[2026-11-22 11:27:22,957] lo/ERROR/locust.user: it broke: twice";
        book.report("w", lines(&[line]), 5.0);
        let (kept, _) = book.since(0, 10, None);
        assert_eq!(kept[0].level, Level::Error);
        assert_eq!(kept[0].logger, "locust.user");
        assert_eq!(kept[0].text, "it broke: twice");
    }

    #[test]
    fn what_came_after_a_number_is_given_in_order_over_all_sources() {
        let mut book = LogBook::default();
        book.report("b", lines(&["1", "2"]), 1.0);
        let seen = book.next();
        book.report("a", lines(&["3"]), 2.0);
        book.report("b", lines(&["2", "4"]), 3.0);
        let (kept, dropped) = book.since(seen, 10, None);
        let texts: Vec<_> = kept.iter().map(|line| line.text.as_str()).collect();
        assert_eq!((texts, dropped), (vec!["3", "4"], 0));
    }

    #[test]
    fn a_source_that_never_ends_is_bounded() {
        let mut book = LogBook::default();
        for number in 0..MAX_LINES_OF_A_SOURCE + 7 {
            let record = Record {
                time: 0.0,
                level: Level::Info,
                logger: "",
                text: "x",
            };
            book.add("master", record, &number.to_string());
        }
        let (kept, dropped) = book.since(0, usize::MAX, None);
        assert_eq!((kept.len(), dropped), (MAX_LINES_OF_A_SOURCE, 7));
    }
}
