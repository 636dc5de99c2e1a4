//! The command line: its options, how they are read and what is said about mistakes.

mod command;
mod error;
mod option;
mod parse;
mod python;
mod report;
mod suggest;
mod value;
mod words;

// The options, one file for each heading of the help text.
mod cluster;
mod common;
mod logging;
mod other;
mod statistics;
mod store;
mod tags;
mod web;

#[cfg(test)]
mod tests;

pub(crate) use report::report_command;

pub(crate) use python::{
    UsageError, closest, command_line_answer, command_line_help, command_line_options,
    parse_command_line,
};
