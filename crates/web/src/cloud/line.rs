//! What the page is told, out of the facts and of what this server knows: a pure function of both and
//! of the time.

use crate::model::{Cloud, CloudCondition, CloudTeardown};

use super::facts::Facts;

/// Time left from which the page warns.
const SOON_SECONDS: f64 = 600.0;

/// Time left from which a test that runs will be cut off.
const LAST_SECONDS: f64 = 120.0;

/// Time without a test from which machines are called idle.
const IDLE_SECONDS: f64 = 600.0;

/// Part of the ceiling from which the page warns.
const MOST_OF_CEILING: f64 = 0.8;

/// Age from which facts are called old: the keeper writes them every ten seconds.
const OLD_SECONDS: f64 = 60.0;

/// What this server knows besides the facts.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The facts that were read last.
    pub(super) facts: Option<Facts>,
    /// Why they cannot be read any more.
    pub(super) unreadable: Option<String>,
    /// When a test ran last.
    pub(super) active_at: Option<f64>,
    /// When the end was asked for here, and by whom.
    pub(super) asked: Option<(f64, String)>,
    /// Why the end could not be asked for.
    pub(super) refused: Option<String>,
    pub(super) can_tear_down: bool,
}

impl Known {
    /// What the page is told at this moment; `lasts` while a test runs.
    pub(super) fn line(&self, now: f64, lasts: bool) -> Cloud {
        let nothing = Facts::default();
        let facts = self.facts.as_ref().unwrap_or(&nothing);
        let idle_since = [facts.idle_since, self.active_at]
            .into_iter()
            .flatten()
            .reduce(f64::max)
            .filter(|_| !lasts);
        let teardown = self.teardown(facts);
        let problem = self.problem(facts, now);
        Cloud {
            condition: self.condition(facts, teardown.as_ref(), idle_since, now, lasts),
            problem,
            provider: facts.provider.clone(),
            region: facts.region.clone(),
            workers: facts.worker_count,
            worker_types: facts.worker_types.clone(),
            is_spot: facts.is_spot,
            usd_per_hour: facts.usd_per_hour,
            usd_before: facts.usd_before,
            max_usd: facts.max_usd_in_all,
            prices_date: facts.prices_date.clone(),
            prices_source: facts.prices_source.clone(),
            started_at: facts.started_at,
            ends_at: facts.ends_at,
            idle_since,
            idle_ends_at: idle_since
                .zip(facts.idle_minutes.filter(|minutes| *minutes > 0.0))
                .map(|(since, minutes)| since + 60.0 * minutes),
            extension: facts.extension.clone(),
            can_tear_down: self.can_tear_down,
            failed: facts.failed(),
            limited: facts.limited(),
            teardown,
            checked_at: facts.checked_at,
        }
    }

    /// Whether machines are being ended, as far as is known here.
    pub(super) fn is_ending(&self) -> bool {
        let facts = self.facts.as_ref();
        self.asked.is_some() || facts.is_some_and(|facts| facts.teardown.is_some())
    }

    fn condition(
        &self,
        facts: &Facts,
        teardown: Option<&CloudTeardown>,
        idle_since: Option<f64>,
        now: f64,
        lasts: bool,
    ) -> CloudCondition {
        if self.unreadable.is_some() || self.facts.is_none() {
            return CloudCondition::Unreadable;
        }
        if let Some(teardown) = teardown {
            // All is well only if the provider says so, and says nothing else.
            let is_done = facts.teardown.as_ref().is_some_and(|told| told.is_done)
                && facts.problem.is_none()
                && teardown.ended + 1 >= teardown.total;
            return match (teardown.unconfirmed.is_empty(), is_done) {
                (false, _) => CloudCondition::Unconfirmed,
                (true, true) => CloudCondition::Done,
                (true, false) => CloudCondition::TearingDown,
            };
        }
        let left = facts.ends_at.map_or(f64::INFINITY, |end| end - now);
        if left < LAST_SECONDS && lasts {
            CloudCondition::LastMinutes
        } else if left < SOON_SECONDS {
            CloudCondition::EndingSoon
        } else if idle_since.is_some_and(|since| now - since >= IDLE_SECONDS) {
            CloudCondition::Idle
        } else if is_most_of_ceiling(facts, now) {
            CloudCondition::EndingSoon
        } else {
            CloudCondition::Normal
        }
    }

