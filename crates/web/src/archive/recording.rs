//! One run while it is being written: what the file has of it, and what the next write adds.
//!
//! Every write is one transaction. What is remembered of it changes only when it has succeeded, so
//! that after a full disk the next write brings all that is missing.

use std::collections::HashMap;
use std::sync::Arc;

use gregaria_stats::{Entry, Exception, Key, Markers, Snapshot};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::asides::{Asides, Written};
use super::deposit::{self, Bucket};
use super::mailbox::Seconds;
use super::setup::{EndKind, Ending, Setup};
use super::stored::Seen;
use super::{owner, thin};

/// Lengths of a bucket in seconds: the first while a run is short, the second afterwards, and its
/// doubles when a run has more than [`BUCKET_ROWS`].
pub const BUCKET_SECONDS: [f64; 2] = [2.0, 10.0];

/// Buckets of the first length at most: two minutes.
const SHORT_BUCKETS: u64 = 60;

/// Buckets of a run at most, those of all entries together: 500 entries for two hours at ten
/// seconds, and for more at twenty.
pub const BUCKET_ROWS: u64 = 360_000;

/// A run that is being written.
#[derive(Debug)]
pub(super) struct Recording {
    setup: Setup,
    started: f64,
    /// Its number, from the first write that succeeds on.
    run: Option<i64>,
    /// What could not be written yet.
    waiting: Option<Seconds>,
    ending: Option<Ending>,
    kept: Kept,
    /// Length of the buckets.
    step: f64,
    /// Buckets closed with this length.
    buckets: u64,
    /// Rows of buckets in the file.
    rows: u64,
    peak_users: u64,
    /// Each exception of the last picture, and when it was noticed.
    seen: Vec<(u64, Seen)>,
    asides: Asides,
    written: Written,
}

/// The figures as they were when the last bucket was closed.
#[derive(Clone, Debug, Default)]
struct Kept {
    /// When the open bucket began.
    since: f64,
    total: Option<Arc<Entry>>,
    /// Number and state of each entry.
    entries: HashMap<Key, (i64, Arc<Entry>)>,
    /// Occurrences of each failure, in the order of the snapshot.
    failures: Vec<u64>,
    /// Counts of each exception, in the order of the snapshot.
    exceptions: Vec<u64>,
    markers: Option<Arc<Markers>>,
}

impl Recording {
    /// Nothing is written yet.
    pub(super) fn new(started: f64, setup: Setup) -> Self {
        Self {
            setup,
            started,
            run: None,
            waiting: None,
            ending: None,
            kept: Kept {
                since: started,
                ..Kept::default()
            },
            step: BUCKET_SECONDS[0],
            buckets: 0,
            rows: 0,
            peak_users: 0,
            seen: Vec::new(),
            asides: Asides::default(),
            written: Written::default(),
        }
    }

    /// Its number, once it has one.
    pub(super) fn run(&self) -> Option<i64> {
        self.run
    }

    /// Adds what the next write brings.
    pub(super) fn add(&mut self, seconds: Seconds) {
        for point in &seconds.points {
            self.peak_users = self.peak_users.max(point.user_count);
        }
        self.notice(&seconds.snapshot);
        match &mut self.waiting {
            Some(waiting) => drop(waiting.append(seconds)),
            None => self.waiting = Some(seconds),
        }
    }

    /// Adds what the next write brings besides figures.
    pub(super) fn add_asides(&mut self, asides: Asides) {
        self.asides.append(asides);
    }

    /// When exceptions were noticed, of a run that was kept elsewhere.
    pub(super) fn set_seen(&mut self, exceptions: &[Arc<Exception>], seen: &[Seen]) {
        let pairs = exceptions.iter().zip(seen);
        self.seen = pairs.map(|(one, seen)| (one.count, *seen)).collect();
    }

