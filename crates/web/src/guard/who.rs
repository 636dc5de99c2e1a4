//! Who sends a request.

use std::net::IpAddr;

use crate::model::Role;

/// Who sends a request, and from where. Every handler can ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The name; `None` where nobody signs in, and before it.
    pub name: Option<String>,
    /// What it may do; `None` before signing in.
    pub role: Option<Role>,
    /// The address it comes from.
    pub address: IpAddr,
}

impl Viewer {
    /// As the log says it: `anna from 10.0.0.7`.
    pub fn describe(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} from {}", self.address),
            None => self.address.to_string(),
        }
    }
}
