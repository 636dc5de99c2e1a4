//! What every request passes before anybody looks at it: is it meant for this server, does it come
//! from our own page or from a script, and may whoever sends it do that.
//!
//! A browser sends requests for any page that asks it to, with the user's cookies. What protects a run
//! from a stranger's page is therefore: the `Host` has to be one of ours (or a name that the stranger
//! leads to this address would do), a changing request must not come from another origin, no header
//! ever allows another origin to read, and the session's cookie is not sent from elsewhere.

pub(crate) mod check;
mod headers;
mod login;
mod names;
mod next;
mod who;

pub use check::{Guard, protect};
pub use login::{Credential, Login, LoginError, SESSION_COOKIE};
pub(crate) use login::{hex, place_of, random_token};
pub use names::Names;
pub(crate) use next::is_next;
pub use who::Viewer;
