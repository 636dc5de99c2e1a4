//! What happened in a run besides requests, for the charts and the page: users changed, workers lost.
//!
//! A marker has a time, what happened, and its own sentence ([`MarkerKind`] is displayed). The list
//! is bounded: what happens again within [`JOINED_WITHIN_SECONDS`] is one marker, and when
//! [`MAX_MARKERS`] is reached, neighbours are folded. Folding keeps all sums.

use std::fmt;
use std::sync::Arc;

/// Markers kept at most: more than a chart can show apart.
pub const MAX_MARKERS: usize = 512;

/// Seconds within which the same thing, with nothing between, is one marker: the heartbeats of
/// workers that are lost together end within a second or two.
pub const JOINED_WITHIN_SECONDS: f64 = 2.0;

/// Markers that are folded into one of each kind when the list is full. There are twelve kinds, so a
/// quarter of what is folded goes at least.
const FOLDED_TOGETHER: usize = 16;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// When, in seconds since 1970; of several, the first.
    pub time: f64,
    /// When the last of several happened; the same as `time` if there is only one.
    pub until: f64,
    /// What.
    pub kind: MarkerKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkerKind {
    /// The first users are being started.
    RunStarted {
        /// How many users there shall be.
        user_count: u64,
    },
    /// Another number of users was asked for.
    UsersChanged {
        /// Users that there should have been until then.
        from: u64,
        /// Users that there shall be.
        to: u64,
    },
    /// All users of a ramp run, which took long enough to be seen on a chart.
    AllUsers {
        /// How many.
        user_count: u64,
        /// Seconds from the moment they were asked for.
        seconds: f64,
    },
    /// All figures were set to zero, and count on from there.
    FiguresReset,
    /// Workers have gone missing.
    WorkersLost {
        /// How many.
        workers: u64,
        /// Workers that there were before.
        of: u64,
        /// Users that ran on them.
        user_count: u64,
        /// Node id of the first of them.
        first: Arc<str>,
    },
    /// Workers have left in good order, or their users were stopped there.
    WorkersLeft {
        /// How many.
        workers: u64,
        /// Workers that there were before.
        of: u64,
        /// Node id of the first of them.
        first: Arc<str>,
    },
    /// Workers that were lost in this run, or had left it, are there again.
    WorkersBack {
        /// How many.
        workers: u64,
        /// Node id of the first of them.
        first: Arc<str>,
    },
    /// Further workers have come in the middle of the run.
    WorkersJoined {
        /// How many.
        workers: u64,
        /// Node id of the first of them.
        first: Arc<str>,
    },
    /// The users of lost workers run on others: the load is what it should be.
    UsersMoved {
        /// How many.
        user_count: u64,
        /// Seconds from the moment the loss was known until all of them ran.
        seconds: f64,
    },
    /// The users of lost workers are run by nobody, and that lasts.
    UsersMissing {
        /// How many.
        user_count: u64,
        /// Users that there should be.
        of: u64,
    },
    /// The CPU of workers is the limit, for the first time in this run.
    WorkersOverloaded {
        /// How many.
        workers: u64,
        /// Node id of the first of them.
        first: Arc<str>,
    },
    /// The CPU of this very process, which runs the users, is the limit for the first time in this run.
    Overloaded,
    /// Users are told to stop: what is counted from here on is the end of the run.
    RunEnded {
        /// Why, in a few words.
        reason: Arc<str>,
    },
}

impl Marker {
    /// Something that happens at `time`, in seconds since 1970.
    pub fn new(time: f64, kind: MarkerKind) -> Self {
        Self {
            time,
            until: time,
            kind,
        }
    }

    /// Adds a later marker to this one; `false` if they are of different kinds.
    fn join(&mut self, later: &Self) -> bool {
        let is_joined = self.kind.join(&later.kind);
        if is_joined {
            self.until = self.until.max(later.until);
        }
        is_joined
    }
}

