//! Starting a run and changing its user count: steps sent to the workers at the pace of the rate.

use std::sync::Arc;
use std::time::Duration;

use gregaria_stats::MarkerKind;

use super::action::{MasterAction, MasterEvent, SpawnRound, in_words};
use super::dip::Losses;
use super::ending::Ending;
use super::leader::Master;
use crate::limits::REBALANCE_DELAY;
use crate::moment::{Level, Moment};
use crate::wire::{Extra, ToWorker};
use crate::{DispatchError, Dispatcher, State, UserClass};

/// Users a second for each worker above which the log warns.
const HIGH_SPAWN_RATE: f64 = 100.0;

/// How many users shall run.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// All users together.
    pub user_count: usize,
    /// Users started or stopped each second.
    pub spawn_rate: f64,
    /// Classes of new users, if not all.
    pub user_classes: Option<Vec<String>>,
}

/// Seconds that a ramp takes at least, as it was asked for, before it is said that all users run: in
/// less it is the same moment on a chart.
const LONG_RAMP: f64 = 2.0;

/// What all workers are told with each step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Job {
    /// User classes of the run.
    pub user_classes: Vec<UserClass>,
    /// Base URL under test.
    pub host: Option<String>,
    /// Seconds that users may take to finish their tasks.
    pub stop_timeout: Option<f64>,
    /// All options of the command line, by their destination.
    pub parsed_options: Extra,
}

/// A run, from its start until it is stopped.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) dispatcher: Dispatcher,
    pub(super) job: Arc<Job>,
    pub(super) user_count: usize,
    pub(super) spawn_rate: f64,
    /// When the ramp under way was asked for, if it is to be told that all its users run.
    told_since: Option<Duration>,
}

/// Where a ramp stands.
#[derive(Debug)]
pub(super) enum Ramp {
    /// There is none.
    Idle,
    /// Python fires `test_start`.
    Beginning(Start),
    /// The next step is due then.
    Stepping { due: Duration },
    /// All steps are made; workers report their users until then.
    Reporting { round: SpawnRound, until: Duration },
}

impl Ramp {
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Stepping { due } => Some(*due),
            Self::Reporting { until, .. } => Some(*until),
            Self::Idle | Self::Beginning(_) => None,
        }
    }
}

impl Master {
    /// Starts a run, or takes the one under way to another user count. When the ramp has ended,
    /// [`MasterAction::StartDone`] says so.
    pub fn start(&mut self, now: Moment, start: Start, job: Job) {
        let workers = self.peers.active_count();
        if !matches!(self.ending, Ending::None) {
            self.log(
                Level::Warning,
                "cannot start users: the run before is still being stopped".to_owned(),
            );
            self.act(MasterAction::StartDone);
            return;
        }
        if workers == 0 {
            self.log(
                Level::Warning,
                "You can't start a distributed test before at least one worker processes has \
                 connected"
                    .to_owned(),
            );
            self.act(MasterAction::StartDone);
            return;
        }
        if start.spawn_rate / workers as f64 > HIGH_SPAWN_RATE {
            self.log(
                Level::Warning,
                format!(
                    "a spawn rate of more than {HIGH_SPAWN_RATE} users a second for each worker may \
                     hold the workers up while they start"
                ),
            );
        }
        self.announce(start.user_count, start.spawn_rate);
        if !matches!(self.ramp, Ramp::Idle) {
            // Another ramp takes over; whoever waits for the one before need not wait any longer.
            self.act(MasterAction::StartDone);
        }
        if self.state.is_active() {
            let from = self.target_user_count() as u64;
            let to = start.user_count as u64;
            if self.ramp_to(now, &start, job) && from != to {
                self.mark(now, MarkerKind::UsersChanged { from, to });
            }
        } else {
            self.act(MasterAction::Begin);
            self.ramp = Ramp::Beginning(start);
        }
    }

    /// Python has carried out [`MasterAction::Begin`]; `job` is what holds after `test_start`. Does
    /// nothing if the run has been stopped by a listener meanwhile.
    pub fn begun(&mut self, now: Moment, job: Job) {
        match std::mem::replace(&mut self.ramp, Ramp::Idle) {
            Ramp::Beginning(start) => {
                self.run = None;
                self.run_number += 1;
                self.peers.forget_network_errors();
                self.losses = Losses::from(now);
                let user_count = start.user_count as u64;
                if self.ramp_to(now, &start, job) {
                    self.mark(now, MarkerKind::RunStarted { user_count });
                }
            }
            other => self.ramp = other,
        }
    }

    fn announce(&mut self, user_count: usize, spawn_rate: f64) {
        self.log(
            Level::Info,
            format!(
                "Sending spawn jobs of {user_count} users at {spawn_rate:.2} spawn rate to {} ready \
                 workers",
                self.peers.active_count()
            ),
        );
    }

    /// `false` if that cannot be, as the log says.
    fn ramp_to(&mut self, now: Moment, start: &Start, job: Job) -> bool {
        let mut run = self.run.take().unwrap_or_else(|| Run {
            dispatcher: Dispatcher::new(
                self.peers.active().map(|peer| &*peer.id),
                job.user_classes.iter().cloned(),
            ),
            job: Arc::default(),
            user_count: 0,
            spawn_rate: 1.0,
            told_since: None,
        });
        run.job = Arc::new(job);
        let more = start.user_count.saturating_sub(run.user_count) as f64;
        run.told_since = (more >= LONG_RAMP * start.spawn_rate).then_some(now.elapsed);
        run.user_count = start.user_count;
        run.spawn_rate = start.spawn_rate;
        let names: Option<Vec<&str>> = start
            .user_classes
            .as_ref()
            .map(|names| names.iter().map(String::as_str).collect());
        let begun = run
            .dispatcher
            .start(run.user_count, run.spawn_rate, names.as_deref());
        self.run = Some(run);
        self.begin_steps(now, begun)
    }

