//! The file of facts: JSON that the keeper of a node writes every few seconds.
//!
//! Points in time are seconds since 1970. All but `ends_at` may be missing: what is not known is not
//! shown. Fields that nobody here knows are left for others.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{CloudExtension, CloudNode, CloudTeardown};

/// Machines of a kind that are told of, each with its reason.
const MAX_TOLD: usize = 5;

/// Bytes of the log of a failed machine.
const MAX_LOG: usize = 1500;

/// What the keeper knows.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Facts {
    pub(super) provider: Option<String>,
    pub(super) region: Option<String>,
    pub(super) worker_count: Option<u64>,
    pub(super) worker_types: Vec<String>,
    pub(super) is_spot: bool,
    pub(super) usd_per_hour: Option<f64>,
    pub(super) usd_before: Option<f64>,
    pub(super) max_usd_in_all: Option<f64>,
    pub(super) prices_date: Option<String>,
    pub(super) prices_source: Option<String>,
    pub(super) started_at: Option<f64>,
    pub(super) ends_at: Option<f64>,
    pub(super) idle_minutes: Option<f64>,
    pub(super) idle_since: Option<f64>,
    pub(super) extension: Option<CloudExtension>,
    pub(super) teardown: Option<TeardownFacts>,
    /// What the provider last refused, or that it did not answer.
    pub(super) problem: Option<String>,
    pub(super) checked_at: Option<f64>,
    nodes: BTreeMap<String, Node>,
}

/// How the end goes, as the keeper sees it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct TeardownFacts {
    #[serde(flatten)]
    pub(super) told: CloudTeardown,
    /// Whether the provider has confirmed that all machines but this one are gone.
    #[serde(default)]
    pub(super) is_done: bool,
}

/// What a machine has told of its start.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Node {
    role: String,
    state: String,
    reason: String,
    log: String,
}

impl Facts {
    /// Reads the file; the error says what is wrong with it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut facts: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if facts.ends_at.is_none() {
            return Err(facts
                .problem
                .unwrap_or_else(|| "the end of the machines is not known yet".to_owned()));
        }
        // An unknown price is no price of 0.
        facts.usd_per_hour = facts.usd_per_hour.filter(|usd| *usd > 0.0);
        facts.max_usd_in_all = facts.max_usd_in_all.filter(|usd| *usd > 0.0);
        Ok(facts)
    }

    /// The machines that failed to start.
    pub(super) fn failed(&self) -> Vec<CloudNode> {
        self.told(|node| node.state == "failed")
    }

    /// The machines that have started, and say what they lack.
    pub(super) fn limited(&self) -> Vec<CloudNode> {
        self.told(|node| node.state == "ready" && !node.reason.is_empty())
    }

    fn told(&self, is_meant: impl Fn(&Node) -> bool) -> Vec<CloudNode> {
        let meant = self.nodes.iter().filter(|(_, node)| is_meant(node));
        meant
            .take(MAX_TOLD)
            .map(|(id, node)| CloudNode {
                id: id.clone(),
                role: node.role.clone(),
                reason: node.reason.clone(),
                log: end_of(&node.log).to_owned(),
            })
            .collect()
    }
}

/// The end of a log, as far as it is told.
fn end_of(log: &str) -> &str {
    let from = log.len().saturating_sub(MAX_LOG);
    &log[log.ceil_char_boundary(from)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_or_no_json_or_without_an_end_says_so() {
        for (text, told) in [
            (r#"{"provider": "AWS", "ends_a"#, "EOF while parsing"),
            ("", "EOF while parsing"),
            ("7", "invalid type"),
            (r#"{"ends_at": "soon"}"#, "invalid type"),
            (r#"{"ends_at": null}"#, "is not known yet"),
            (r#"{"problem": "AWS: refused"}"#, "AWS: refused"),
            (r#"{"ends_at": 1, "worker_count": -1}"#, "invalid value"),
        ] {
            let error = Facts::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn a_price_of_nothing_is_an_unknown_one_and_unknown_fields_are_left() {
        let facts = br#"{"ends_at": 5, "usd_per_hour": 0, "moon": "full"}"#;
        let facts = Facts::parse(facts).unwrap();
        assert_eq!((facts.usd_per_hour, facts.ends_at), (None, Some(5.0)));
    }

    #[test]
    fn a_machine_that_lacks_something_is_told_with_what_it_lacks() {
        let text = br#"{"ends_at": 5, "nodes": {
            "i-1": {"role": "worker", "state": "ready", "reason": "1024 files"},
            "i-2": {"role": "worker", "state": "ready"},
            "i-3": {"role": "master", "state": "ended", "reason": "the time was over"}
        }}"#;
        let facts = Facts::parse(text).unwrap();
        assert_eq!(facts.failed(), []);
        let limited = facts.limited();
        assert_eq!(limited.len(), 1);
        assert_eq!(
            (&*limited[0].id, &*limited[0].reason),
            ("i-1", "1024 files")
        );
    }

    #[test]
    fn of_machines_that_failed_the_reason_is_told_and_the_end_of_the_log() {
        let log = "é".repeat(2000);
        let text = format!(
            r#"{{"ends_at": 5, "nodes": {{
                "i-1": {{"role": "worker", "state": "failed", "reason": "no Python", "log": "{log}"}},
                "i-2": {{"role": "worker", "state": "ready", "limits": {{}}}}
            }}}}"#
        );
        let failed = Facts::parse(text.as_bytes()).unwrap().failed();
        assert_eq!(failed.len(), 1);
        assert_eq!((&*failed[0].id, &*failed[0].reason), ("i-1", "no Python"));
        assert_eq!(failed[0].log.len(), MAX_LOG);
    }
}
