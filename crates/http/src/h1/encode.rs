//! A request to bytes.
