//! The native module of the Python package `gregaria`.

mod address;
mod arguments;
mod body;
mod charset;
mod cli;
mod client;
mod cluster;
mod config;
mod demo;
pub mod dispatch;
mod engine;
mod excerpt;
mod failure;
mod gate;
mod headers;
mod json;
mod response;
pub mod stats;
mod store;
mod stream;
mod task;
mod web;

use pyo3::prelude::*;

/// What Python can see, listed once.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::cli::UsageError;
    #[pymodule_export]
    use crate::cli::closest;
    #[pymodule_export]
    use crate::cli::command_line_answer;
    #[pymodule_export]
    use crate::cli::command_line_help;
    #[pymodule_export]
    use crate::cli::command_line_options;
    #[pymodule_export]
    use crate::cli::parse_command_line;
    #[pymodule_export]
    use crate::cli::report_command;
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    use super::demo::DemoTarget;
    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::cluster::{
        MasterNode, WorkerNode, certificate_fingerprint, fetch_locustfile, make_join_token,
    };
    #[pymodule_export]
    use crate::dispatch::Dispatcher;
    #[pymodule_export]
    use crate::dispatch::WeightedOrder;
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::gate::HostGate;
    #[pymodule_export]
    use crate::response::ResponseCore;
    #[pymodule_export]
    use crate::stats::Entry;
    #[pymodule_export]
    use crate::stats::Marker;
    #[pymodule_export]
    use crate::stats::Stats;
    #[pymodule_export]
    use crate::stats::bucket_response_time;
    #[pymodule_export]
    use crate::stats::readable_percentile;
    #[pymodule_export]
    use crate::stats::replace_bucket_response_time;
    #[pymodule_export]
    use crate::stats::{terminal_block, terminal_summary};
    #[pymodule_export]
    use crate::store::RunStore;
    #[pymodule_export]
    use crate::stream::Stream;
    #[pymodule_export]
    use crate::web::{WebServer, check_target};
}
