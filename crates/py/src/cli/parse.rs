//! From command line, environment and config files to one value for each option.
//!
//! The later of these wins: default files, the file of `--config`, the environment, the command
//! line. So they are laid over each other first, and clap sees one value of each option.

use std::{collections::HashMap, io, path::PathBuf};

use clap::{
    ArgMatches,
    error::{ContextKind, ContextValue},
};

use super::{
    command::{USER_CLASSES, USER_CLASSES_ENV, command, options},
    error::{Origin, Unknown, UsageError},
    option::{Default, Kind, Opt},
    words::{self, Arity, Extra},
};
use crate::config::{self, Content, Setting};

/// All that decides the options of a run.
pub(crate) struct Sources<'a> {
    /// Words of the command line, without the name of the program.
    pub(crate) arguments: &'a [String],
    /// Looks up an environment variable.
    pub(crate) environment: &'a dyn Fn(&str) -> Option<String>,
    /// Config files that are read if they exist, the least important first.
    pub(crate) default_files: &'a [PathBuf],
    /// Options that the locustfile has added.
    pub(crate) extras: &'a [Extra],
}

/// The value of one attribute of `parsed_options`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Nothing,
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    Texts(Vec<String>),
}

/// What became of the sources.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// A value for each attribute of `parsed_options` that is ours.
    pub(crate) options: Vec<(String, Value)>,
    /// Options of the locustfile with their values, for argparse.
    pub(crate) theirs: Vec<String>,
    /// What nobody knows.
    pub(crate) unknown: Vec<Unknown>,
}

/// A config file: its name and what stands in it.
type File = (String, Vec<Setting>);

/// The values given for one option of ours.
struct Given {
    values: Vec<String>,
    origin: Origin,
}

/// Lays the sources over each other and checks every value.
pub(crate) fn parse(sources: &Sources<'_>) -> Result<Parsed, UsageError> {
    let words = words::sort(sources.arguments, sources.extras)?;
    let config = words
        .ours
        .iter()
        .rev()
        .find(|(option, _)| option.long == "config");
    let files = read_files(
        sources.default_files,
        config.map(|(_, values)| values.concat()),
    )?;
    let theirs = with_defaults(words.theirs, sources, &files)?;

    let mut layers = Layers {
        ours: HashMap::new(),
        unknown: words.unknown,
    };
    for (path, settings) in &files {
        layers.file(path, settings, sources.extras)?;
    }
    layers.environment(sources.environment)?;
    for (option, values) in words.ours {
        layers.ours.insert(
            option.long,
            Given {
                values,
                origin: Origin::CommandLine,
            },
        );
    }
    let classes = if words.classes.is_empty() {
        let from_environment = (sources.environment)(USER_CLASSES_ENV).unwrap_or_default();
        from_environment
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    } else {
        words.classes
    };
    let options = check(&layers.ours, &classes)?;
    Ok(Parsed {
        options,
        theirs,
        unknown: layers.unknown,
    })
}

