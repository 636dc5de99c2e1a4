//! The run store: what is kept comes back, whatever happens to the process or the file.

#![expect(clippy::float_cmp, reason = "what is kept comes back bit by bit")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod bad_files;
mod course;
mod keeping;
mod retention;
