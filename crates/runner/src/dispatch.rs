//! How many users of which class run on which worker, step by step, up and down to a target.
//!
//! Pure bookkeeping: it starts nothing and waits for nothing. Each [`Step`] says how long to wait
//! before it and what every worker shall run from then on. Placement, order and pace are Locust's, so
//! that a run spreads the same users over the same workers; courses recorded from the real
//! dispatcher are the test.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::class_order::{ClassOrder, UserClass};

/// Why a target cannot be dispatched.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DispatchError {
    /// No users in no time, backwards, or at once.
    #[error("spawn rate must be a number above 0, got `{0}`")]
    SpawnRate(f64),
    /// A class was asked for that the dispatcher was not made with.
    #[error("unknown user class `{0}`")]
    UnknownClass(String),
}

/// Users of each class on each worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    workers: Arc<[Arc<str>]>,
    classes: Arc<[Arc<str>]>,
    /// Row of a worker, column of a class.
    counts: Vec<u32>,
}

impl Placement {
    /// Workers in the order in which they are given users, each with the counts of its classes.
    pub fn workers(&self) -> impl Iterator<Item = (&str, &[u32])> {
        let rows = self.counts.chunks_exact(self.classes.len().max(1));
        self.workers.iter().map(|worker| &**worker).zip(rows)
    }

    /// Classes in the order of the counts: by name.
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().map(|class| &**class)
    }

    /// Users of one class on one worker; 0 if either is unknown.
    pub fn count(&self, worker: &str, class: &str) -> u32 {
        let column = self.classes.iter().position(|name| &**name == class);
        let row = self.workers().find(|(name, _)| *name == worker);
        row.zip(column)
            .map_or(0, |((_, counts), column)| counts[column])
    }

    /// Users of all classes on all workers.
    pub fn user_count(&self) -> usize {
        self.counts.iter().map(|count| *count as usize).sum()
    }
}

/// What to do next on the way to a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Time from the step before to this one, less what carrying out that one took. Zero for the
    /// first step and for the one that follows a change of workers.
    pub wait: Duration,
    /// What each worker runs from then on: absolute counts, zeros included.
    pub placement: Placement,
}

/// Where a ramp stands between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No ramp, or one that has ended.
    Ended,
    /// Before its first step.
    Start,
    /// After a first step that only told of changed workers.
    Spread,
    /// After users were started or stopped.
    Moved { up: bool },
    /// After the workers changed during the ramp and the users were spread anew.
    SpreadAgain { up: bool },
    /// After the time between two steps.
    Waited,
    /// After the time that follows a step with too few users: there will be no other.
    Exhausted,
    /// After a step without change, because the target was reached from the beginning.
    Kept,
}

/// Spreads users over workers.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    classes: Vec<UserClass>,
    class_names: Arc<[Arc<str>]>,
    /// Sorted as [`sort_workers`] says. `counts` has a row for each.
    workers: Arc<[Arc<str>]>,
    counts: Vec<u32>,
    /// Every user that runs, as (worker, class), in the order of starting. The last is stopped first.
    users: Vec<(usize, usize)>,
    /// Users that the ramp believes to run. More than `users` after they were spread anew with
    /// classes that gave fewer of them; the next ramp begins with the true number.
    user_count: usize,
    next_worker: usize,
    next_class: ClassOrder,
    target: usize,
    spawn_rate: f64,
    phase: Phase,
    is_in_progress: bool,
    /// Users were spread anew and no step has told of it yet.
    is_spread: bool,
    /// The classes gave no further user: none has a weight, and the fixed counts are reached. As in
    /// Locust this ends the ramp after its step, or the next upward one if it is cut short before.
    is_exhausted: bool,
}