    fn begin_steps(&mut self, now: Moment, begun: Result<(), DispatchError>) -> bool {
        self.rebalance_at = None;
        if let Err(error) = begun {
            self.log(Level::Error, format!("cannot start users: {error}"));
            self.ramp = Ramp::Idle;
            self.act(MasterAction::StartDone);
            return false;
        }
        self.state = State::Spawning;
        self.ramp = Ramp::Stepping { due: now.elapsed };
        self.proceed(now);
        true
    }

    /// Spreads the users anew over the workers of this moment.
    pub(super) fn rebalance(&mut self, now: Moment) {
        if !matches!(self.ramp, Ramp::Idle) {
            self.rebalance_at = Some(now.elapsed + REBALANCE_DELAY);
            return;
        }
        self.rebalance_at = None;
        let Some(run) = &mut self.run else {
            return;
        };
        let (user_count, spawn_rate) = (run.user_count, run.spawn_rate);
        let begun = run.dispatcher.start(user_count, spawn_rate, None);
        self.announce(user_count, spawn_rate);
        self.begin_steps(now, begun);
    }

    /// Makes the steps that are due, and ends the ramp when all users are reported.
    pub(super) fn proceed(&mut self, now: Moment) {
        loop {
            match &self.ramp {
                Ramp::Stepping { due } if *due <= now.elapsed => {
                    let due = *due;
                    self.step(now, due);
                }
                Ramp::Reporting { round, until } => {
                    let is_reported =
                        self.peers.user_count() == round.placement.user_count() as u64;
                    if is_reported || *until <= now.elapsed {
                        self.end_ramp(now, is_reported);
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    fn step(&mut self, now: Moment, due: Duration) {
        let Some(run) = &mut self.run else {
            self.ramp = Ramp::Idle;
            return;
        };
        let is_over = run.dispatcher.step().is_none();
        let wait = run.dispatcher.wait();
        let Some(round) = self.round(now) else {
            return;
        };
        if is_over {
            let until = now.elapsed + self.settings.report_wait;
            self.ramp = Ramp::Reporting { round, until };
            return;
        }
        // A step that came late is not made up for by hurrying with the next.
        self.ramp = Ramp::Stepping {
            due: if wait.is_zero() {
                now.elapsed
            } else {
                (due + wait).max(now.elapsed)
            },
        };
        self.last_timestamp = round.last_timestamp();
        for (worker, _) in round.placement.workers() {
            self.peers
                .told(worker, now.elapsed, Some(round.first_timestamp));
        }
        self.act(MasterAction::Spawn(round));
    }

    /// What the workers run by the last step, as messages of this moment.
    fn round(&self, now: Moment) -> Option<SpawnRound> {
        let run = self.run.as_ref()?;
        Some(SpawnRound {
            job: Arc::clone(&run.job),
            run: self.run_number,
            // Workers discard what is not newer, and a clock can be set back.
            first_timestamp: self.last_timestamp.next_up().max(now.unix),
            placement: run.dispatcher.placement(),
        })
    }

    /// Tells a worker again what to run, since it has missed that.
    pub(super) fn repeat_spawn(&mut self, now: Moment, worker: &Arc<str>) {
        let Some(round) = self.round(now) else {
            return;
        };
        if let Some(spawn) = round.message_for(worker) {
            self.last_timestamp = spawn.timestamp;
            self.peers.told(worker, now.elapsed, Some(spawn.timestamp));
            self.send(worker, ToWorker::Spawn(Box::new(spawn)));
        }
    }

    fn end_ramp(&mut self, now: Moment, is_reported: bool) {
        let Ramp::Reporting { round, .. } = std::mem::replace(&mut self.ramp, Ramp::Idle) else {
            return;
        };
        let user_count = round.placement.user_count() as u64;
        self.state = State::Running;
        self.fire(MasterEvent::SpawningComplete { user_count });
        self.broadcast(&ToWorker::SpawningComplete { user_count });
        let text = if is_reported {
            format!(
                "All users spawned: {}",
                in_words(round.user_classes_count())
            )
        } else {
            format!(
                "Spawning is complete and report waittime is expired, but not all reports received \
                 from workers: {}",
                in_words(self.peers.user_classes_count())
            )
        };
        self.log(Level::Info, text);
        self.tell_of_all_users(now, user_count);
        self.act(MasterAction::StartDone);
    }

    /// Marks the end of a long ramp, if all users are reported.
    fn tell_of_all_users(&mut self, now: Moment, user_count: u64) {
        let asked_at = self.run.as_mut().and_then(|run| run.told_since.take());
        let Some(asked_at) = asked_at else {
            return;
        };
        if self.peers.user_count() == user_count {
            let seconds = now.elapsed.saturating_sub(asked_at).as_secs_f64();
            let kind = MarkerKind::AllUsers {
                user_count,
                seconds,
            };
            self.mark(now, kind);
        }
    }
}
