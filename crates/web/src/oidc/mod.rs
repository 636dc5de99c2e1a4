//! Sign-in by a provider of OIDC: the authorization code flow with PKCE.
//!
//! The provider says who somebody is, the options of the command line say what that person may do, and
//! nobody is let in whom they do not name. Nothing that comes from a browser is believed but a state
//! that was given to that very browser; nothing that comes from the provider but a token that it has
//! signed for us, for this one sign-in.

mod address;
mod discovery;
mod error;
mod fetch;
mod flows;
mod grant;
mod handlers;
mod keys;
mod provider;
#[cfg(test)]
mod provider_tests;
mod settings;
#[cfg(test)]
mod stand_in;
mod token;
mod told;

pub(crate) use handlers::{BEGIN, CALLBACK, begin, finish, is_own_path};
pub use provider::Provider;
pub use settings::{ExternalUrl, OidcSettings};
