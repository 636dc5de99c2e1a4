//! What workers say to their master.

use rmpv::{Value, ValueRef};

use super::fields::{Extra, Fields, MapOf, Pairs, WrongField};
use super::message::{Message, PeerVersion};
use super::number::Number;
use super::stats::{StatsReport, counts};

/// A message of a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum ToMaster {
    /// `locustfile`: a worker started with `-f -` asks for the test.
    Locustfile(LocustfileRequest),
    /// `client_ready`: a worker wants to take part.
    ClientReady(PeerVersion),
    /// `heartbeat`: each second.
    Heartbeat(Heartbeat),
    /// `stats`: each three seconds.
    Stats(Box<StatsReport>),
    /// `spawning`: a `spawn` has arrived.
    Spawning,
    /// `spawning_complete`: it has been carried out.
    SpawningComplete(UserCounts),
    /// `exception`: a task has ended in an error.
    Exception(ExceptionReport),
    /// `logs`: all lines the worker has kept.
    Logs(LogLines),
    /// `client_stopped`: its users have stopped.
    ClientStopped,
    /// `quit`: it leaves.
    Quit,
    /// A message of a locustfile.
    Custom {
        /// Its type.
        kind: String,
        /// Whatever was sent.
        data: Value,
    },
}

/// Data of `locustfile` on its way to the master.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LocustfileRequest {
    /// Version of the worker.
    pub version: PeerVersion,
    /// Fields Locust lacks.
    pub extra: Extra,
}

/// Data of `heartbeat` on its way to the master.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heartbeat {
    /// The worker's state, in its own word: see [`State::from_word`](crate::State::from_word).
    pub state: String,
    /// CPU time of the process in percent of one core. Other clients may leave it out.
    pub current_cpu_usage: Option<Number>,
    /// Memory of the process, in bytes. Other clients may leave it out.
    pub current_memory_usage: Option<Number>,
    /// Fields Locust lacks.
    pub extra: Extra,
}

/// Data of `spawning_complete` on its way to the master.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserCounts {
    /// Users of every class of the locustfile, those without users included.
    pub user_classes_count: Vec<(String, u64)>,
    /// All users of the worker.
    pub user_count: u64,
    /// Fields Locust lacks.
    pub extra: Extra,
}

/// Data of `exception`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExceptionReport {
    /// Text of the error.
    pub msg: String,
    /// Where it was raised: Python's lines, without the last one.
    pub traceback: String,
    /// Fields Locust lacks.
    pub extra: Extra,
}

/// Data of `logs`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogLines {
    /// Node id of the worker.
    pub worker_id: String,
    /// All lines it has kept, oldest first.
    pub logs: Vec<String>,
    /// Fields Locust lacks.
    pub extra: Extra,
}

impl Message for ToMaster {
    fn kind(&self) -> &str {
        match self {
            Self::Locustfile(_) => "locustfile",
            Self::ClientReady(_) => "client_ready",
            Self::Heartbeat(_) => "heartbeat",
            Self::Stats(_) => "stats",
            Self::Spawning => "spawning",
            Self::SpawningComplete(_) => "spawning_complete",
            Self::Exception(_) => "exception",
            Self::Logs(_) => "logs",
            Self::ClientStopped => "client_stopped",
            Self::Quit => "quit",
            Self::Custom { kind, .. } => kind,
        }
    }

    fn from_data(kind: &str, data: ValueRef<'_>) -> Result<Self, WrongField> {
        Ok(match kind {
            "locustfile" => Self::Locustfile(LocustfileRequest::from_data(data)?),
            "client_ready" => Self::ClientReady(PeerVersion::from_data(&data)?),
            "heartbeat" => Self::Heartbeat(Heartbeat::from_data(data)?),
            "stats" => Self::Stats(Box::new(StatsReport::from_data(data)?)),
            "spawning" => Self::Spawning,
            "spawning_complete" => Self::SpawningComplete(UserCounts::from_data(data)?),
            "exception" => Self::Exception(ExceptionReport::from_data(data)?),
            "logs" => Self::Logs(LogLines::from_data(data)?),
            "client_stopped" => Self::ClientStopped,
            "quit" => Self::Quit,
            custom => Self::Custom {
                kind: custom.to_owned(),
                data: data.to_owned(),
            },
        })
    }

    fn to_data(&self) -> ValueRef<'_> {
        match self {
            Self::Locustfile(request) => MapOf::new()
                .with("version", request.version.to_data())
                .with_extra(&request.extra),
            Self::ClientReady(version) => version.to_data(),
            Self::Heartbeat(heartbeat) => heartbeat.to_data(),
            Self::Stats(report) => report.to_data(),
            Self::SpawningComplete(users) => MapOf::new()
                .with("user_classes_count", counts(&users.user_classes_count))
                .with("user_count", users.user_count)
                .with_extra(&users.extra),
            Self::Exception(exception) => MapOf::new()
                .with("msg", exception.msg.as_str())
                .with("traceback", exception.traceback.as_str())
                .with_extra(&exception.extra),
            Self::Logs(lines) => lines.to_data(),
            Self::Spawning | Self::ClientStopped | Self::Quit => ValueRef::Nil,
            Self::Custom { data, .. } => data.as_ref(),
        }
    }
}

impl LocustfileRequest {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        Ok(Self {
            version: match fields.maybe::<ValueRef<'_>>("version")? {
                Some(version) => PeerVersion::from_data(&version)?,
                None => PeerVersion::Absent,
            },
            extra: fields.rest(),
        })
    }
}

impl Heartbeat {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        Ok(Self {
            state: fields.need("state")?,
            current_cpu_usage: fields.maybe("current_cpu_usage")?,
            current_memory_usage: fields.maybe("current_memory_usage")?,
            extra: fields.rest(),
        })
    }

    fn to_data(&self) -> ValueRef<'_> {
        let cpu = self.current_cpu_usage.unwrap_or(Number::Float(0.0));
        let memory = self.current_memory_usage.unwrap_or_default();
        MapOf::new()
            .with("state", self.state.as_str())
            .with("current_cpu_usage", cpu.to_value())
            .with("current_memory_usage", memory.to_value())
            .with_extra(&self.extra)
    }
}

impl UserCounts {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        Ok(Self {
            user_classes_count: fields.need::<Pairs<_, _>>("user_classes_count")?.0,
            user_count: fields.need("user_count")?,
            extra: fields.rest(),
        })
    }
}

impl ExceptionReport {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        Ok(Self {
            msg: fields.need("msg")?,
            traceback: fields.need("traceback")?,
            extra: fields.rest(),
        })
    }
}

impl LogLines {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        Ok(Self {
            worker_id: fields.need("worker_id")?,
            logs: fields.need("logs")?,
            extra: fields.rest(),
        })
    }

    fn to_data(&self) -> ValueRef<'_> {
        let lines = self.logs.iter().map(|line| line.as_str().into());
        MapOf::new()
            .with("worker_id", self.worker_id.as_str())
            .with("logs", ValueRef::Array(lines.collect()))
            .with_extra(&self.extra)
    }
}