impl MarkerKind {
    fn join(&mut self, later: &Self) -> bool {
        match (self, later) {
            (Self::RunStarted { user_count }, Self::RunStarted { user_count: last }) => {
                *user_count = *last;
            }
            (Self::UsersChanged { to, .. }, Self::UsersChanged { to: last, .. }) => *to = *last,
            (
                Self::AllUsers {
                    user_count,
                    seconds,
                },
                Self::AllUsers {
                    user_count: users,
                    seconds: took,
                },
            ) => (*user_count, *seconds) = (*users, *took),
            (Self::FiguresReset, Self::FiguresReset) | (Self::Overloaded, Self::Overloaded) => {}
            (
                Self::WorkersLost {
                    workers,
                    of,
                    user_count,
                    ..
                },
                Self::WorkersLost {
                    workers: more,
                    of: others,
                    user_count: users,
                    ..
                },
            ) => {
                *workers += more;
                *of = (*of).max(*others);
                *user_count += users;
            }
            (
                Self::WorkersLeft { workers, of, .. },
                Self::WorkersLeft {
                    workers: more,
                    of: others,
                    ..
                },
            ) => {
                *workers += more;
                *of = (*of).max(*others);
            }
            (Self::WorkersBack { workers, .. }, Self::WorkersBack { workers: more, .. })
            | (Self::WorkersJoined { workers, .. }, Self::WorkersJoined { workers: more, .. })
            | (
                Self::WorkersOverloaded { workers, .. },
                Self::WorkersOverloaded { workers: more, .. },
            ) => {
                *workers += more;
            }
            (
                Self::UsersMoved {
                    user_count,
                    seconds,
                },
                Self::UsersMoved {
                    user_count: users,
                    seconds: took,
                },
            ) => {
                *user_count += users;
                *seconds = seconds.max(*took);
            }
            (
                Self::UsersMissing { user_count, of },
                Self::UsersMissing {
                    user_count: users,
                    of: all,
                },
            ) => (*user_count, *of) = (*users, *all),
            (Self::RunEnded { reason }, Self::RunEnded { reason: last }) => {
                *reason = Arc::clone(last);
            }
            _ => return false,
        }
        true
    }
}

impl fmt::Display for MarkerKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunStarted { user_count } => {
                write!(formatter, "run started with {}", users(*user_count))
            }
            Self::UsersChanged { from, to } => write!(formatter, "users {from} → {to}"),
            Self::AllUsers {
                user_count,
                seconds,
            } => write!(
                formatter,
                "all {} run after {seconds:.0} s",
                users(*user_count)
            ),
            Self::FiguresReset => formatter.write_str("statistics reset"),
            Self::WorkersLost {
                workers: 1,
                of,
                user_count,
                first,
            } => write!(
                formatter,
                "worker {first} lost, one of {of}, with {}",
                users(*user_count)
            ),
            Self::WorkersLost {
                workers,
                of,
                user_count,
                ..
            } => write!(
                formatter,
                "{workers} of {of} workers lost, with {}",
                users(*user_count)
            ),
            Self::WorkersLeft {
                workers: 1,
                of,
                first,
            } => write!(formatter, "worker {first} left, one of {of}"),
            Self::WorkersLeft { workers, of, .. } => {
                write!(formatter, "{workers} of {of} workers left")
            }
            Self::WorkersBack { workers: 1, first } => write!(formatter, "worker {first} is back"),
            Self::WorkersBack { workers, .. } => write!(formatter, "{workers} workers are back"),
            Self::WorkersJoined { workers: 1, first } => {
                write!(formatter, "worker {first} has joined")
            }
            Self::WorkersJoined { workers, .. } => {
                write!(formatter, "{workers} workers have joined")
            }
            Self::UsersMoved {
                user_count,
                seconds,
            } => write!(formatter, "{} moved in {seconds:.1} s", users(*user_count)),
            Self::UsersMissing { user_count, of } => {
                let share = 100.0 * *user_count as f64 / (*of).max(1) as f64;
                let verb = if *user_count == 1 { "is" } else { "are" };
                let missing = users(*user_count);
                write!(
                    formatter,
                    "{missing} {verb} missing: load is {share:.1} % low"
                )
            }
            Self::WorkersOverloaded { workers: 1, first } => {
                write!(formatter, "worker {first} uses more than 90 % of a core")
            }
            Self::WorkersOverloaded { workers, .. } => {
                write!(formatter, "{workers} workers use more than 90 % of a core")
            }
            Self::Overloaded => {
                formatter.write_str("the load generator uses more than 90 % of a core")
            }
            Self::RunEnded { reason } => write!(formatter, "run ended: {reason}"),
        }
    }
}

