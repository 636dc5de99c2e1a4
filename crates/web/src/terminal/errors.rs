//! What went wrong, by kind, most frequent first.

use gregaria_stats::{Exception, Snapshot};

use super::line::Line;
use super::look::Colour;
use super::width::{cells, plain, shortened};
use crate::human;

/// One kind of failure of requests, or of errors in the test script.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    count: u64,
    text: String,
    /// Where in the script it happened.
    place: Option<String>,
}

impl Kind {
    /// Failures of requests.
    pub(super) fn failures(snapshot: &Snapshot) -> Vec<Self> {
        sorted(snapshot.failures.iter().map(|failure| Self {
            count: failure.occurrences,
            text: plain(&format!(
                "{} {}: {}",
                failure.method,
                failure.name,
                failure.message(false)
            )),
            place: None,
        }))
    }

    /// Errors in the test script.
    pub(super) fn errors(snapshot: &Snapshot) -> Vec<Self> {
        sorted(snapshot.exceptions.iter().map(|exception| Self {
            count: exception.count,
            text: plain(&exception.message),
            place: place_of(exception),
        }))
    }

    /// As one line, whose text gives way first.
    pub(super) fn line(&self, label: &str, room: usize) -> Line {
        let head = format!("×{} ", human::count(self.count));
        let place = self.place.as_ref();
        let place = place.map_or_else(String::new, |place| format!("  ({})", plain(place)));
        let used = cells(label) + cells(&head);
        let left = room.saturating_sub(used + cells(&place));
        let (text, place) = if left < 12 {
            (
                shortened(&self.text, room.saturating_sub(used)),
                String::new(),
            )
        } else {
            (shortened(&self.text, left), place)
        };
        Line::of(label, Colour::Dim)
            .with(head + &text, Colour::Red)
            .with(place, Colour::Dim)
    }
}

fn sorted(kinds: impl Iterator<Item = Kind>) -> Vec<Kind> {
    let mut kinds: Vec<_> = kinds.collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.count));
    kinds
}

/// Function, file and line: the last frame that is the tester's own, or the last of all.
fn place_of(exception: &Exception) -> Option<String> {
    let frames = exception.traceback.lines().filter_map(frame);
    let mut place = None;
    let mut is_own = false;
    for (path, number, function) in frames {
        let owns = !["/site-packages/", "/lib/python", "/gregaria/", "<frozen"]
            .iter()
            .any(|part| path.contains(part));
        if owns || !is_own {
            let file = path.rsplit('/').next().unwrap_or(path);
            place = Some(format!("{function}, {file}:{number}"));
            is_own = owns;
        }
    }
    place
}

/// Path, line and function of a line such as `File "/a/locustfile.py", line 23, in boom`.
fn frame(line: &str) -> Option<(&str, &str, &str)> {
    let (path, rest) = line
        .trim_start()
        .strip_prefix("File \"")?
        .split_once("\", line ")?;
    let (number, function) = rest.split_once(", in ")?;
    Some((path, number, function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_placed_where_the_script_is_left() {
        let traceback = "  File \"/opt/gregaria/locust/user/task.py\", line 199, in run\n    x()\n  \
                         File \"/home/me/locustfile.py\", line 23, in boom\n    json.loads('')\n  \
                         File \"/usr/lib/python3.11/json/decoder.py\", line 355, in raw_decode\n";
        let place = |text| place_of(&Exception::new("local", "no value", text));
        assert_eq!(place(traceback).as_deref(), Some("boom, locustfile.py:23"));
        let library = traceback.replace("/home/me/", "/x/site-packages/");
        assert_eq!(
            place(&library).as_deref(),
            Some("raw_decode, decoder.py:355")
        );
        assert_eq!(place(""), None);
    }
}
