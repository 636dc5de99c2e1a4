//! The end of a run, and the end of the master.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gregaria_stats::MarkerKind;

use super::action::{EndReason, MasterAction, MasterEvent};
use super::leader::Master;
use super::ramp::Ramp;
use crate::State;
use crate::dialect;
use crate::limits::{QUIT_LIMIT, QUIT_WAIT, STOP_WAIT};
use crate::moment::{Level, Moment};
use crate::wire::ToWorker;

/// What is being waited for.
#[derive(Debug)]
pub(super) enum Ending {
    /// Nothing.
    None,
    /// The workers stop their users. Ours send their last report before they say that they have.
    Stopping {
        awaited: HashSet<Arc<str>>,
        until: Duration,
    },
    /// The workers send their last reports and leave.
    Quitting {
        awaited: HashSet<Arc<str>>,
        until: Duration,
        /// What is heard of them moves `until` no further than here.
        latest: Duration,
        reason: EndReason,
    },
    /// Nothing, ever more.
    Ended,
}

impl Ending {
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Stopping { until, .. } | Self::Quitting { until, .. } => Some(*until),
            Self::None | Self::Ended => None,
        }
    }

    /// Whether the workers have been told to leave.
    pub(super) fn is_quitting(&self) -> bool {
        matches!(self, Self::Quitting { .. } | Self::Ended)
    }

    /// A worker has said something: if its last report is awaited, it is worth waiting for.
    pub(super) fn is_alive(&mut self, now: Moment, id: &str) {
        if let Self::Quitting {
            awaited,
            until,
            latest,
            ..
        } = self
            && awaited.contains(id)
        {
            *until = (now.elapsed + QUIT_WAIT).clamp(*until, *latest);
        }
    }

    /// A worker has said its last word, or will not.
    pub(super) fn heard_from(&mut self, id: &str) {
        if let Self::Stopping { awaited, .. } | Self::Quitting { awaited, .. } = self {
            awaited.remove(id);
        }
    }
}

impl Master {
    /// Stops the users of all workers, for a reason in a few words. When they have,
    /// [`MasterAction::StopDone`] says so.
    pub fn stop(&mut self, now: Moment, reason: &str) {
        if matches!(self.ramp, Ramp::Beginning(_)) {
            // A listener of `test_start` has thought better of it: nobody has been told to start.
            self.ramp = Ramp::Idle;
            self.act(MasterAction::StartDone);
            self.act(MasterAction::StopDone);
            return;
        }
        if !self.state.is_active() {
            if !matches!(self.ending, Ending::Stopping { .. }) {
                self.act(MasterAction::StopDone);
            }
            return;
        }
        let users_have = self.stop_timeout();
        self.begin_stop(now, reason);
        self.broadcast(&ToWorker::Stop);
        let ours = self.peers.active().filter(|peer| peer.is_ours);
        self.ending = Ending::Stopping {
            awaited: ours.map(|peer| Arc::clone(&peer.id)).collect(),
            until: now.elapsed + users_have + STOP_WAIT,
        };
        self.check_end(now);
    }

    /// The same without the time that users have to finish their tasks, also while they are being
    /// stopped already. Workers of Locust cannot be told so: theirs finish.
    pub fn stop_now(&mut self, now: Moment, reason: &str) {
        self.stop(now, reason);
        let Ending::Stopping { until, .. } = &mut self.ending else {
            return;
        };
        *until = (now.elapsed + STOP_WAIT).min(*until);
        let (ours, others): (Vec<_>, Vec<_>) = self.peers.active().partition(|peer| peer.is_ours);
        let others = others.len();
        let ours: Vec<_> = ours.iter().map(|peer| Arc::clone(&peer.id)).collect();
        for id in &ours {
            self.send(id, dialect::cut());
        }
        if others > 0 {
            let text = format!("{others} workers of Locust let their users finish their tasks");
            self.log(Level::Warning, text);
        }
    }

