//! The command line as Python sees it: plain functions, plain values.

#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 makes the arguments for these functions"
)]

use std::{path::PathBuf, str::FromStr};

use pyo3::{
    create_exception,
    exceptions::PyValueError,
    prelude::*,
    types::{PyDict, PyList},
};

use super::{
    command,
    error::{self, unrecognized},
    option::{Default, Kind},
    parse::{self, Sources, Value},
    suggest,
    words::{self, Arity, Extra},
};

create_exception!(
    gregaria._native,
    UsageError,
    PyValueError,
    "The command line cannot be used; the text says why, without the name of the program."
);

impl From<error::UsageError> for PyErr {
    fn from(error: error::UsageError) -> Self {
        UsageError::new_err(error.to_string())
    }
}

impl FromStr for Arity {
    type Err = PyErr;

    /// argparse's `nargs` as text; `""` is an option without a value.
    fn from_str(text: &str) -> PyResult<Self> {
        match text {
            "" => Ok(Self::None),
            "?" => Ok(Self::Optional),
            "*" => Ok(Self::Any),
            "+" => Ok(Self::Some),
            number => number
                .parse()
                .map(Self::Exactly)
                .map_err(|_| PyValueError::new_err(format!("unknown nargs `{number}`"))),
        }
    }
}

impl<'py> IntoPyObject<'py> for Value {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        Ok(match self {
            Self::Nothing => py.None().into_bound(py),
            Self::Flag(is_on) => is_on.into_pyobject(py)?.to_owned().into_any(),
            Self::Integer(number) => number.into_pyobject(py)?.into_any(),
            Self::Number(number) => number.into_pyobject(py)?.into_any(),
            Self::Text(text) => text.into_pyobject(py)?.into_any(),
            Self::Texts(texts) => PyList::new(py, texts)?.into_any(),
        })
    }
}

/// `"help"` or `"version"` if that is all the arguments ask for.
///
/// Words that cannot be understood are left to `parse_command_line`, which says why.
#[pyfunction]
pub(crate) fn command_line_answer(arguments: Vec<String>) -> Option<&'static str> {
    let words = words::sort(&arguments, &[]).ok()?;
    words
        .ours
        .iter()
        .find(|(option, _)| option.kind == Kind::Answer)
        .map(|(option, _)| option.long)
}

/// The text of `--help`, at most `columns` wide.
#[pyfunction]
pub(crate) fn command_line_help(columns: usize) -> String {
    command::help(columns)
}

/// Every option: names, attribute of `parsed_options`, `nargs` (`""` for a flag), environment
/// variable, help text, and whether it can be used and is in the help text.
#[pyfunction]
pub(crate) fn command_line_options(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    command::options()
        .filter(|option| option.kind != Kind::Answer)
        .map(|option| {
            let dict = PyDict::new(py);
            let short = option.short.map(|short| format!("-{short}"));
            let names: Vec<String> = short
                .into_iter()
                .chain([format!("--{}", option.long)])
                .collect();
            let nargs = match option.kind {
                Kind::Flag | Kind::Answer => "",
                Kind::Texts => "*",
                _ => "1",
            };
            let default = match option.default {
                Default::Nothing if option.kind == Kind::Flag => Value::Flag(false),
                Default::Nothing => Value::Nothing,
                Default::Text(text) => Value::Text(text.to_owned()),
                Default::Integer(number) => Value::Integer(number),
            };
            dict.set_item("names", names)?;
            dict.set_item("dest", option.dest_name())?;
            dict.set_item("nargs", nargs)?;
            dict.set_item("default", default)?;
            dict.set_item("env", option.env)?;
            dict.set_item("help", option.help)?;
            dict.set_item("is_usable", option.refusal.is_none())?;
            Ok(dict)
        })
        .collect()
}

/// What `parse_command_line` gives: options of ours, words for argparse, words nobody knows, and
/// what to say about the latter.
type Outcome<'py> = (Bound<'py, PyDict>, Vec<String>, Vec<String>, Option<String>);

/// Reads command line, environment and config files.
///
/// `extras` are the options of the locustfile: names, `nargs` as text (`""` for a flag) and
/// environment variable. Raises `UsageError`.
#[pyfunction]
#[pyo3(signature = (arguments, environment, default_files, extras))]
pub(crate) fn parse_command_line<'py>(
    py: Python<'py>,
    arguments: Vec<String>,
    environment: &Bound<'py, PyAny>,
    default_files: Vec<PathBuf>,
    extras: Vec<(Vec<String>, String, Option<String>)>,
) -> PyResult<Outcome<'py>> {
    let extras = extras
        .into_iter()
        .map(|(names, arity, env)| {
            Ok(Extra {
                names,
                arity: arity.parse()?,
                env,
            })
        })
        .collect::<PyResult<Vec<_>>>()?;
    // Only the variables that mean something are looked up: others need not be text.
    let look_up = |name: &str| -> Option<String> {
        environment
            .get_item(name)
            .and_then(|value| value.extract())
            .ok()
    };
    let parsed = parse::parse(&Sources {
        arguments: &arguments,
        environment: &look_up,
        default_files: &default_files,
        extras: &extras,
    })?;
    let names: Vec<String> = command::options()
        .map(|option| format!("--{}", option.long))
        .chain(extras.into_iter().flat_map(|extra| extra.names))
        .collect();
    let complaint = unrecognized(&parsed.unknown, &names.iter().map(String::as_str));
    let options = PyDict::new(py);
    for (dest, value) in parsed.options {
        options.set_item(dest, value)?;
    }
    let unknown = parsed.unknown.into_iter().map(|one| one.argument).collect();
    Ok((options, parsed.theirs, unknown, complaint))
}

/// The candidate that was probably meant by `word`.
#[pyfunction]
pub(crate) fn closest(word: &str, candidates: Vec<String>) -> Option<String> {
    suggest::closest(word, candidates.iter().map(String::as_str)).map(str::to_owned)
}
