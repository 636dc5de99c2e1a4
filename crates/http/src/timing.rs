//! The phases of one request.

use std::time::{Duration, SystemTime};

/// How long each phase of a request took. Phases that did not occur are zero: a kept connection
/// has no `resolve`, `connect` and `tls`.
///
/// With redirects, each phase is the sum over all exchanges, and so is `total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// When the request was submitted, by the wall clock.
    pub started_at: SystemTime,
    /// From submit to the last byte read: what is reported as the response time.
    pub total: Duration,
    /// Waiting for the addresses of the host's name.
    pub resolve: Duration,
    /// Opening the TCP connection.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// From the last byte of the request handed to the kernel to the first byte of the response.
    pub wait: Duration,
    /// From the first byte of the response to the last.
    pub receive: Duration,
}
