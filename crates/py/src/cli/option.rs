//! One option of the command line, defined once.
//!
//! Name, environment variable, key of config files, attribute of `parsed_options` and help text
//! stand together, so none of them can be forgotten. The tables of options are one file for each
//! heading of `--help`; clap's own definition is made from them.

use clap::{Arg, ArgAction, builder::ValueParser};

use super::value;

/// What follows an option, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: the option is true when it is there.
    Flag,
    /// Any text.
    Text,
    /// A whole number of zero or more.
    Count,
    /// A whole number of one or more.
    Positive,
    /// Any whole number.
    Integer,
    /// A finite number above zero.
    Rate,
    /// `20`, `20s`, `3m`, `2h`, `1h20m`: whole seconds.
    TimeSpan,
    /// One of Python's five log levels, in any case.
    Level,
    /// Hosts that may be loaded, with commas.
    Hosts,
    /// Any number of texts, none included.
    Texts,
    /// Prints something and ends, before a locustfile is read.
    Answer,
}

/// What an option has when nobody gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Default {
    /// `None` in Python; `False` for a flag.
    Nothing,
    /// A text.
    Text(&'static str),
    /// A whole number.
    Integer(i64),
}

/// An option as `--help`, the environment, config files and `parsed_options` know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opt {
    /// Long name without dashes: the key in config files.
    pub(crate) long: &'static str,
    /// One-letter name.
    pub(crate) short: Option<char>,
    /// Attribute of `parsed_options`; the long name with underscores where nothing else is said.
    dest: Option<&'static str>,
    /// Environment variable.
    pub(crate) env: Option<&'static str>,
    /// What follows it.
    pub(crate) kind: Kind,
    /// What it has when nobody gives it.
    pub(crate) default: Default,
    /// How its value is called in the help text.
    metavar: &'static str,
    /// Help text.
    pub(crate) help: &'static str,
    /// Why it cannot be used: a part of gregaria that does not exist, or a change in Locust.
    pub(crate) refusal: Option<&'static str>,
}

impl Opt {
    /// A flag.
    pub(super) const fn flag(long: &'static str, help: &'static str) -> Self {
        Self {
            long,
            short: None,
            dest: None,
            env: None,
            kind: Kind::Flag,
            default: Default::Nothing,
            metavar: "",
            help,
            refusal: None,
        }
    }

    /// An option with a value of this kind, called `metavar` in the help text.
    pub(super) const fn of(
        kind: Kind,
        long: &'static str,
        metavar: &'static str,
        help: &'static str,
    ) -> Self {
        let mut option = Self::flag(long, help);
        option.kind = kind;
        option.metavar = metavar;
        option
    }

    pub(super) const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    pub(super) const fn dest(mut self, dest: &'static str) -> Self {
        self.dest = Some(dest);
        self
    }

    pub(super) const fn env(mut self, env: &'static str) -> Self {
        self.env = Some(env);
        self
    }

    pub(super) const fn text(mut self, default: &'static str) -> Self {
        self.default = Default::Text(default);
        self
    }

    pub(super) const fn integer(mut self, default: i64) -> Self {
        self.default = Default::Integer(default);
        self
    }

    /// Marks an option of Locust that is refused, with this reason, and left out of the help text.
    pub(super) const fn refused(mut self, reason: &'static str) -> Self {
        self.refusal = Some(reason);
        self
    }

    /// The attribute of `parsed_options`.
    pub(crate) fn dest_name(&self) -> String {
        self.dest
            .map_or_else(|| self.long.replace('-', "_"), str::to_owned)
    }

    /// All its names, as argparse writes them in an error: `-u/--users`.
    pub(crate) fn display(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}/--{}", self.long),
            None => format!("--{}", self.long),
        }
    }

    /// Whether it stands alone, without a value.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self.kind, Kind::Flag | Kind::Answer)
    }

    /// clap's definition of it, under this heading of the help text.
    pub(super) fn arg(&self, heading: &'static str) -> Arg {
        let arg = Arg::new(self.long)
            .long(self.long)
            .help(self.help)
            .help_heading(heading)
            .hide(self.refusal.is_some());
        let arg = match self.short {
            Some(short) => arg.short(short),
            None => arg,
        };
        match self.kind {
            Kind::Flag | Kind::Answer => arg.action(ArgAction::SetTrue),
            Kind::Texts => arg
                .action(ArgAction::Append)
                .num_args(0..)
                .value_name(self.metavar),
            _ => arg
                .action(ArgAction::Set)
                .value_name(self.metavar)
                .value_parser(self.value_parser())
                .allow_hyphen_values(true),
        }
    }

    fn value_parser(&self) -> ValueParser {
        match self.kind {
            Kind::Count => value::count.into(),
            Kind::Positive => value::positive.into(),
            Kind::Integer => value::integer.into(),
            Kind::Rate => value::rate.into(),
            Kind::TimeSpan => value::time_span.into(),
            Kind::Level => value::level.into(),
            Kind::Hosts => value::hosts.into(),
            Kind::Text | Kind::Texts | Kind::Flag | Kind::Answer => ValueParser::string(),
        }
    }
}
