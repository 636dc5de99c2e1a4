//! What a master says to its workers.

use rmpv::{Value, ValueRef};

use super::fields::{Extra, Fields, MapOf, Pairs, Read, WrongField, or_nil};
use super::message::Message;
use super::stats::counts;

/// A message of the master.
#[derive(Clone, Debug, PartialEq)]
pub enum ToWorker {
    /// `ack`: the worker is accepted.
    Ack(Ack),
    /// `spawn`: how many users of each class the worker has to run.
    Spawn(Box<Spawn>),
    /// `spawning_complete`: all workers together have reached the target.
    SpawningComplete {
        /// Users of all workers.
        user_count: u64,
    },
    /// `stop`: end the run and be ready for the next.
    Stop,
    /// `quit`: end the process.
    Quit,
    /// `reconnect`: open the connection anew, with the same identity.
    Reconnect,
    /// `heartbeat`: an answer to the worker's own.
    Heartbeat,
    /// `locustfile`: the test, or why there is none.
    Locustfile(LocustfileReply),
    /// `update_user_class`: new values for attributes of a user class.
    UpdateUserClass(ClassUpdate),
    /// A message of a locustfile.
    Custom {
        /// Its type.
        kind: String,
        /// Whatever was sent.
        data: Value,
    },
}

/// Data of `ack`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ack {
    /// Number of the worker, from 0, fixed for the life of its master. Old masters send none.
    pub index: Option<u64>,
    /// Fields Locust lacks.
    pub extra: Extra,
}

/// Data of `spawn`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spawn {
    /// The master's clock. A worker discards a `spawn` that is not newer than its last.
    pub timestamp: f64,
    /// Users of each class on this worker, as absolute targets.
    pub user_classes_count: Vec<(String, u64)>,
    /// Base URL under test, if it was not left to the user classes.
    pub host: Option<String>,
    /// Seconds a user may take to finish its task when it is stopped.
    pub stop_timeout: Option<f64>,
    /// All options of the master by their destination, those of the locustfile included.
    pub parsed_options: Extra,
    /// Fields Locust lacks.
    pub extra: Extra,
}

/// Data of `locustfile` on its way to a worker.
#[derive(Clone, Debug, PartialEq)]
pub struct LocustfileReply {
    /// The files, or the text of an error for people.
    pub outcome: Result<Vec<Locustfile>, String>,
    /// Fields Locust lacks.
    pub extra: Extra,
}

/// A part of the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locustfile {
    /// A file to be written down.
    File {
        /// Name without folders. It comes from a peer: to be checked before it becomes a path.
        filename: String,
        /// Its text.
        contents: String,
    },
    /// An address to be fetched by the worker.
    Url(String),
}

/// Data of `update_user_class`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassUpdate {
    /// Name of the class.
    pub user_class_name: String,
    /// Attributes and their values; `tasks` is a list of names.
    pub attributes: Extra,
}

impl Message for ToWorker {
    fn kind(&self) -> &str {
        match self {
            Self::Ack(_) => "ack",
            Self::Spawn(_) => "spawn",
            Self::SpawningComplete { .. } => "spawning_complete",
            Self::Stop => "stop",
            Self::Quit => "quit",
            Self::Reconnect => "reconnect",
            Self::Heartbeat => "heartbeat",
            Self::Locustfile(_) => "locustfile",
            Self::UpdateUserClass(_) => "update_user_class",
            Self::Custom { kind, .. } => kind,
        }
    }

    fn from_data(kind: &str, data: ValueRef<'_>) -> Result<Self, WrongField> {
        Ok(match kind {
            "ack" => Self::Ack(Ack::from_data(data)?),
            "spawn" => Self::Spawn(Box::new(Spawn::from_data(data)?)),
            "spawning_complete" => Self::SpawningComplete {
                user_count: Fields::of(data)?.need("user_count")?,
            },
            "stop" => Self::Stop,
            "quit" => Self::Quit,
            "reconnect" => Self::Reconnect,
            "heartbeat" => Self::Heartbeat,
            "locustfile" => Self::Locustfile(LocustfileReply::from_data(data)?),
            "update_user_class" => Self::UpdateUserClass(ClassUpdate::from_data(data)?),
            custom => Self::Custom {
                kind: custom.to_owned(),
                data: data.to_owned(),
            },
        })
    }

