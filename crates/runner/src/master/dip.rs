//! The dip in the load after a loss: how many users it is short of, and when they run again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gregaria_stats::{Marker, MarkerKind};

use super::action::MasterAction;
use super::leader::Master;
use super::ramp::Ramp;
use crate::limits::{CPU_READING, MOVE_LIMIT};
use crate::moment::{Level, Moment};

/// What lost workers have left behind in this run.
#[derive(Debug, Default)]
pub(super) struct Losses {
    dip: Option<Dip>,
    /// Workers that were lost, or have left, and have not come back.
    absent: HashSet<Arc<str>>,
    /// Workers whose CPU has been the limit.
    hot: HashSet<Arc<str>>,
    /// When the run has begun.
    begun_at: Duration,
}

/// Users that nobody runs, since their worker was lost.
#[derive(Clone, Copy, Debug)]
struct Dip {
    since: Duration,
    user_count: u64,
    /// It was said that they are missing.
    is_told: bool,
}

impl Losses {
    /// None, in a run that begins now.
    pub(super) fn from(now: Moment) -> Self {
        Self {
            begun_at: now.elapsed,
            ..Self::default()
        }
    }
}

impl Master {
    pub(super) fn mark(&mut self, now: Moment, kind: MarkerKind) {
        self.act(MasterAction::Mark(Marker::new(now.unix, kind)));
    }

    /// A worker that takes part in the run has gone missing, and with it so many users; there were
    /// so many workers before.
    pub(super) fn lost(&mut self, now: Moment, id: &Arc<str>, user_count: u64, of: u64) {
        let kind = MarkerKind::WorkersLost {
            workers: 1,
            of,
            user_count,
            first: Arc::clone(id),
        };
        self.mark(now, kind);
        self.miss(now, id, user_count);
    }

    /// The same of one that has said that it leaves. One in good order has let its users go before.
    pub(super) fn left(&mut self, now: Moment, id: &Arc<str>, user_count: u64, of: u64) {
        let (workers, first) = (1, Arc::clone(id));
        self.mark(now, MarkerKind::WorkersLeft { workers, of, first });
        self.miss(now, id, user_count);
    }

    /// The CPU of a worker is the limit: told once in a run, and of readings that are all of it.
    pub(super) fn overloaded(&mut self, now: Moment, id: &Arc<str>) {
        let is_of_run = now.elapsed >= self.losses.begun_at + CPU_READING;
        if self.run.is_some() && is_of_run && self.losses.hot.insert(Arc::clone(id)) {
            let (workers, first) = (1, Arc::clone(id));
            self.mark(now, MarkerKind::WorkersOverloaded { workers, first });
        }
    }

    /// So many users have no worker any more.
    fn miss(&mut self, now: Moment, id: &Arc<str>, user_count: u64) {
        self.losses.absent.insert(Arc::clone(id));
        if user_count > 0 {
            let dip = self.losses.dip.get_or_insert(Dip {
                since: now.elapsed,
                user_count: 0,
                is_told: false,
            });
            dip.user_count += user_count;
            dip.is_told = false;
        }
    }

    /// A worker has come, or come back, in the middle of a run.
    pub(super) fn found(&mut self, now: Moment, id: &Arc<str>) {
        let (workers, first) = (1, Arc::clone(id));
        let kind = if self.losses.absent.remove(id) {
            MarkerKind::WorkersBack { workers, first }
        } else {
            MarkerKind::WorkersJoined { workers, first }
        };
        self.mark(now, kind);
    }

    /// When users that nobody has taken over are missing. In a ramp that cannot be told: users are
    /// still on their way.
    pub(super) fn dip_deadline(&self) -> Option<Duration> {
        let dip = self.losses.dip.filter(|dip| !dip.is_told)?;
        self.is_settled().then_some(dip.since + MOVE_LIMIT)
    }

    /// Whether every worker has been told what it is to run.
    fn is_settled(&self) -> bool {
        matches!(self.ramp, Ramp::Idle) && self.rebalance_at.is_none()
    }

    /// Tells when the users of lost workers run again, or that nobody will take them over.
    pub(super) fn check_dip(&mut self, now: Moment) {
        let (Some(run), Some(dip)) = (&self.run, self.losses.dip) else {
            self.losses.dip = None;
            return;
        };
        if !self.is_settled() {
            return;
        }
        let of = run.dispatcher.user_count() as u64;
        let missing = of.saturating_sub(self.peers.user_count());
        // Placed anew, but no step has told the others, and none will.
        let is_left = run.dispatcher.tells_of_change();
        if missing == 0 {
            self.losses.dip = None;
            let kind = MarkerKind::UsersMoved {
                user_count: dip.user_count,
                seconds: now.elapsed.saturating_sub(dip.since).as_secs_f64(),
            };
            self.log(Level::Info, format!("After the loss: {kind}"));
            self.mark(now, kind);
        } else if !dip.is_told && (is_left || now.elapsed >= dip.since + MOVE_LIMIT) {
            let kind = MarkerKind::UsersMissing {
                user_count: missing,
                of,
            };
            self.losses.dip = Some(Dip {
                is_told: true,
                ..dip
            });
            self.log(Level::Warning, format!("After the loss: {kind}"));
            self.mark(now, kind);
        }
    }
}
