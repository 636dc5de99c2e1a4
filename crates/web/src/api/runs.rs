//! Runs to look at: the present one from the board, others from the run store.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gregaria_stats::Key;
use serde::Deserialize;

use super::store::{Which, kept, unknown_run, which, with_run};
use super::{Json, Path, Query, Refusal};
use crate::live::Topics;
use crate::model::{
    EntryDetail, EntryTrends, EntryWindow, LogPage, RunSetup, Series, Snapshot, WorkerDetail,
    WorkersCourse,
};
use crate::moment::utc;
use crate::runs::{self, Fineness};
use crate::server::App;

/// Points of a line, if nobody says.
const POINTS: usize = 1000;
/// Most points that can be asked for.
const MAX_POINTS: usize = 10_000;
/// Entries whose short lines can be asked for at once.
const MAX_TRENDS: usize = 200;
/// Lines of a worker's log beside its charts.
const WORKER_LINES: usize = 50;

/// `GET /runs/{run}`: everything there is.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
) -> Result<Json<Snapshot>, Refusal> {
    if let Which::Kept(run) = which(&app, &run)? {
        let whole = with_run(&app, run, |library, run| {
            let buckets = library.buckets(run.row.id, &Key::total())?;
            Ok(runs::whole(run, &buckets, Fineness::SCREEN))
        });
        return whole.await.map(Json);
    }
    let snapshot = app.feed.snapshot(Topics::all());
    snapshot.map(Json).ok_or_else(unknown_run)
}

/// A stretch of a run, and how finely.
#[derive(Debug, Deserialize)]
pub(super) struct Stretch {
    from: Option<f64>,
    to: Option<f64>,
    points: Option<usize>,
    entry: Option<u32>,
}

impl Stretch {
    /// Where it begins and ends: the whole run where nothing is said.
    pub(super) fn bounds(&self) -> Result<(f64, f64), Refusal> {
        let (from, to) = (self.from.unwrap_or(0.0), self.to.unwrap_or(f64::INFINITY));
        if from < to {
            Ok((from, to))
        } else {
            Err(Refusal::invalid("`from` has to be before `to`"))
        }
    }
}

/// `GET /runs/{run}/series`: lines of the whole run, or of one entry (`?entry=` its index).
pub(super) async fn series(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
    Query(stretch): Query<Stretch>,
) -> Result<Json<Series>, Refusal> {
    let (from, to) = stretch.bounds()?;
    let points = stretch.points.unwrap_or(POINTS).clamp(2, MAX_POINTS);
    if let Which::Kept(run) = which(&app, &run)? {
        let lines = with_run(&app, run, move |library, run| match stretch.entry {
            None => Ok(runs::series(run, from, to, points, 0.0)),
            Some(entry) => {
                let lines = runs::entry_series(library, run, entry, (from, to))?;
                lines.ok_or_else(unknown_entry)
            }
        });
        return lines.await.map(Json);
    }
    let board = app.feed.board();
    match stretch.entry {
        None => Ok(Json(board.series(from, to, points))),
        Some(entry) => board
            .entry_series(entry, from, to)
            .map(Json)
            .ok_or_else(unknown_entry),
    }
}

/// `GET /runs/{run}/window?from=&to=`: the table of a stretch.
pub(super) async fn window(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
    Query(stretch): Query<Stretch>,
) -> Result<Json<EntryWindow>, Refusal> {
    let (from, to) = stretch.bounds()?;
    let window = match which(&app, &run)? {
        Which::Present => app.feed.board().window(from, to),
        Which::Kept(run) => {
            let window = with_run(&app, run, move |library, run| {
                Ok(runs::window(library, run, from, to)?)
            });
            window.await?
        }
    };
    window.map(Json).ok_or_else(Refusal::empty_window)
}

/// `GET /runs/{run}/entries/{index}`: all about one entry.
pub(super) async fn entry(
    State(app): State<Arc<App>>,
    Path((run, index)): Path<(String, u32)>,
) -> Result<Json<EntryDetail>, Refusal> {
    let detail = match which(&app, &run)? {
        Which::Present => app.feed.board().entry(index),
        Which::Kept(run) => {
            let detail = with_run(&app, run, move |library, run| {
                Ok(runs::entry(library, run, index)?)
            });
            detail.await?
        }
    };
    detail.map(Json).ok_or_else(unknown_entry)
}

fn unknown_entry() -> Refusal {
    Refusal::not_found("unknown_entry", "there is no such entry in this run")
}

/// Which entries.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    entries: String,
}

