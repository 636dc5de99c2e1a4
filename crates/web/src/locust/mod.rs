//! Locust's paths, with the bodies that scripts and dashboards written for Locust read.
//!
//! Answers are functions of what was published last. What changes something is done by the test's
//! thread, which answers as Locust does.

mod answers;
mod csv;
mod figures;
mod form;
mod orders;
mod pages;
mod python_json;
mod routes;
mod tasks;

pub(crate) use pages::not_found;
#[cfg(test)]
pub(crate) use routes::paths;
pub(crate) use routes::routes;
