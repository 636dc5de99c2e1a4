//! Answers that say no.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was not done. Every answer from 400 on under `/api/v1` has this body, 409 with the
/// code `confirm_required` apart.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// A word for programs, such as `unknown_run`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// The field of the request that it is about; `null` if it is about none.
    pub field: Option<String>,
}

/// The answer 409 to what a person has to confirm: the request is to be sent again with a
/// [`Confirmation`].
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConfirmRequired {
    /// Always `confirm_required`.
    pub code: String,
    /// What is to be confirmed.
    pub kind: ConfirmKind,
    /// The question, for people.
    pub message: String,
    /// What makes the confirmation one of this very question. Good for ten minutes.
    pub token: String,
    /// Name of the host that has to be typed; `null` unless `kind` is `host`.
    pub host: Option<String>,
    /// Addresses that the name leads to.
    pub addresses: Vec<String>,
    /// Users now; `null` unless `kind` is `users`.
    pub from_users: Option<u64>,
    /// Users asked for; `null` unless `kind` is `users`.
    pub to_users: Option<u64>,
}

/// What a person is asked to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmKind {
    /// That a public host may be loaded.
    Host,
    /// That many more users shall run.
    Users,
}

/// The confirmation of a person.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The token of the question.
    pub token: String,
    /// The name of the host, as it was typed; needed if the question was about a host.
    #[serde(default)]
    pub host: Option<String>,
}
