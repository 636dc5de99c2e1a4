//! What the kernel tells us: the only file that names epoll, timerfd and eventfd.
//!
//! One epoll descriptor stands for everything the engine waits for, so that a loop around it has to
//! watch that descriptor alone. It is level-triggered: what has not been read is reported again, so
//! nothing is lost when a turn ends early.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, epoll, eventfd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

use crate::clock::Moment;
use crate::slots::Key;

/// Events taken in one turn: some 1.5 ms of work, after which other greenlets get their chance.
const MAX_EVENTS: usize = 256;

/// Data of the timer's event. Keys never reach these two: there are fewer slots than 2³².
const TIMER: u64 = u64::MAX;
/// Data of the signal's event.
const SIGNAL: u64 = u64::MAX - 1;

/// What a connection wants to hear about. That it was lost is always reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Bytes to read.
    Read,
    /// Bytes to read, and room to write.
    ReadAndWrite,
    /// Nothing, not even that the connection was lost: it is not in the set.
    Nothing,
}

impl Interest {
    fn flags(self) -> epoll::EventFlags {
        match self {
            Self::Read => epoll::EventFlags::IN,
            Self::ReadAndWrite => epoll::EventFlags::IN | epoll::EventFlags::OUT,
            Self::Nothing => epoll::EventFlags::empty(),
        }
    }
}

/// Who an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The earliest deadline has come.
    Timer,
    /// Another thread has something for us.
    Signal,
    /// A connection can be read, or was lost, or can be written.
    Connection {
        /// The connection; it may have been closed since.
        key: Key,
        /// There is room to write, or the connection was lost.
        is_writable: bool,
        /// There is something to read, or the connection was lost.
        is_readable: bool,
    },
}

/// The set of everything that is waited for.
pub(crate) struct Poll {
    epoll: OwnedFd,
    timer: OwnedFd,
    signal: Signal,
    events: Vec<epoll::Event>,
    /// What the timer is set to.
    armed: Moment,
}

impl std::fmt::Debug for Poll {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Poll")
            .field("armed", &self.armed)
            .finish_non_exhaustive()
    }
}

impl Poll {
    /// A set that holds the timer and the signal.
    pub(crate) fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        let signal = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        epoll::add(
            &epoll,
            &timer,
            epoll::EventData::new_u64(TIMER),
            epoll::EventFlags::IN,
        )?;
        epoll::add(
            &epoll,
            &signal,
            epoll::EventData::new_u64(SIGNAL),
            epoll::EventFlags::IN,
        )?;
        Ok(Self {
            epoll,
            timer,
            signal: Signal(Arc::new(signal)),
            events: Vec::with_capacity(MAX_EVENTS),
            armed: Moment::NEVER,
        })
    }

    /// Readable when there is an event.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }

    /// Makes the descriptor readable from any thread.
    pub(crate) fn signal(&self) -> &Signal {
        &self.signal
    }

    /// Takes up to [`MAX_EVENTS`] events without waiting, and tells how many there are.
    pub(crate) fn take_events(&mut self) -> io::Result<usize> {
        self.events.clear();
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        match epoll::wait(
            &self.epoll,
            spare_capacity(&mut self.events),
            Some(&at_once),
        ) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(self.events.len()),
            Err(error) => Err(error.into()),
        }
    }

    /// An event of those taken last.
    pub(crate) fn event(&self, index: usize) -> Event {
        let event = self.events[index];
        match event.data.u64() {
            TIMER => Event::Timer,
            SIGNAL => Event::Signal,
            data => {
                let lost = epoll::EventFlags::ERR | epoll::EventFlags::HUP;
                let flags = event.flags;
                Event::Connection {
                    key: Key::from_raw(data),
                    is_writable: flags.intersects(epoll::EventFlags::OUT | lost),
                    is_readable: flags.intersects(epoll::EventFlags::IN | lost),
                }
            }
        }
    }

    /// Blocks until there is an event, or `limit` has passed.
    pub(crate) fn wait(&self, limit: Duration) -> io::Result<()> {
        let limit = Timespec::try_from(limit).unwrap_or(Timespec {
            tv_sec: i64::MAX,
            tv_nsec: 0,
        });
        let mut descriptors = [PollFd::new(&self.epoll, PollFlags::IN)];
        match rustix::event::poll(&mut descriptors, Some(&limit)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes what a connection wants to hear about. Closing a socket takes it out of the set.
    pub(crate) fn watch(
        &self,
        socket: BorrowedFd<'_>,
        key: Key,
        old: Interest,
        new: Interest,
    ) -> io::Result<()> {
        let data = epoll::EventData::new_u64(key.to_raw());
        match (old, new) {
            _ if old == new => {}
            (Interest::Nothing, _) => epoll::add(&self.epoll, socket, data, new.flags())?,
            (_, Interest::Nothing) => epoll::delete(&self.epoll, socket)?,
            _ => epoll::modify(&self.epoll, socket, data, new.flags())?,
        }
        Ok(())
    }

    /// What the timer is set to.
    pub(crate) fn armed(&self) -> Moment {
        self.armed
    }

    /// Sets the timer, and forgets that it has fired.
    pub(crate) fn arm(&mut self, moment: Moment) -> io::Result<()> {
        let zero = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let value = if moment == Moment::NEVER {
            zero
        } else {
            let (seconds, nanoseconds) = moment.to_parts();
            Timespec {
                tv_sec: seconds,
                tv_nsec: nanoseconds,
            }
        };
        let time = Itimerspec {
            it_interval: zero,
            it_value: value,
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &time)?;
        self.armed = moment;
        Ok(())
    }
}

/// Makes the descriptor of a [`Poll`] readable. May be used by any thread.
#[derive(Clone, Debug)]
pub(crate) struct Signal(Arc<OwnedFd>);

impl Signal {
    /// Raises the signal; raising it twice is raising it once.
    pub(crate) fn raise(&self) {
        // The only error is a counter that is full, and then the descriptor is readable already.
        let _ = rustix::io::write(&*self.0, &1u64.to_ne_bytes());
    }

    /// Takes the signal back, so that the descriptor is no longer readable on its account.
    pub(crate) fn lower(&self) {
        // The only error is a signal that was not raised.
        let _ = rustix::io::read(&*self.0, &mut [0u8; 8]);
    }
}