    fn stop_timeout(&self) -> Duration {
        let seconds = self.run.as_ref().and_then(|run| run.job.stop_timeout);
        Duration::try_from_secs_f64(seconds.unwrap_or(0.0)).unwrap_or_default()
    }

    fn begin_stop(&mut self, now: Moment, reason: &str) {
        let counts = self.peers.user_classes_count();
        let user_classes_count = counts
            .into_iter()
            .map(|(class, count)| (class.to_owned(), count))
            .collect();
        self.fire(MasterEvent::TestStopping { user_classes_count });
        self.state = State::Stopping;
        let reason = reason.into();
        self.mark(now, MarkerKind::RunEnded { reason });
        self.act(MasterAction::EndShape);
        self.run = None;
        self.rebalance_at = None;
        if !matches!(self.ramp, Ramp::Idle) {
            self.ramp = Ramp::Idle;
            self.act(MasterAction::StartDone);
        }
    }

    /// Ends the run, for a reason in a few words, lets the workers go and waits for their last
    /// reports. Then comes [`MasterAction::End`].
    pub fn quit(&mut self, now: Moment, reason: &str) {
        self.end(now, EndReason::Asked, reason);
    }

    pub(super) fn end(&mut self, now: Moment, reason: EndReason, text: &str) {
        if self.ending.is_quitting() {
            return;
        }
        let users_have = self.stop_timeout();
        if matches!(self.ramp, Ramp::Beginning(_)) {
            self.ramp = Ramp::Idle;
            self.act(MasterAction::StartDone);
        }
        // As in Locust, listeners hear of the end at once, while the workers are still stopping.
        if self.state.is_active() {
            self.begin_stop(now, text);
            self.fire(MasterEvent::TestStop);
        } else if matches!(self.ending, Ending::Stopping { .. }) {
            self.fire(MasterEvent::TestStop);
            self.act(MasterAction::StopDone);
        }
        self.broadcast(&ToWorker::Quit);
        // Between two runs a worker is not listed for a moment, and is there all the same.
        let resting: Vec<_> = self.peers.resting().cloned().collect();
        for id in &resting {
            self.send(id, ToWorker::Quit);
        }
        let active = self.peers.active().map(|peer| Arc::clone(&peer.id));
        let stopped = now.elapsed + users_have;
        self.ending = Ending::Quitting {
            awaited: active.chain(resting).collect(),
            until: stopped + QUIT_WAIT,
            latest: stopped + QUIT_LIMIT,
            reason,
        };
        self.check_end(now);
    }

    /// Ends what has been waited for long enough, or successfully.
    pub(super) fn check_end(&mut self, now: Moment) {
        match &self.ending {
            Ending::None | Ending::Ended => {}
            Ending::Stopping { awaited, until } => {
                let is_done = awaited.is_empty() && self.peers.user_count() == 0;
                if !is_done && now.elapsed < *until {
                    return;
                }
                self.ending = Ending::None;
                if !is_done {
                    self.log(
                        Level::Error,
                        "Timeout waiting for all workers to stop".to_owned(),
                    );
                }
                self.fire(MasterEvent::TestStop);
                self.act(MasterAction::StopDone);
            }
            Ending::Quitting {
                awaited,
                until,
                reason,
                ..
            } => {
                if !awaited.is_empty() && now.elapsed < *until {
                    return;
                }
                let (late, reason) = (awaited.len(), *reason);
                self.ending = Ending::Ended;
                if late > 0 {
                    self.log(
                        Level::Warning,
                        format!("{late} workers did not send their last report in time"),
                    );
                }
                self.act(MasterAction::End(reason));
            }
        }
    }

    /// Locust's rule for the state, looked at after every message: all workers are ready again, or
    /// none is there.
    pub(super) fn check_stopped(&mut self) {
        let mut active = self.peers.active();
        let all_ready = self.state == State::Stopping
            && self.peers.iter().all(|peer| peer.state == State::Ready);
        if all_ready || active.next().is_none() {
            self.state = State::Stopped;
        }
    }
}
