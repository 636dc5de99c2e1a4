//! Names to addresses, on a thread of its own: `getaddrinfo` blocks, and the engine must not.
//!
//! Requests that ask for the same name share one question. An answer is kept for one second: long
//! enough for the users that are spawned together, short enough to follow a service that moves.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use dns_lookup::{AddrInfoHints, SockType, getaddrinfo};

use crate::clock::Moment;
use crate::poll::Signal;
use crate::slots::Key;

/// How long an answer is kept.
const LIFETIME: Duration = Duration::from_secs(1);

/// `EAI_SYSTEM`: the look-up failed for a reason outside the resolver.
const EAI_SYSTEM: i32 = -11;

/// `EAI_NONAME`, for a name that the C library cannot even be asked for.
const EAI_NONAME: i32 = -2;

/// Why a name has no address: an `EAI_…` number and the resolver's words.
#[derive(Clone, Debug)]
pub(crate) struct Unresolved {
    pub(crate) code: i32,
    pub(crate) text: Box<str>,
}

type Addresses = Result<Vec<IpAddr>, Unresolved>;

/// What is known about a name at once.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// Its addresses.
    Known(Rc<[IpAddr]>),
    /// The question has been asked, and the answer will come out of [`Resolver::take_answer`].
    Asked,
    /// The thread could not be started.
    Failed(Unresolved),
}

/// An answer, and the connections that asked for it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) addresses: Result<Rc<[IpAddr]>, Unresolved>,
    pub(crate) askers: Vec<Key>,
}

/// The way to the thread and back.
type Thread = (Sender<Box<str>>, Receiver<(Box<str>, Addresses)>);

/// The thread and what is known. The thread is made when the first name has to be looked up.
#[derive(Debug)]
pub(crate) struct Resolver {
    signal: Signal,
    thread: Option<Thread>,
    askers: HashMap<Box<str>, Vec<Key>>,
    known: HashMap<Box<str>, (Moment, Rc<[IpAddr]>)>,
    /// Questions put to the operating system.
    pub(crate) questions: u64,
}

impl Resolver {
    /// `signal` is raised when an answer is there.
    pub(crate) fn new(signal: Signal) -> Self {
        Self {
            signal,
            thread: None,
            askers: HashMap::new(),
            known: HashMap::new(),
            questions: 0,
        }
    }

    /// The addresses of `host`, at once or later. An address is its own answer.
    pub(crate) fn ask(&mut self, host: &str, asker: Key, now: Moment) -> Lookup {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Lookup::Known(Rc::from([address]));
        }
        if let Some((asked_at, addresses)) = self.known.get(host) {
            if now.since(*asked_at) < LIFETIME {
                return Lookup::Known(Rc::clone(addresses));
            }
            self.known.remove(host);
        }
        if let Some(askers) = self.askers.get_mut(host) {
            askers.push(asker);
            return Lookup::Asked;
        }
        match self.question(host) {
            Ok(()) => {
                self.askers.insert(host.into(), vec![asker]);
                self.questions += 1;
                Lookup::Asked
            }
            Err(error) => {
                let text = format!("cannot start the resolver thread: {error}");
                Lookup::Failed(Unresolved {
                    code: EAI_SYSTEM,
                    text: text.into(),
                })
            }
        }
    }

    fn question(&mut self, host: &str) -> io::Result<()> {
        if self.thread.is_none() {
            let (question_sender, questions) = channel();
            let (answer_sender, answers) = channel();
            let signal = self.signal.clone();
            thread::Builder::new()
                .name("gregaria-resolver".into())
                .spawn(move || answer_all(&questions, &answer_sender, &signal))?;
            self.thread = Some((question_sender, answers));
        }
        let (questions, _) = self.thread.as_ref().expect("it was made above");
        questions.send(host.into()).map_err(io::Error::other)
    }

    /// Takes one answer that has come.
    pub(crate) fn take_answer(&mut self, now: Moment) -> Option<Answer> {
        let (_, answers) = self.thread.as_ref()?;
        let (host, addresses) = answers.try_recv().ok()?;
        let askers = self.askers.remove(&host).unwrap_or_default();
        let addresses = addresses.map(|list| {
            let list: Rc<[IpAddr]> = list.into();
            self.known.insert(host, (now, Rc::clone(&list)));
            list
        });
        Some(Answer { addresses, askers })
    }

    /// Drops all answers, so that a new test finds the addresses of today.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }
}

/// The thread's work: ends when the engine is gone.
fn answer_all(
    questions: &Receiver<Box<str>>,
    answers: &Sender<(Box<str>, Addresses)>,
    signal: &Signal,
) {
    while let Ok(host) = questions.recv() {
        let addresses = look_up(&host);
        if answers.send((host, addresses)).is_err() {
            return;
        }
        signal.raise();
    }
}

fn look_up(host: &str) -> Addresses {
    if host.contains('\0') {
        let text = "Name or service not known".into();
        return Err(Unresolved {
            code: EAI_NONAME,
            text,
        });
    }
    let hints = AddrInfoHints {
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    };
    let found = getaddrinfo(Some(host), None, Some(hints)).map_err(|error| {
        let code = error.error_num();
        let text = io::Error::from(error).to_string();
        let text = text
            .strip_prefix("failed to lookup address information: ")
            .unwrap_or(&text);
        Unresolved {
            code,
            text: text.into(),
        }
    })?;
    let mut addresses = Vec::new();
    for entry in found.flatten() {
        let address = entry.sockaddr.ip();
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        let text = "No address associated with hostname".into();
        return Err(Unresolved { code: -5, text });
    }
    Ok(addresses)
}
