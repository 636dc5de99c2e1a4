//! What a run shows of itself: tables, CSV files, JSON and the block of a terminal; and the server
//! that the demo loads.
//!
//! Each view is a function of one immutable [`gregaria_stats::Snapshot`] and of a few words on how
//! to show it. None computes a number that another view lacks.

mod api;
pub mod archive;
mod base64;
pub mod cloud;
pub mod compare;
pub mod csv;
pub mod demo;
pub mod guard;
pub mod human;
pub mod json;
pub mod live;
mod locust;
pub mod model;
pub mod moment;
pub mod number;
pub mod oidc;
pub mod picture;
pub mod report;
pub mod runs;
pub mod seam;
pub mod server;
pub mod table;
pub mod target;
pub mod terminal;