    /// Takes note of exceptions that came up or happened again.
    fn notice(&mut self, snapshot: &Snapshot) {
        // There are fewer only after they were set to zero.
        self.seen.truncate(snapshot.exceptions.len());
        for (place, exception) in snapshot.exceptions.iter().enumerate() {
            let now = Some(snapshot.time);
            match self.seen.get_mut(place) {
                Some((count, _)) if *count == exception.count => {}
                Some((count, seen)) => {
                    *count = exception.count;
                    seen.last = now;
                }
                None => {
                    let seen = Seen {
                        first: now,
                        last: now,
                    };
                    self.seen.push((exception.count, seen));
                }
            }
        }
    }

    /// Writes what was run.
    pub(super) fn begin(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        let transaction = begin(connection)?;
        let run = self.ensure_run(&transaction)?;
        transaction.commit()?;
        self.run = Some(run);
        Ok(())
    }

    fn ensure_run(&self, transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
        match self.run {
            Some(run) => Ok(run),
            None => deposit::run(
                transaction,
                self.started,
                &self.setup,
                &owner::this_process(),
                self.step,
            ),
        }
    }

    /// Writes all that waits, with what the open bucket has so far: whoever kills the process leaves
    /// every second. Closes the bucket when its time has come.
    pub(super) fn write(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        let Some(seconds) = &self.waiting else {
            return Ok(());
        };
        // Seconds come a little early or late.
        let is_due = seconds.snapshot.time - self.kept.since > self.step - 0.5;
        let closes = is_due || self.begins_anew(&seconds.snapshot);
        let transaction = begin(connection)?;
        let run = self.ensure_run(&transaction)?;
        let (kept, rows) = self.write_seconds(&transaction, run, seconds)?;
        let written = self
            .asides
            .write(&transaction, run, self.started, self.written)?;
        transaction.commit()?;
        self.run = Some(run);
        self.waiting = None;
        self.asides = Asides::default();
        self.written = written;
        if !closes {
            return Ok(());
        }
        self.kept = kept;
        self.rows += rows;
        self.buckets += 1;
        self.thin(connection)
    }

    /// Takes note of how it ended, and with which figures.
    pub(super) fn end(&mut self, seconds: Seconds, ending: Ending) {
        self.add(seconds);
        self.ending = Some(ending);
    }

    /// The same run for another file, with all that is still known of it.
    pub(super) fn afresh(&self) -> Self {
        Self {
            waiting: self.waiting.clone(),
            ending: self.ending.clone(),
            peak_users: self.peak_users,
            seen: self.seen.clone(),
            asides: self.asides.clone(),
            ..Self::new(self.started, self.setup.clone())
        }
    }

    /// Writes the figures of the whole run and how it ended. If nobody has said how, it was cut off.
    pub(super) fn finish(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        let transaction = begin(connection)?;
        let run = self.ensure_run(&transaction)?;
        let mut time = self.kept.since;
        if let Some(seconds) = &self.waiting {
            time = seconds.snapshot.time;
            let (kept, _) = self.write_seconds(&transaction, run, seconds)?;
            kept.write_histograms(&transaction, run)?;
        }
        self.asides
            .write(&transaction, run, self.started, self.written)?;
        let cut_off = || Ending {
            kind: EndKind::CutOff,
            reason: "nobody said how it ended".to_owned(),
            by: None,
            time,
            exit_code: None,
        };
        deposit::ending(
            &transaction,
            run,
            &self.ending.clone().unwrap_or_else(cut_off),
        )?;
        transaction.commit()?;
        self.run = Some(run);
        Ok(())
    }

    /// Whether the figures were set to zero since the last bucket was closed.
    fn begins_anew(&self, snapshot: &Snapshot) -> bool {
        let total = self.kept.total.as_ref();
        total.is_some_and(|total| snapshot.total.start_time > total.start_time)
    }

    /// Writes seconds and what was counted in the open bucket. Returns what has to be remembered if
    /// the transaction succeeds and the bucket is closed by it, and how many rows it has.
    fn write_seconds(
        &self,
        transaction: &Transaction<'_>,
        run: i64,
        seconds: &Seconds,
    ) -> rusqlite::Result<(Kept, u64)> {
        let snapshot = &*seconds.snapshot;
        let mut kept = if self.begins_anew(snapshot) {
            // What was counted before belongs to nothing.
            deposit::forget(transaction, run)?;
            Kept {
                since: snapshot.total.start_time,
                exceptions: self.kept.exceptions.clone(),
                ..Kept::default()
            }
        } else {
            self.kept.clone()
        };
        for point in &seconds.points {
            if point.time >= snapshot.total.start_time {
                deposit::second(transaction, run, point)?;
            }
        }
        deposit::summary(transaction, run, snapshot, self.peak_users)?;
        let rows = kept.close_bucket(transaction, run, snapshot, &self.seen)?;
        Ok((kept, rows))
    }

