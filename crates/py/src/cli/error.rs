//! What can be wrong with a command line, in the words of Python's argparse.

use crate::config::ConfigError;

/// Why the arguments cannot be used. The exit code is always 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    /// A shortened name that begins several options.
    #[error("ambiguous option: {given} could match {}", matches.join(", "))]
    Ambiguous { given: String, matches: Vec<String> },
    /// An option that ends the line, or is followed by another one.
    #[error("argument {option}: expected {wanted}")]
    Missing { option: String, wanted: String },
    /// `--headless=3`.
    #[error("argument {option}: ignored explicit argument '{value}'")]
    Superfluous { option: String, value: String },
    /// A value that does not suit its option, or an option that cannot be used.
    #[error("argument {option}: {complaint}{}", hint(origin))]
    Unsuitable {
        option: String,
        complaint: String,
        origin: Origin,
    },
    /// A flag that is neither on nor off.
    #[error(
        "Unexpected value for {name}: '{value}'. \
         Expecting 'true', 'false', 'yes', 'no', 'on', 'off', '1' or '0'"
    )]
    Switch { name: String, value: String },
    /// Several values in a config file for an option that takes one.
    #[error("argument {option}: takes one value, not a list{}", hint(origin))]
    List { option: String, origin: Origin },
    /// A config file that cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The command line itself.
    CommandLine,
    /// An environment variable.
    Environment(String),
    /// A config file.
    File(String),
}

/// Tells where to look, on a line of its own, if it is not the command line.
fn hint(origin: &Origin) -> String {
    match origin {
        Origin::CommandLine => String::new(),
        Origin::Environment(name) => format!("\nIt is set by the environment variable {name}"),
        Origin::File(path) => format!("\nIt is set in `{path}`"),
    }
}

/// An argument nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// The argument as it was given, or as it would have been: `--nope=5`.
    pub(crate) argument: String,
    /// Where it stands.
    pub(crate) origin: Origin,
}

/// Locust's line about arguments nobody knows, the nearest names, and the files they stand in.
pub(crate) fn unrecognized<'a>(
    unknown: &[Unknown],
    names: &(impl Iterator<Item = &'a str> + Clone),
) -> Option<String> {
    if unknown.is_empty() {
        return None;
    }
    let arguments: Vec<&str> = unknown.iter().map(|one| one.argument.as_str()).collect();
    let mut text = format!("unrecognized arguments: {}", arguments.join(" "));
    let mut nearest: Vec<&str> = Vec::new();
    for argument in arguments {
        let name = argument.split('=').next().unwrap_or(argument);
        if let Some(near) = super::suggest::closest(name, names.clone())
            && !nearest.contains(&near)
        {
            nearest.push(near);
        }
    }
    if !nearest.is_empty() {
        let quoted: Vec<String> = nearest.iter().map(|near| format!("'{near}'")).collect();
        text.extend(["\nDid you mean ", &quoted.join(" or "), "?"]);
    }
    let mut hints: Vec<String> = unknown
        .iter()
        .filter(|one| one.origin != Origin::CommandLine)
        .map(|one| {
            format!(
                "\n{}{}",
                one.argument,
                hint(&one.origin).replace("\nIt", "")
            )
        })
        .collect();
    hints.dedup();
    Some(text + &hints.concat())
}
