//! Signing in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sign in: `POST /api/v1/session`. `DELETE /api/v1/session` signs out.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// Name.
    pub name: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for LoginRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LoginRequest")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Who the viewer is: `GET /api/v1/session`, and the answer to signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Session {
    /// Whether this server wants a sign-in at all.
    pub is_login_required: bool,
    /// The name; `null` where nobody signs in, or before it.
    pub name: Option<String>,
    /// What the viewer may do; `null` before signing in.
    pub role: Option<Role>,
    /// Whether somebody can sign in by name and password.
    pub has_passwords: bool,
    /// Name of the provider by whom one can sign in; `null` if there is none.
    pub provider: Option<String>,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look at everything.
    ReadOnly,
    /// Start, change and stop runs, too.
    Operator,
}