    /// Makes buckets longer when there are too many.
    fn thin(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        let Some(run) = self.run else {
            return Ok(());
        };
        let [_, usual] = BUCKET_SECONDS;
        let step = if self.step < usual && self.buckets >= SHORT_BUCKETS {
            usual
        } else if self.rows > BUCKET_ROWS {
            self.step * 2.0
        } else {
            return Ok(());
        };
        let transaction = begin(connection)?;
        let rows = thin::thin(&transaction, run, self.started, step)?;
        transaction.commit()?;
        self.step = step;
        self.buckets = 0;
        self.rows = rows;
        Ok(())
    }
}

impl Kept {
    /// Writes what was counted since the last bucket; returns the number of its rows.
    fn close_bucket(
        &mut self,
        transaction: &Transaction<'_>,
        run: i64,
        snapshot: &Snapshot,
        seen: &[(u64, Seen)],
    ) -> rusqlite::Result<u64> {
        let bucket = Bucket {
            run,
            time: self.since,
            seconds: (snapshot.time - self.since).max(0.0),
        };
        let mut rows =
            u64::from(bucket.entry(transaction, 0, self.total.as_deref(), &snapshot.total)?);
        self.total = Some(Arc::clone(&snapshot.total));
        for entry in &snapshot.entries {
            let next = deposit::integer(self.entries.len() as u64 + 1);
            let before = self.entries.get(&entry.key);
            if before.is_some_and(|(_, before)| Arc::ptr_eq(before, entry)) {
                continue;
            }
            let number = before.map_or(next, |(number, _)| *number);
            let state = before.map(|(_, before)| &**before);
            rows += u64::from(bucket.entry(transaction, number, state, entry)?);
            self.entries
                .insert(entry.key.clone(), (number, Arc::clone(entry)));
        }
        for (place, failure) in snapshot.failures.iter().enumerate() {
            let before = self.failures.get(place).copied().unwrap_or(0);
            if failure.occurrences > before {
                bucket.failure(transaction, place, before, failure)?;
            }
        }
        self.failures = snapshot
            .failures
            .iter()
            .map(|one| one.occurrences)
            .collect();
        let counts: Vec<u64> = snapshot.exceptions.iter().map(|one| one.count).collect();
        let is_fewer = |(now, before): (&u64, &u64)| now < before;
        if counts.len() < self.exceptions.len() || counts.iter().zip(&self.exceptions).any(is_fewer)
        {
            // They were dropped: places are those of others now.
            deposit::forget_exceptions(transaction, run)?;
            self.exceptions.clear();
        }
        for (place, exception) in snapshot.exceptions.iter().enumerate() {
            let before = self.exceptions.get(place).copied().unwrap_or(0);
            if exception.count > before {
                let seen = seen.get(place).map(|(_, seen)| *seen).unwrap_or_default();
                bucket.exception(transaction, place, before, exception, seen)?;
            }
        }
        self.exceptions = counts;
        let markers = &snapshot.markers;
        if !self
            .markers
            .as_ref()
            .is_some_and(|kept| Arc::ptr_eq(kept, markers))
        {
            deposit::markers(transaction, run, markers)?;
            self.markers = Some(Arc::clone(markers));
        }
        self.since = snapshot.time;
        Ok(rows)
    }

    /// Writes the response times of the whole run.
    fn write_histograms(&self, transaction: &Transaction<'_>, run: i64) -> rusqlite::Result<()> {
        if let Some(total) = &self.total {
            deposit::histograms(transaction, run, 0, total)?;
        }
        for (number, entry) in self.entries.values() {
            deposit::histograms(transaction, run, *number, entry)?;
        }
        Ok(())
    }
}

fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}