/// `GET /runs/{run}/trends?entries=1,2,3`: short lines of some entries.
pub(super) async fn trends(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Result<Json<EntryTrends>, Refusal> {
    let indexes: Result<Vec<u32>, _> = chosen
        .entries
        .split(',')
        .filter(|word| !word.is_empty())
        .map(str::parse)
        .collect();
    let indexes = indexes.map_err(|_| Refusal::invalid("`entries` are numbers: `1,2,3`"))?;
    if indexes.len() > MAX_TRENDS {
        return Err(Refusal::invalid(&format!(
            "at most {MAX_TRENDS} entries at once"
        )));
    }
    if let Which::Kept(run) = which(&app, &run)? {
        let trends = with_run(&app, run, move |library, run| {
            Ok(runs::trends(library, run, &indexes)?)
        });
        return trends.await.map(Json);
    }
    Ok(Json(app.feed.board().trends(&indexes)))
}

/// `GET /runs/{run}/workers`: how busy all of them were, over time.
pub(super) async fn workers(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
) -> Result<Json<WorkersCourse>, Refusal> {
    if let Which::Kept(run) = which(&app, &run)? {
        let course = with_run(&app, run, |_, run| {
            Ok(run.crew_course.clone().unwrap_or_default())
        });
        return course.await.map(Json);
    }
    Ok(Json(app.feed.board().workers_course()))
}

/// `GET /runs/{run}/workers/{index}`: all about one worker.
pub(super) async fn worker(
    State(app): State<Arc<App>>,
    Path((run, index)): Path<(String, u32)>,
) -> Result<Json<WorkerDetail>, Refusal> {
    let unknown = || Refusal::not_found("unknown_worker", "there is no such worker");
    if let Which::Kept(run) = which(&app, &run)? {
        let detail = with_run(&app, run, move |_, run| {
            runs::worker(run, index, WORKER_LINES).ok_or_else(unknown)
        });
        return detail.await.map(Json);
    }
    let detail = app.feed.board().worker(u64::from(index));
    let mut detail = detail.ok_or_else(unknown)?;
    (detail.log, _) = app.seam.log().since(0, WORKER_LINES, Some(&detail.name.id));
    Ok(Json(detail))
}

/// `GET /runs/{run}/setup`: what was run. The store knows more of it than the page was told.
pub(super) async fn setup(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
) -> Result<Json<RunSetup>, Refusal> {
    let place = which(&app, &run)?;
    if app.shelf.is_some() {
        let record = with_run(&app, kept(&run)?, |_, run| Ok(runs::run_setup(run)));
        match (place, record.await) {
            (Which::Present, Err(_)) => {}
            (_, record) => return record.map(Json),
        }
    } else if place != Which::Present {
        return Err(unknown_run());
    }
    present_setup(&app).map(Json)
}

/// The record of the present run, as far as the page was told.
fn present_setup(app: &App) -> Result<RunSetup, Refusal> {
    let view = app.seam.view().ok_or_else(unknown_run)?;
    let form = app.seam.form();
    let status = &view.status;
    let run = status.run.as_ref().ok_or_else(unknown_run)?;
    let parameters = form.parameters.iter();
    Ok(RunSetup {
        run: run.number,
        name: status
            .profile
            .clone()
            .unwrap_or_else(|| status.locustfile.clone()),
        files: form.files.clone(),
        host: status.host.clone(),
        load: run.load.clone(),
        user_classes: form.user_classes.clone(),
        parameters: parameters
            .map(|one| (one.name.clone(), one.value.clone()))
            .collect(),
        options: Vec::new(),
        versions: form.versions.clone().unwrap_or(crate::model::Versions {
            gregaria: env!("CARGO_PKG_VERSION").to_owned(),
            locust: String::new(),
            python: String::new(),
        }),
        workers: view
            .workers
            .iter()
            .flatten()
            .map(|worker| worker.id.to_string())
            .collect(),
        commit: None,
        started_by: run.started_by.clone(),
        started_from: run.started_from.clone(),
        note: run.note.clone(),
    })
}

/// Which lines of the log.
#[derive(Debug, Deserialize)]
pub(super) struct Lines {
    since: Option<u64>,
    limit: Option<usize>,
    source: Option<String>,
}

/// `GET /log?since=`: lines of the log from a number on.
pub(super) async fn log(State(app): State<Arc<App>>, Query(wish): Query<Lines>) -> Json<LogPage> {
    let limit = wish.limit.unwrap_or(POINTS).min(MAX_POINTS);
    let (lines, dropped) =
        app.seam
            .log()
            .since(wish.since.unwrap_or(0), limit, wish.source.as_deref());
    Json(LogPage { lines, dropped })
}

/// `GET /runs/{run}/log.txt`: what was said in a run, as a file.
pub(super) async fn log_of_run(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
) -> Result<Response, Refusal> {
    let Which::Kept(id) = which(&app, &run)? else {
        return Ok(log_text(State(app)).await);
    };
    let made = with_run(&app, id, |_, run| {
        let lines = run.log.iter().map(|line| {
            let (time, source) = (utc(line.time), &line.source);
            let (level, logger) = (&line.level, &line.logger);
            format!("[{time}] {source}/{level}/{logger}: {}\n", line.text)
        });
        Ok(lines.collect::<String>())
    });
    Ok(as_log(made.await?))
}

/// `GET /log.txt`: all that is kept of the log, as a file.
pub(super) async fn log_text(State(app): State<Arc<App>>) -> Response {
    let mut text = String::new();
    {
        let log = app.seam.log();
        for source in log.sources() {
            text.push_str("==> ");
            text.push_str(source);
            text.push_str(" <==\n");
            for line in log.raw(source, usize::MAX) {
                text.push_str(&line);
                text.push('\n');
            }
        }
    }
    as_log(text)
}

fn as_log(text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment;filename=gregaria.log"),
    ];
    (headers, text).into_response()
}