    fn to_data(&self) -> ValueRef<'_> {
        match self {
            Self::Ack(ack) => ack.to_data(),
            Self::Spawn(spawn) => spawn.to_data(),
            Self::SpawningComplete { user_count } => {
                ValueRef::Map(vec![("user_count".into(), (*user_count).into())])
            }
            Self::Stop | Self::Quit | Self::Reconnect | Self::Heartbeat => ValueRef::Nil,
            Self::Locustfile(reply) => reply.to_data(),
            Self::UpdateUserClass(update) => MapOf::new()
                .with("user_class_name", update.user_class_name.as_str())
                .with_extra(&update.attributes),
            Self::Custom { data, .. } => data.as_ref(),
        }
    }
}

impl Ack {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        if data == ValueRef::Nil {
            return Ok(Self::default());
        }
        let mut fields = Fields::of(data)?;
        Ok(Self {
            index: fields.maybe("index")?,
            extra: fields.rest(),
        })
    }

    fn to_data(&self) -> ValueRef<'_> {
        match self.index {
            None if self.extra.is_empty() => ValueRef::Nil,
            index => MapOf::new()
                .with("index", or_nil(index))
                .with_extra(&self.extra),
        }
    }
}

impl Spawn {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        Ok(Self {
            timestamp: fields.need("timestamp")?,
            user_classes_count: fields.need::<Pairs<_, _>>("user_classes_count")?.0,
            host: fields.maybe("host")?,
            stop_timeout: fields.maybe("stop_timeout")?,
            parsed_options: match fields.maybe("parsed_options")? {
                Some(options) => Fields::of(options)?.rest(),
                None => Extra::default(),
            },
            extra: fields.rest(),
        })
    }

    fn to_data(&self) -> ValueRef<'_> {
        MapOf::new()
            .with("timestamp", self.timestamp)
            .with("user_classes_count", counts(&self.user_classes_count))
            .with("host", or_nil(self.host.as_deref()))
            .with("stop_timeout", or_nil(self.stop_timeout))
            .with(
                "parsed_options",
                MapOf::new().with_extra(&self.parsed_options),
            )
            .with_extra(&self.extra)
    }
}

impl LocustfileReply {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        Ok(Self {
            outcome: match fields.maybe("error")? {
                Some(text) => Err(text),
                None => Ok(fields.need("locustfiles")?),
            },
            extra: fields.rest(),
        })
    }

    fn to_data(&self) -> ValueRef<'_> {
        match &self.outcome {
            Ok(files) => {
                let files = files.iter().map(Locustfile::to_value);
                MapOf::new().with("locustfiles", ValueRef::Array(files.collect()))
            }
            Err(text) => MapOf::new().with("error", text.as_str()),
        }
        .with_extra(&self.extra)
    }
}

impl Locustfile {
    fn to_value(&self) -> ValueRef<'_> {
        match self {
            Self::File { filename, contents } => ValueRef::Map(vec![
                ("filename".into(), filename.as_str().into()),
                ("contents".into(), contents.as_str().into()),
            ]),
            Self::Url(url) => url.as_str().into(),
        }
    }
}

impl<'v> Read<'v> for Locustfile {
    const WHAT: &'static str = "a file or an address";

    fn read(value: ValueRef<'v>) -> Option<Self> {
        if let ValueRef::String(url) = value {
            return url.into_string().map(Self::Url);
        }
        let mut fields = Fields::of(value).ok()?;
        Some(Self::File {
            filename: fields.need("filename").ok()?,
            contents: fields.need("contents").ok()?,
        })
    }
}

impl ClassUpdate {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        Ok(Self {
            user_class_name: fields.need("user_class_name")?,
            attributes: fields.rest(),
        })
    }
}
