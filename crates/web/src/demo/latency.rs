//! How long the demo's server thinks about an answer. Every path without a name here answers at once.
//!
//! The times are spent asleep, not computing: a slow path costs the server nothing, as a database
//! behind a real shop costs the web server nothing.

use std::time::Duration;

/// `/products`: a list from a database.
pub const LIST: Duration = Duration::from_millis(5);
/// `POST /login`: a password is checked slowly on purpose.
pub const LOGIN: Duration = Duration::from_millis(20);
/// `/checkout`: a payment.
pub const CHECKOUT: Duration = Duration::from_millis(50);
/// `/slow`.
pub const SLOW: Duration = Duration::from_millis(200);