fn users(count: u64) -> String {
    format!("{count} user{}", if count == 1 { "" } else { "s" })
}

/// Markers of a run, in the order in which they were set.
#[derive(Clone, Debug, Default)]
pub struct Markers {
    list: Vec<Marker>,
}

impl Markers {
    /// Adds a marker.
    pub fn push(&mut self, marker: Marker) {
        if let Some(last) = self.list.last_mut()
            && marker.time - last.until <= JOINED_WITHIN_SECONDS
            && last.join(&marker)
        {
            return;
        }
        if self.list.len() == MAX_MARKERS {
            self.fold();
        }
        self.list.push(marker);
    }

    /// All of them; their times rise, unless the clock was set back.
    pub fn as_slice(&self) -> &[Marker] {
        &self.list
    }

    /// When the run that lasts has begun, in seconds since 1970; `None` if none lasts.
    pub fn running_since(&self) -> Option<f64> {
        let mut latest = self.list.iter().rev();
        latest.find_map(|one| match one.kind {
            MarkerKind::RunStarted { .. } => Some(Some(one.time)),
            MarkerKind::RunEnded { .. } => Some(None),
            _ => None,
        })?
    }

    /// Folds the older three quarters; what happened last stays as it was.
    fn fold(&mut self) {
        let recent = self.list.split_off(MAX_MARKERS / 4 * 3);
        let mut folded: Vec<Marker> = Vec::new();
        for group in self.list.chunks(FOLDED_TOGETHER) {
            let start = folded.len();
            for marker in group {
                if !folded[start..].iter_mut().any(|one| one.join(marker)) {
                    folded.push(marker.clone());
                }
            }
        }
        folded.extend(recent);
        self.list = folded;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(time: f64, workers: u64) -> Marker {
        Marker::new(
            time,
            MarkerKind::WorkersLost {
                workers,
                of: 200,
                user_count: 25 * workers,
                first: "a".into(),
            },
        )
    }

    fn changed(time: f64, from: u64, to: u64) -> Marker {
        Marker::new(time, MarkerKind::UsersChanged { from, to })
    }

    fn moved(time: f64, seconds: f64) -> Marker {
        let user_count = 25;
        Marker::new(
            time,
            MarkerKind::UsersMoved {
                user_count,
                seconds,
            },
        )
    }

    fn left(time: f64, workers: u64) -> Marker {
        Marker::new(
            time,
            MarkerKind::WorkersLeft {
                workers,
                of: 200,
                first: "a".into(),
            },
        )
    }

    fn hot(time: f64, workers: u64) -> Marker {
        let first = "a".into();
        Marker::new(time, MarkerKind::WorkersOverloaded { workers, first })
    }

    #[test]
    fn workers_that_leave_or_run_hot_together_are_one_marker_of_each() {
        let mut markers = Markers::default();
        for marker in [
            left(1.0, 1),
            left(1.5, 2),
            hot(2.0, 1),
            hot(3.0, 4),
            lost(3.5, 1),
        ] {
            markers.push(marker);
        }
        let texts: Vec<String> = markers
            .list
            .iter()
            .map(|one| one.kind.to_string())
            .collect();
        assert_eq!(
            texts,
            [
                "3 of 200 workers left",
                "5 workers use more than 90 % of a core",
                "worker a lost, one of 200, with 25 users"
            ]
        );
    }

    #[test]
    fn a_run_is_on_from_its_first_marker_to_its_last() {
        let mut markers = Markers::default();
        assert_eq!(markers.running_since(), None);
        markers.push(Marker::new(1.0, MarkerKind::RunStarted { user_count: 1 }));
        markers.push(changed(2.0, 1, 2));
        assert_eq!(markers.running_since(), Some(1.0));
        let reason = "stopped".into();
        markers.push(Marker::new(3.0, MarkerKind::RunEnded { reason }));
        assert_eq!(markers.running_since(), None);
    }

    #[test]
    fn workers_that_are_lost_together_are_one_marker() {
        let mut markers = Markers::default();
        markers.push(lost(100.0, 1));
        markers.push(lost(101.0, 2));
        markers.push(lost(104.5, 1));
        let [first, second] = markers.as_slice() else {
            panic!("{markers:?}")
        };
        assert_eq!((first.time, first.until), (100.0, 101.0));
        assert_eq!(
            first.kind.to_string(),
            "3 of 200 workers lost, with 75 users"
        );
        assert_eq!(
            second.kind.to_string(),
            "worker a lost, one of 200, with 25 users"
        );
    }

    #[test]
    fn what_happens_between_keeps_two_of_a_kind_apart() {
        let mut markers = Markers::default();
        for marker in [lost(1.0, 1), moved(1.2, 0.2), lost(1.4, 1)] {
            markers.push(marker);
        }
        assert_eq!(markers.as_slice().len(), 3);
    }

    #[test]
    fn markers_say_what_happened() {
        let texts = [
            (
                MarkerKind::RunStarted { user_count: 1 },
                "run started with 1 user",
            ),
            (
                MarkerKind::UsersChanged { from: 500, to: 800 },
                "users 500 → 800",
            ),
            (
                MarkerKind::AllUsers {
                    user_count: 5000,
                    seconds: 99.6,
                },
                "all 5000 users run after 100 s",
            ),
            (MarkerKind::FiguresReset, "statistics reset"),
            (left(0.0, 1).kind, "worker a left, one of 200"),
            (left(0.0, 2).kind, "2 of 200 workers left"),
            (hot(0.0, 1).kind, "worker a uses more than 90 % of a core"),
            (hot(0.0, 3).kind, "3 workers use more than 90 % of a core"),
            (
                MarkerKind::Overloaded,
                "the load generator uses more than 90 % of a core",
            ),
            (moved(0.0, 4.04).kind, "25 users moved in 4.0 s"),
            (
                MarkerKind::UsersMissing {
                    user_count: 75,
                    of: 5000,
                },
                "75 users are missing: load is 1.5 % low",
            ),
            (
                MarkerKind::RunEnded {
                    reason: "the last worker went missing".into(),
                },
                "run ended: the last worker went missing",
            ),
        ];
        for (kind, text) in texts {
            assert_eq!(kind.to_string(), text);
        }
    }

    #[test]
    fn very_many_markers_are_folded_and_no_sum_is_lost() {
        let mut markers = Markers::default();
        markers.push(Marker::new(0.0, MarkerKind::RunStarted { user_count: 7 }));
        for round in 0..10_000_u64 {
            let time = 10.0 * (round + 1) as f64;
            markers.push(lost(time, 1));
            markers.push(moved(time + 1.0, 1.0));
            markers.push(changed(time + 5.0, round, round + 1));
            assert!(markers.as_slice().len() <= MAX_MARKERS);
        }
        let all = markers.as_slice();
        assert!(matches!(all[0].kind, MarkerKind::RunStarted { .. }));
        let (mut workers_lost, mut users_moved, mut users) = (0, 0, 0);
        for marker in all {
            match &marker.kind {
                MarkerKind::WorkersLost { workers, .. } => workers_lost += workers,
                MarkerKind::UsersMoved { user_count, .. } => users_moved += user_count,
                MarkerKind::UsersChanged { from, to } => {
                    assert_eq!(*from, users);
                    users = *to;
                }
                _ => {}
            }
        }
        assert_eq!(
            (workers_lost, users_moved, users),
            (10_000, 250_000, 10_000)
        );
        // What happened last is not folded.
        let last = &all[all.len() - 3..];
        assert!(last.iter().all(|marker| marker.until - marker.time < 0.1));
    }
}