/// Reads the config files that exist; the one that was asked for must.
fn read_files(defaults: &[PathBuf], asked_for: Option<String>) -> Result<Vec<File>, UsageError> {
    let mut files = Vec::new();
    for path in defaults {
        match config::read(path) {
            Ok(settings) => files.push((path.display().to_string(), settings)),
            Err(config::ConfigError::Unreadable { source, .. })
                if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(path) = asked_for {
        let settings = config::read(&PathBuf::from(&path))?;
        files.push((path, settings));
    }
    Ok(files)
}

/// Puts the options of the locustfile that the environment or a file sets before those of the
/// command line, which replace them.
fn with_defaults(
    given: Vec<String>,
    sources: &Sources<'_>,
    files: &[File],
) -> Result<Vec<String>, UsageError> {
    let mut all = Vec::new();
    for extra in sources.extras {
        let is_given = given.iter().any(|word| {
            let name = word.split('=').next().unwrap_or(word);
            extra.names.iter().any(|one| one == name)
        });
        if is_given {
            continue;
        }
        let variable = extra
            .env
            .as_ref()
            .and_then(|name| Some((name, (sources.environment)(name)?)));
        if let Some((name, value)) = variable {
            let content = match extra.arity {
                Arity::Any | Arity::Some | Arity::Exactly(2..) => config::parse_value(&value),
                _ => Content::Text(value),
            };
            all.extend(extra.words(name, content)?);
            continue;
        }
        let setting = files.iter().rev().find_map(|(_, settings)| {
            settings
                .iter()
                .rev()
                .find(|setting| extra.has_key(&setting.key))
        });
        if let Some(Setting { key, content }) = setting {
            all.extend(extra.words(key, content.clone())?);
        }
    }
    all.extend(given);
    Ok(all)
}

impl Extra {
    /// Whether a config file means this option by `key`.
    fn has_key(&self, key: &str) -> bool {
        self.names
            .iter()
            .any(|name| name.trim_start_matches('-') == key)
    }

    /// The words that give this content to the option; `source` is where it was found.
    fn words(&self, source: &str, content: Content) -> Result<Vec<String>, UsageError> {
        let name = self.names.last().cloned().unwrap_or_default();
        match (self.arity, content) {
            (Arity::None, Content::Text(value)) => match switch(&value) {
                Some(is_on) => Ok(if is_on { vec![name] } else { Vec::new() }),
                None => Err(UsageError::Switch {
                    name: source.to_owned(),
                    value,
                }),
            },
            (Arity::Any | Arity::Some | Arity::Exactly(2..), content) => {
                Ok([vec![name], texts(content)].concat())
            }
            // A list for an option that takes one value at a time: it may be given several times.
            (_, content) => Ok(texts(content)
                .iter()
                .map(|value| format!("{name}={value}"))
                .collect()),
        }
    }
}

/// What has been gathered so far for options of ours; a later layer replaces an earlier one.
struct Layers {
    ours: HashMap<&'static str, Given>,
    unknown: Vec<Unknown>,
}

impl Layers {
    fn file(
        &mut self,
        path: &str,
        settings: &[Setting],
        extras: &[Extra],
    ) -> Result<(), UsageError> {
        let origin = Origin::File(path.to_owned());
        for Setting { key, content } in settings {
            if extras.iter().any(|extra| extra.has_key(key)) {
                continue;
            }
            let option = options().find(|option| {
                let is_short = key.chars().eq(option.short);
                (key == option.long || is_short) && option.kind != Kind::Answer
            });
            match option {
                // A config file that names another one is not followed, as in Locust.
                Some(option) if option.long == "config" => {}
                Some(option) => self.set(option, key, content.clone(), origin.clone())?,
                None => self.unknown.extend(
                    texts(content.clone())
                        .into_iter()
                        .map(|value| format!("--{key}={value}"))
                        .map(|argument| Unknown {
                            argument,
                            origin: origin.clone(),
                        }),
                ),
            }
        }
        Ok(())
    }

    fn environment(
        &mut self,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), UsageError> {
        for option in options() {
            let Some((name, value)) = option.env.and_then(|name| Some((name, environment(name)?)))
            else {
                continue;
            };
            let content = match option.kind {
                // An empty text is how a shell says that there are none.
                Kind::Texts if value.is_empty() => continue,
                Kind::Texts => config::parse_value(&value),
                _ => Content::Text(value),
            };
            self.set(option, name, content, Origin::Environment(name.to_owned()))?;
        }
        Ok(())
    }

    fn set(
        &mut self,
        option: &'static Opt,
        name: &str,
        content: Content,
        origin: Origin,
    ) -> Result<(), UsageError> {
        let values = match (option.kind, content) {
            (Kind::Flag, Content::Text(value)) => match switch(&value) {
                Some(true) => Vec::new(),
                Some(false) => {
                    self.ours.remove(option.long);
                    return Ok(());
                }
                None => {
                    return Err(UsageError::Switch {
                        name: name.to_owned(),
                        value,
                    });
                }
            },
            (Kind::Texts, content) => texts(content),
            (Kind::Hosts, content) => vec![texts(content).join(",")],
            (_, Content::Text(value)) => vec![value],
            (_, Content::List(_)) => {
                return Err(UsageError::List {
                    option: option.display(),
                    origin,
                });
            }
        };
        self.ours.insert(option.long, Given { values, origin });
        Ok(())
    }
}

fn texts(content: Content) -> Vec<String> {
    match content {
        Content::Text(text) => vec![text],
        Content::List(items) => items,
    }
}

/// What a flag is set to.
fn switch(value: &str) -> Option<bool> {
    match value.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// Has clap check the values, and reads them out under the names of `parsed_options`.
fn check(
    given: &HashMap<&'static str, Given>,
    classes: &[String],
) -> Result<Vec<(String, Value)>, UsageError> {
    let unsuitable = |option: &Opt, complaint: String| UsageError::Unsuitable {
        option: option.display(),
        complaint,
        origin: given
            .get(option.long)
            .map_or(Origin::CommandLine, |given| given.origin.clone()),
    };
    let mut line = vec!["gregaria".to_owned()];
    for option in options() {
        let Some(given) = given.get(option.long) else {
            continue;
        };
        if let Some(reason) = option.refusal {
            return Err(unsuitable(option, reason.to_owned()));
        }
        let name = format!("--{}", option.long);
        match given.values.as_slice() {
            [] => line.push(name),
            values => line.extend(values.iter().map(|value| format!("{name}={value}"))),
        }
    }
    line.push("--".to_owned());
    line.extend_from_slice(classes);
    let matches = command().try_get_matches_from(line).map_err(|error| {
        let culprit = options().find(|option| is_about(&error, option));
        let complaint = complaint(&error);
        culprit.map_or_else(
            || UsageError::Unsuitable {
                option: "UserClass".to_owned(),
                complaint: complaint.clone(),
                origin: Origin::CommandLine,
            },
            |option| unsuitable(option, complaint.clone()),
        )
    })?;
    let mut values: Vec<(String, Value)> = options()
        .filter(|option| option.kind != Kind::Answer)
        .map(|option| (option.dest_name(), value_of(option, &matches)))
        .collect();
    values.push((USER_CLASSES.to_owned(), Value::Texts(classes.to_vec())));
    Ok(values)
}

/// Whether clap complains about this option; it names it as `--users <N>`.
fn is_about(error: &clap::Error, option: &Opt) -> bool {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(name)) => {
            name.split_whitespace()
                .next()
                .and_then(|name| name.strip_prefix("--"))
                == Some(option.long)
        }
        _ => false,
    }
}

/// What is wrong with the value, in the words of `value.rs`.
fn complaint(error: &clap::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.kind().to_string(), ToString::to_string)
}

fn value_of(option: &Opt, matches: &ArgMatches) -> Value {
    let id = option.long;
    let found = match option.kind {
        Kind::Flag | Kind::Answer => Some(Value::Flag(matches.get_flag(id))),
        Kind::Texts => matches.contains_id(id).then(|| {
            let texts = matches.get_many::<String>(id).unwrap_or_default();
            Value::Texts(texts.cloned().collect())
        }),
        Kind::Rate => matches.get_one(id).map(|number| Value::Number(*number)),
        Kind::Count | Kind::Positive | Kind::Integer | Kind::TimeSpan => {
            matches.get_one(id).map(|number| Value::Integer(*number))
        }
        Kind::Text | Kind::Level | Kind::Hosts => matches.get_one(id).cloned().map(Value::Text),
    };
    found.unwrap_or(match option.default {
        Default::Nothing => Value::Nothing,
        Default::Text(text) => Value::Text(text.to_owned()),
        Default::Integer(number) => Value::Integer(number),
    })
}
