//! Leaves out of an export what is not for everybody: where the load went, and whose machines made it.

use crate::archive::StoredRun;
use crate::picture::machine_of;

/// Words of a run that are replaced by others.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    words: Vec<(String, String)>,
}

impl Redaction {
    /// What has to be replaced in everything that is told of a run.
    pub fn of(run: &StoredRun, hides_host: bool, hides_workers: bool) -> Self {
        let mut words = Vec::new();
        if hides_host {
            let classes = run.setup.user_classes.iter();
            let hosts = classes.filter_map(|class| class.host.as_deref());
            for host in hosts
                .chain(run.row.host.as_deref())
                .chain(run.setup.host.as_deref())
            {
                words.extend(parts_of(host).map(|part| (part, "host.hidden".to_owned())));
            }
        }
        if hides_workers {
            let crew = run.crew.iter().flatten().map(|member| &member.id);
            let workers = run.setup.workers.iter().flatten().map(|worker| &worker.id);
            let nodes = run.snapshot.exceptions.iter().flat_map(|one| &one.nodes);
            let mut ids: Vec<&str> = crew
                .chain(workers)
                .map(String::as_str)
                .chain(nodes.map(AsRef::as_ref))
                .filter(|id| *id != gregaria_stats::LOCAL_NODE)
                .collect();
            let mut machines: Vec<&str> = ids.iter().filter_map(|&id| machine_of(id)).collect();
            machines.push(&run.setup.machine);
            for (name, all) in [("worker", &mut ids), ("machine", &mut machines)] {
                all.sort_unstable();
                all.dedup();
                for (number, word) in (1..).zip(all.iter()) {
                    words.push(((*word).to_owned(), format!("{name}-{number}")));
                }
            }
        }
        words.retain(|(word, _)| !word.is_empty());
        // The longest first: one may be a part of another.
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Self { words }
    }

    /// A text with those words replaced, where they stand alone.
    pub fn apply(&self, mut text: String) -> String {
        for (word, other) in &self.words {
            if text.contains(word.as_str()) {
                text = replaced(&text, word, other);
            }
        }
        text
    }
}

/// Host with port, and the host alone, of a base URL.
fn parts_of(url: &str) -> impl Iterator<Item = String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    let host = match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => place,
    };
    [place.to_owned(), host.to_owned()].into_iter()
}

/// A path that has the name of the host in it is left as it is: `/shop/` is no host.
fn replaced(text: &str, word: &str, other: &str) -> String {
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | '_');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let last = before
            .chars()
            .next_back()
            .or_else(|| out.chars().next_back());
        let is_path = last == Some('/') && !before.ends_with("//");
        let is_alone = !last.is_some_and(is_part)
            && !is_path
            && !after.starts_with(|char: char| is_part(char) && char != '.');
        out.push_str(before);
        out.push_str(if is_alone { other } else { word });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hide(url: &str, text: &str) -> String {
        let words = parts_of(url).map(|part| (part, "x".to_owned())).collect();
        Redaction { words }.apply(text.to_owned())
    }

    #[test]
    fn a_host_goes_with_its_port_and_paths_of_the_same_name_stay() {
        let url = "http://me:secret@shop:8080/base";
        let text = "404 for url: http://shop:8080/shop/1, HTTPConnectionPool(host='shop', \
                    port=8080), /shop/2, workshop, shop.";
        let hidden = "404 for url: http://x/shop/1, HTTPConnectionPool(host='x', port=8080), \
                      /shop/2, workshop, x.";
        assert_eq!(hide(url, text), hidden);
        assert_eq!(hide("http://[::1]:80", "to [::1]:80 or [::1]"), "to x or x");
    }

    #[test]
    fn a_shorter_word_does_not_break_a_longer_one() {
        let words = vec![
            ("a_1".to_owned(), "worker-1".to_owned()),
            ("a".to_owned(), "machine-1".to_owned()),
        ];
        let text = Redaction { words }.apply("a_1 on a, cab".to_owned());
        assert_eq!(text, "worker-1 on machine-1, cab");
    }
}
