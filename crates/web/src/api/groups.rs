//! Figures of several entries, failures or errors of a run at once.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;

use super::runs::Stretch;
use super::store::{Which, which, with_run};
use super::{Json, Path, Query, Refusal};
use crate::live::FoldersBy;
use crate::model::{EntryFolders, FailureCourses, GroupWindow};
use crate::runs;
use crate::server::App;

/// Groups that can be asked for at once.
const MAX_GROUPS: usize = 200;

/// Which folders, and of which part of the run.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    by: Option<String>,
    from: Option<f64>,
    to: Option<f64>,
}

/// `GET /runs/{run}/folders?by=&from=&to=`: entries in folders.
pub(super) async fn folders(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
    Query(wish): Query<Wish>,
) -> Result<Json<EntryFolders>, Refusal> {
    let place = which(&app, &run)?;
    let by = match wish.by.as_deref() {
        None | Some("path") => FoldersBy::Path,
        Some("method") => FoldersBy::Method,
        Some("task") => FoldersBy::Task,
        Some(_) => {
            let text = "folders are by `path`, `method` or `task`";
            return Err(Refusal::invalid(text).about("by"));
        }
    };
    let stretch = (wish.from.is_some() || wish.to.is_some())
        .then(|| (wish.from.unwrap_or(0.0), wish.to.unwrap_or(f64::INFINITY)));
    let folders = match place {
        Which::Present => app.feed.board().folders(by, stretch),
        Which::Kept(run) => {
            let folders = with_run(&app, run, move |library, run| {
                Ok(runs::folders(library, run, by, stretch)?)
            });
            folders.await?
        }
    };
    folders.map(Json).ok_or_else(Refusal::empty_window)
}

/// Which failures and errors, as numbers with commas between them.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    failures: String,
    #[serde(default)]
    exceptions: String,
}

/// `GET /runs/{run}/failures?failures=&exceptions=`: short lines of failures and errors.
pub(super) async fn failures(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Result<Json<FailureCourses>, Refusal> {
    let place = which(&app, &run)?;
    let failures = numbers(&chosen.failures, "failures")?;
    let exceptions = numbers(&chosen.exceptions, "exceptions")?;
    if let Which::Kept(run) = place {
        let courses = with_run(&app, run, move |_, run| {
            Ok(runs::failure_courses(run, &failures, &exceptions))
        });
        return courses.await.map(Json);
    }
    let courses = app.feed.board().failure_courses(&failures, &exceptions);
    courses.map(Json).ok_or_else(super::not_ready)
}

/// `GET /runs/{run}/groups?from=&to=`: failures and errors of a stretch.
pub(super) async fn window(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
    Query(stretch): Query<Stretch>,
) -> Result<Json<GroupWindow>, Refusal> {
    let (from, to) = stretch.bounds()?;
    let window = match which(&app, &run)? {
        Which::Present => app.feed.board().group_window(from, to),
        Which::Kept(run) => {
            let window = with_run(&app, run, move |library, run| {
                Ok(runs::group_window(library, run, from, to)?)
            });
            window.await?
        }
    };
    window.map(Json).ok_or_else(Refusal::empty_window)
}

fn numbers(text: &str, field: &str) -> Result<Vec<usize>, Refusal> {
    let words = text.split(',').filter(|word| !word.is_empty());
    let numbers: Result<Vec<usize>, _> = words.map(str::parse).collect();
    let numbers = numbers
        .map_err(|_| Refusal::invalid(&format!("`{field}` are numbers: `0,1,2`")).about(field))?;
    if numbers.len() > MAX_GROUPS {
        let text = format!("at most {MAX_GROUPS} at once");
        return Err(Refusal::invalid(&text).about(field));
    }
    Ok(numbers)
}