    /// The keeper's word of the end, unless it was asked for after that.
    fn teardown(&self, facts: &Facts) -> Option<CloudTeardown> {
        let told = facts.teardown.as_ref().map(|teardown| &teardown.told);
        match (&self.asked, told) {
            (Some((since, by)), told) if told.is_none_or(|told| told.since < *since) => {
                Some(CloudTeardown {
                    since: *since,
                    reason: format!("asked for on the page by {by}"),
                    ended: told.map_or(0, |told| told.ended),
                    total: told.map_or(facts.worker_count.unwrap_or(0) + 1, |told| told.total),
                    unconfirmed: Vec::new(),
                    checked_at: told.and_then(|told| told.checked_at),
                })
            }
            (_, told) => told.cloned(),
        }
    }

    fn problem(&self, facts: &Facts, now: f64) -> Option<String> {
        let is_old = facts
            .checked_at
            .is_some_and(|checked| now - checked > OLD_SECONDS);
        self.unreadable
            .clone()
            .or_else(|| self.refused.clone())
            .or_else(|| facts.problem.clone())
            .or_else(|| is_old.then(|| "the program that keeps this node is silent".to_owned()))
    }
}

/// Whether more than four fifths of what the machines may cost is spent.
fn is_most_of_ceiling(facts: &Facts, now: f64) -> bool {
    let spent = facts
        .usd_per_hour
        .zip(facts.started_at)
        .map(|(rate, start)| facts.usd_before.unwrap_or(0.0) + rate * (now - start) / 3600.0);
    spent
        .zip(facts.max_usd_in_all)
        .is_some_and(|(spent, most)| spent > MOST_OF_CEILING * most)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// When the machines of the tests began; they cost a dollar an hour, and last four hours.
    const START: f64 = 1_800_000_000.0;
    const END: f64 = START + 4.0 * 3600.0;

    fn known(changes: Value) -> Known {
        let mut facts = json!({
            "provider": "AWS", "region": "eu-north-1",
            "worker_count": 200, "worker_types": ["c7g.large"], "is_spot": true,
            "usd_per_hour": 1.0, "max_usd_in_all": 100.0, "prices_date": "2026-11",
            "started_at": START, "ends_at": END,
            "idle_minutes": 60, "idle_since": START,
        });
        let Value::Object(changes) = changes else {
            panic!("changes are an object");
        };
        facts.as_object_mut().unwrap().extend(changes);
        Known {
            facts: Some(Facts::parse(facts.to_string().as_bytes()).unwrap()),
            can_tear_down: true,
            ..Known::default()
        }
    }

    fn teardown(ended: u64, unconfirmed: &[&str], is_done: bool) -> Value {
        json!({"teardown": {
            "since": START, "reason": "idle", "ended": ended, "total": 201,
            "unconfirmed": unconfirmed, "is_done": is_done, "checked_at": START,
        }})
    }

    #[test]
    fn each_condition_has_its_time() {
        use CloudCondition as C;
        for (left, lasts, condition) in [
            (3600.0, true, C::Normal),
            (600.0, true, C::Normal),
            (599.0, true, C::EndingSoon),
            (120.0, true, C::EndingSoon),
            (119.0, true, C::LastMinutes),
            (-5.0, true, C::LastMinutes),
            // Nothing is cut off where nothing runs.
            (119.0, false, C::EndingSoon),
            (3600.0, false, C::Idle),
        ] {
            let line = known(json!({})).line(END - left, lasts);
            assert_eq!(line.condition, condition, "{left} s left, lasts: {lasts}");
        }
    }

    #[test]
    fn most_of_the_ceiling_is_warned_of_and_an_unknown_price_is_not() {
        let at = START + 3600.0;
        let spent = |rate: Value| known(json!({"usd_per_hour": rate, "max_usd_in_all": 1.2}));
        let condition = |rate: Value| spent(rate).line(at, true).condition;
        assert_eq!(condition(json!(0.95)), CloudCondition::Normal);
        assert_eq!(condition(json!(0.97)), CloudCondition::EndingSoon);
        assert_eq!(condition(json!(null)), CloudCondition::Normal);
        assert_eq!(spent(json!(0)).line(at, true).usd_per_hour, None);
        let earlier = json!({"max_usd_in_all": 10.0, "usd_before": 7.1});
        assert_eq!(
            known(earlier).line(at, true).condition,
            CloudCondition::EndingSoon
        );
    }

    #[test]
    fn idle_counts_from_the_last_test_and_not_while_one_runs() {
        let mut known = known(json!({}));
        let at = START + 700.0;
        assert_eq!(known.line(at, false).condition, CloudCondition::Idle);
        assert_eq!(known.line(at, true).idle_since, None);
        known.active_at = Some(START + 500.0);
        let line = known.line(at, false);
        assert_eq!(line.condition, CloudCondition::Normal);
        assert_eq!(line.idle_ends_at, Some(START + 500.0 + 3600.0));
    }

    #[test]
    fn only_what_the_provider_confirms_is_gone() {
        use CloudCondition as C;
        let condition = |facts: Value| known(facts).line(START, false).condition;
        assert_eq!(condition(teardown(112, &[], false)), C::TearingDown);
        assert_eq!(condition(teardown(200, &[], true)), C::Done);
        assert_eq!(
            condition(teardown(198, &["i-0a", "i-0b"], false)),
            C::Unconfirmed
        );
        // A keeper that calls it done while machines are there, or while it hears nothing, is wrong.
        assert_eq!(condition(teardown(112, &[], true)), C::TearingDown);
        assert_eq!(condition(teardown(200, &["i-0a"], true)), C::Unconfirmed);
        let mut deaf = teardown(200, &[], true);
        deaf["problem"] = json!("AWS does not answer");
        assert_eq!(condition(deaf), C::TearingDown);
    }

    #[test]
    fn what_was_asked_for_here_shows_before_the_keeper_has_seen_it() {
        let mut known = known(json!({}));
        known.asked = Some((START + 10.0, "anna".to_owned()));
        let line = known.line(START + 11.0, false);
        assert_eq!(line.condition, CloudCondition::TearingDown);
        let told = line.teardown.unwrap();
        assert_eq!((told.ended, told.total), (0, 201));
        assert_eq!(told.reason, "asked for on the page by anna");
        assert!(known.is_ending());
    }

    #[test]
    fn asking_again_takes_the_place_of_what_was_not_confirmed() {
        let mut known = known(teardown(199, &["i-0a"], false));
        known.asked = Some((START - 1.0, "anna".to_owned()));
        assert_eq!(
            known.line(START, false).condition,
            CloudCondition::Unconfirmed
        );
        known.asked = Some((START + 60.0, "anna".to_owned()));
        let line = known.line(START + 61.0, false);
        assert_eq!(line.condition, CloudCondition::TearingDown);
        assert_eq!(line.teardown.unwrap().ended, 199);
    }

    #[test]
    fn facts_that_cannot_be_read_any_more_are_told_with_the_reason() {
        let mut known = known(json!({}));
        known.unreadable = Some("EOF while parsing".to_owned());
        let line = known.line(START, true);
        assert_eq!(line.condition, CloudCondition::Unreadable);
        assert_eq!(line.problem.as_deref(), Some("EOF while parsing"));
        assert_eq!(line.ends_at, Some(END), "what was known stays known");
        let line = Known::default().line(START, true);
        assert_eq!(line.condition, CloudCondition::Unreadable);
    }

    #[test]
    fn a_keeper_that_says_nothing_any_more_is_told_of() {
        let known = known(json!({"checked_at": START}));
        assert_eq!(known.line(START + 60.0, true).problem, None);
        let problem = known.line(START + 61.0, true).problem.unwrap();
        assert!(problem.contains("silent"), "{problem}");
    }
}
