//! The run store for handlers: which run is meant, and what an error of the store is to a viewer.

use axum::http::StatusCode;

use super::Refusal;
use crate::archive::{ArchiveError, Library, StoredRun};
use crate::report::ImportError;
use crate::server::{App, Ended, Shelf};

/// A run that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The one that lasts, or has ended last: the board shows it.
    Present,
    /// Another one, of which the store may know.
    Kept(i64),
}

/// Which run an address means.
pub(super) fn which(app: &App, run: &str) -> Result<Which, Refusal> {
    let number: u64 = run.parse().map_err(|_| unknown_run())?;
    if app.feed.board().run() == Some(number) {
        return Ok(Which::Present);
    }
    kept(run).map(Which::Kept)
}

/// The number of a run in the store.
pub(super) fn kept(run: &str) -> Result<i64, Refusal> {
    let number = run.parse().ok().filter(|number: &i64| *number > 0);
    number.ok_or_else(unknown_run)
}

/// Nobody knows of such a run.
pub(super) fn unknown_run() -> Refusal {
    Refusal::not_found("unknown_run", "there is no such run")
}

/// The store; a refusal if there is none.
pub(super) fn shelf(app: &App) -> Result<&Shelf, Refusal> {
    app.shelf.as_ref().ok_or_else(|| {
        Refusal::not_found(
            "no_store",
            "no runs are kept: this gregaria was started with --no-store",
        )
    })
}

/// Carries `action` out on the store.
pub(super) async fn with<T: Send + 'static>(
    app: &App,
    action: impl FnOnce(&Library) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    shelf(app)?.with(action).await??
}

/// Carries `action` out on one run of the store.
pub(super) async fn with_run<T: Send + 'static>(
    app: &App,
    run: i64,
    action: impl FnOnce(&Library, &StoredRun) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    if app.shelf.is_none() {
        return Err(unknown_run());
    }
    with(app, move |library| action(library, &library.run(run)?)).await
}

impl From<Ended> for Refusal {
    fn from(_: Ended) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "failed",
            "the run store could not be read: the log says why",
        )
    }
}

impl From<ArchiveError> for Refusal {
    fn from(error: ArchiveError) -> Self {
        let (status, code) = match &error {
            ArchiveError::NoRun { .. } => return unknown_run(),
            ArchiveError::Busy { .. } => (StatusCode::CONFLICT, "lasts"),
            ArchiveError::ReadOnly { .. } => (StatusCode::CONFLICT, "store_read_only"),
            ArchiveError::Full { .. } => (StatusCode::INSUFFICIENT_STORAGE, "store_full"),
            ArchiveError::Locked { .. } => (StatusCode::SERVICE_UNAVAILABLE, "store_locked"),
            ArchiveError::Newer { .. } => (StatusCode::CONFLICT, "store_newer"),
            ArchiveError::Damaged { .. } | ArchiveError::Foreign { .. } => {
                (StatusCode::CONFLICT, "store_damaged")
            }
            ArchiveError::Unopened { .. } | ArchiveError::Failed { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "store_unusable")
            }
        };
        Self::new(status, code, &error.to_string())
    }
}

impl From<ImportError> for Refusal {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Archive(error) => error.into(),
            error => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "not_a_report",
                &error.to_string(),
            ),
        }
    }
}
