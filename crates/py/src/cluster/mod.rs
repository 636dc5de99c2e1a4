//! Master and worker as Python sees them: what they want Python to do, one thing at a time.

mod joining;
mod master;
mod orders;
mod value;
mod worker;

pub(crate) use joining::{certificate_fingerprint, fetch_locustfile, make_join_token};
pub(crate) use master::MasterNode;
pub(crate) use orders::Orders;
pub(crate) use worker::WorkerNode;