impl Dispatcher {
    /// No users yet. Names of classes and ids of workers must each be unique.
    pub fn new<'a>(
        workers: impl IntoIterator<Item = &'a str>,
        classes: impl IntoIterator<Item = UserClass>,
    ) -> Self {
        let mut classes: Vec<UserClass> = classes.into_iter().collect();
        classes.sort_by(|a, b| a.name.cmp(&b.name));
        let workers = sort_workers(workers.into_iter().map(Arc::from).collect());
        Self {
            class_names: classes
                .iter()
                .map(|class| Arc::clone(&class.name))
                .collect(),
            counts: vec![0; workers.len() * classes.len()],
            next_class: ClassOrder::new(&classes, (0..classes.len()).collect()),
            classes,
            workers,
            users: Vec::new(),
            user_count: 0,
            next_worker: 0,
            target: 0,
            spawn_rate: 1.0,
            phase: Phase::Ended,
            is_in_progress: false,
            is_spread: false,
            is_exhausted: false,
        }
    }

    /// Begins a ramp to `target` users, whatever became of the one before.
    ///
    /// `classes`, if given, are those that *new* users are drawn from, in this ramp and later ones;
    /// running users of other classes stay.
    pub fn start(
        &mut self,
        target: usize,
        spawn_rate: f64,
        classes: Option<&[&str]>,
    ) -> Result<(), DispatchError> {
        if !(spawn_rate > 0.0 && spawn_rate.is_finite()) {
            return Err(DispatchError::SpawnRate(spawn_rate));
        }
        if let Some(names) = classes {
            let mut chosen = Vec::with_capacity(names.len());
            for name in names {
                let place = self.classes.iter().position(|class| &*class.name == *name);
                chosen.push(place.ok_or_else(|| DispatchError::UnknownClass((*name).to_owned()))?);
            }
            chosen.sort_unstable();
            chosen.dedup();
            if chosen != self.next_class.chosen {
                let must_try_fixed = self.next_class.must_try_fixed;
                self.next_class = ClassOrder::new(&self.classes, chosen);
                self.next_class.must_try_fixed = must_try_fixed;
            }
        }
        self.user_count = self.users.len();
        self.target = target;
        self.spawn_rate = spawn_rate;
        self.phase = Phase::Start;
        self.is_in_progress = true;
        Ok(())
    }

    /// Adds a worker; users are spread anew at once. A ramp under way tells of it in its next step,
    /// otherwise the next ramp does in its first.
    pub fn add_worker(&mut self, worker: &str) {
        let mut workers = self.workers.to_vec();
        workers.push(worker.into());
        self.spread(sort_workers(workers));
    }

    /// Removes a worker and spreads the users anew over the others, which keep their order until one
    /// is added. `false` if it is not known.
    pub fn remove_worker(&mut self, worker: &str) -> bool {
        let left: Arc<[_]> = self
            .workers
            .iter()
            .filter(|id| &***id != worker)
            .cloned()
            .collect();
        let is_known = left.len() < self.workers.len();
        if is_known {
            self.spread(left);
        }
        is_known
    }

    /// Whether a ramp is under way.
    ///
    /// As in Locust, it stays `true` after a ramp whose target was reached from the beginning and
    /// whose only step told of changed workers, until the next ramp ends.
    pub fn is_in_progress(&self) -> bool {
        self.is_in_progress
    }

    /// Whether the steps of the last ramp have all been given.
    pub fn has_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Whether workers have come or gone and no step has told of it yet.
    pub fn tells_of_change(&self) -> bool {
        self.is_spread
    }

    /// Whether a worker is among those that users are spread over.
    pub fn has_worker(&self, worker: &str) -> bool {
        self.workers.iter().any(|id| &**id == worker)
    }

    /// What runs by the last step, or by a change of workers since.
    pub fn placement(&self) -> Placement {
        Placement {
            workers: Arc::clone(&self.workers),
            classes: Arc::clone(&self.class_names),
            counts: self.counts.clone(),
        }
    }

    /// Users that run by [`Dispatcher::placement`].
    pub fn user_count(&self) -> usize {
        self.users.len()
    }

    /// Users that are started or stopped in one step: the whole part of the spawn rate, at least one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    fn users_per_step(&self) -> usize {
        (self.spawn_rate.floor() as usize).max(1)
    }

    /// Time to let pass before [`Dispatcher::step`] is called next. Asked again before that step, it
    /// is zero.
    ///
    /// Whoever waits between the two gives a step that knows of workers which came or left meanwhile.
    pub fn wait(&mut self) -> Duration {
        let up = match self.phase {
            Phase::Moved { .. } if self.is_spread => return Duration::ZERO,
            Phase::Moved { up } | Phase::SpreadAgain { up } => up,
            _ => return Duration::ZERO,
        };
        if up && std::mem::take(&mut self.is_exhausted) {
            self.phase = Phase::Exhausted;
        } else if self.user_count == self.target {
            return Duration::ZERO;
        } else {
            self.phase = Phase::Waited;
        }
        self.pace()
    }

    /// The next step of the ramp; `None` when it has ended.
    pub fn step(&mut self) -> Option<Step> {
        let wait = self.wait();
        match self.phase {
            Phase::Ended => return None,
            Phase::Start => {
                if std::mem::take(&mut self.is_spread) {
                    return Some(self.stepped(Phase::Spread, wait));
                }
                if self.user_count == self.target {
                    return Some(self.stepped(Phase::Kept, wait));
                }
            }
            Phase::Spread => {
                if self.user_count == self.target {
                    // Ends without saying so: see `is_in_progress`.
                    self.phase = Phase::Ended;
                    return None;
                }
            }
            Phase::Moved { up } | Phase::SpreadAgain { up } => {
                let has_moved = matches!(self.phase, Phase::Moved { .. });
                if has_moved && std::mem::take(&mut self.is_spread) {
                    return Some(self.stepped(Phase::SpreadAgain { up }, wait));
                }
                return self.end();
            }
            Phase::Waited => {}
            Phase::Exhausted | Phase::Kept => return self.end(),
        }
        let up = match self.user_count.cmp(&self.target) {
            Ordering::Less => true,
            Ordering::Equal => return self.end(),
            Ordering::Greater => false,
        };
        if up {
            self.start_users();
        } else {
            self.stop_users();
        }
        Some(self.stepped(Phase::Moved { up }, wait))
    }

    fn stepped(&mut self, phase: Phase, wait: Duration) -> Step {
        self.phase = phase;
        Step {
            wait,
            placement: self.placement(),
        }
    }

    fn end(&mut self) -> Option<Step> {
        self.phase = Phase::Ended;
        self.is_in_progress = false;
        None
    }

    /// Time from one step to the next.
    fn pace(&self) -> Duration {
        Duration::from_secs_f64(self.users_per_step() as f64 / self.spawn_rate)
    }

    fn start_users(&mut self) {
        let wanted = self.users_per_step().min(self.target - self.user_count);
        for _ in 0..wanted {
            if !self.start_one() {
                self.is_exhausted = true;
                return;
            }
            self.user_count += 1;
        }
    }

    /// Starts the next user on the next worker. `false` if no class has another one.
    fn start_one(&mut self) -> bool {
        if self.workers.is_empty() {
            return false;
        }
        let (counts, columns) = (&self.counts, self.classes.len());
        let running = |class: usize| -> u32 { counts.iter().skip(class).step_by(columns).sum() };
        let Some(class) = self.next_class.next(&self.classes, running) else {
            return false;
        };
        let worker = self.next_worker % self.workers.len();
        self.next_worker = worker + 1;
        self.counts[worker * columns + class] += 1;
        self.users.push((worker, class));
        true
    }

    fn stop_users(&mut self) {
        let wanted = self.users_per_step().min(self.user_count - self.target);
        for _ in 0..wanted {
            let Some((worker, class)) = self.users.pop() else {
                break;
            };
            self.counts[worker * self.classes.len() + class] -= 1;
            self.user_count -= 1;
        }
        self.next_class.must_try_fixed = true;
    }

    /// Places as many users as run now on these workers, from nothing.
    fn spread(&mut self, workers: Arc<[Arc<str>]>) {
        self.counts = vec![0; workers.len() * self.classes.len()];
        self.workers = workers;
        self.users.clear();
        self.next_worker = 0;
        self.next_class.restart();
        self.is_spread = true;
        for _ in 0..self.user_count {
            if !self.start_one() {
                break;
            }
        }
    }
}

/// Locust's order of workers: the first of each host, the second of each host, and so on, each round
/// by id. The host is what stands before the first `_` of an id.
fn sort_workers(mut ids: Vec<Arc<str>>) -> Arc<[Arc<str>]> {
    ids.sort();
    let mut numbered: Vec<(usize, Arc<str>)> = Vec::with_capacity(ids.len());
    let mut seen = HashMap::<String, usize>::new();
    for id in ids {
        let host = id.split('_').next().unwrap_or_default();
        let number = seen.entry(host.to_owned()).or_insert(0);
        numbered.push((*number, Arc::clone(&id)));
        *number += 1;
    }
    numbered.sort();
    numbered.into_iter().map(|(_, id)| id).collect()
}
