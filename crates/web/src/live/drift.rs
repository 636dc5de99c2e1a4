//! Which entries have become slower or faster: the p95 of the last minute beside that of the whole run.

use std::collections::HashMap;

use gregaria_stats::Histogram;

use crate::picture::Share;

use super::bucket::Bucket;

/// What is compared, back from the end of the last bucket, in seconds.
const LATELY_SECONDS: f64 = 60.0;

/// Fewer requests than this have no p95 to speak of.
const MIN_REQUESTS: u64 = 20;

/// The p95 of the last minute of each entry, by its index. Where buckets are longer than a minute it is
/// that of the last one. Entries with fewer than 20 timed requests in it are left out, and so is what
/// was counted before `since`: the figures may have been set to zero.
pub(super) fn recent_p95(buckets: &[Bucket], since: f64) -> HashMap<u32, f64> {
    let Some(last) = buckets.last() else {
        return HashMap::new();
    };
    // Buckets end a little early or late.
    let from = last.to - LATELY_SECONDS - 0.5;
    let is_recent = |bucket: &&Bucket| {
        let is_near = bucket.from >= from || std::ptr::eq(*bucket, last);
        is_near && bucket.from >= since - 0.5
    };
    let recent: Vec<&Bucket> = buckets.iter().rev().take_while(is_recent).collect();
    let mut requests: HashMap<u32, u64> = HashMap::new();
    for (index, share) in recent.iter().flat_map(|bucket| &bucket.shares) {
        *requests.entry(*index).or_default() += share.timed;
    }
    requests.retain(|_, timed| *timed >= MIN_REQUESTS);
    // One entry after another: their histograms together would be many megabytes.
    let p95 = |(index, _)| {
        let (mut sum, mut times) = (Share::zero(), Histogram::default());
        for share in recent.iter().filter_map(|bucket| bucket.shares.get(&index)) {
            sum.add(share, &mut times);
        }
        Some((index, times.percentile_ms(0.95)?))
    };
    requests.into_iter().filter_map(p95).collect()
}

/// By how much `now` differs from `before`, as a share of it, to a hundredth: 0.2 is a fifth more.
pub(super) fn change(now: f64, before: f64) -> Option<f64> {
    (before > 0.0).then(|| ((now / before - 1.0) * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gregaria_stats::{Recorder, Sample, Settings, Snapshot, Totals};

    use super::super::bucket::Buckets;
    use super::super::rows::Table;
    use super::*;

    /// A run that counts, for each ten seconds, so many requests of `/` that take so long.
    fn run(stretches: &[(u32, f64)]) -> (Vec<Bucket>, Table, Arc<Snapshot>) {
        let settings = Settings::default();
        let recorder = Recorder::new(&settings);
        let mut totals = Totals::new(settings, 0.0);
        let (mut buckets, mut table) = (Buckets::new(0.0), Table::default());
        let mut snapshot = totals.snapshot(0.0, 1);
        for (requests, time_ms) in stretches {
            for _ in 0..*requests {
                recorder.record(&Sample {
                    method: "GET",
                    name: "/",
                    at: snapshot.time + 1.0,
                    response_time_ms: Some(*time_ms),
                    length: 0,
                    failure: None,
                    status: Some(200),
                    url: None,
                    bucket: None,
                    body: None,
                    task: None,
                });
            }
            for report in recorder.drain() {
                totals.merge(&report);
            }
            snapshot = totals.snapshot(snapshot.time + 10.0, 1);
            table.advance(&snapshot, true);
            buckets.advance(&snapshot, &table.names, false).unwrap();
        }
        (buckets.all().to_vec(), table, snapshot)
    }

    fn buckets(stretches: &[(u32, f64)]) -> Vec<Bucket> {
        run(stretches).0
    }

    #[test]
    fn the_last_minute_is_that_of_its_own_requests() {
        let mut stretches = vec![(50, 10.0); 12];
        stretches.extend([(50, 40.0); 6]);
        let buckets = buckets(&stretches);
        let p95 = recent_p95(&buckets, 0.0)[&1];
        assert!((39.0..=41.0).contains(&p95), "{p95}");
        assert!(recent_p95(&buckets, 175.0).is_empty(), "set to zero since");
        assert_eq!(change(40.0, 20.0), Some(1.0));
        assert_eq!(change(15.0, 20.0), Some(-0.25));
        assert_eq!(change(15.0, 0.0), None, "of nothing there is no share");
    }

    #[test]
    fn the_table_tells_the_change_while_the_run_lasts() {
        let mut stretches = vec![(500, 10.0); 12];
        stretches.extend([(1, 40.0); 5]);
        stretches.push((50, 40.0));
        let (buckets, mut table, snapshot) = run(&stretches);
        table.set_recent_p95(recent_p95(&buckets, 0.0));
        let rows = table.all(&snapshot, true);
        let change = rows.p95_change[1].unwrap();
        assert!(
            (2.9..=3.0).contains(&change),
            "10 ms, and 40 of late: {change}"
        );
        let told = table.advance(&snapshot, true);
        assert_eq!(told.index, [1], "nothing else has changed");
        assert!(table.advance(&snapshot, true).index.is_empty());
        let over = table.all(&snapshot, false);
        assert_eq!(over.p95_change, [None, None]);
    }

    #[test]
    fn few_requests_have_no_p95() {
        let one = buckets(&[(50, 10.0), (0, 0.0), (0, 0.0), (0, 0.0)]);
        assert!(recent_p95(&one, 0.0).contains_key(&1));
        let mut stretches = vec![(50, 10.0)];
        stretches.extend([(3, 40.0); 6]);
        let few = recent_p95(&buckets(&stretches), 0.0);
        assert!(!few.contains_key(&1), "only 18");
        assert!(recent_p95(&[], 0.0).is_empty());
    }
}
