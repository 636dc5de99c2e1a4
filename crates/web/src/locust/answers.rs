//! What Locust's paths tell.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use gregaria_stats::LOCAL_NODE;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{csv, figures, pages, python_json, tasks};
use crate::api::{Query, Refusal, not_ready, report_of};
use crate::seam::View;
use crate::server::App;

/// Lines of each log.
const LOG_LINES: usize = 500;

/// What was published last, or an answer that there is nothing yet.
pub(super) fn view_of(app: &App) -> Result<Arc<View>, Refusal> {
    app.seam.view().ok_or_else(not_ready)
}

fn found(body: &Value) -> Response {
    python_json::answer(StatusCode::OK, body)
}

/// `GET /stats/requests`.
pub(super) async fn requests(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let view = view_of(&app)?;
    Ok(found(&figures::requests(&view, &app.seam.form())))
}

/// `GET /exceptions`.
pub(super) async fn exceptions(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let view = view_of(&app)?;
    let rows = view.figures.exceptions.iter().map(|exception| {
        let nodes: Vec<&str> = exception.nodes.iter().map(|node| &**node).collect();
        json!({
            "count": exception.count,
            "msg": &*exception.message,
            "nodes": nodes.join(", "),
            "traceback": &*exception.traceback,
        })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(found(&json!({ "exceptions": rows })))
}

/// `GET /tasks`.
pub(super) async fn tasks(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let view = view_of(&app)?;
    let form = app.seam.form();
    Ok(found(&tasks::tasks(
        &view.status.users_by_class,
        &form.tasks,
    )))
}

/// `GET /logs`.
pub(super) async fn logs(State(app): State<Arc<App>>) -> Response {
    let log = app.seam.log();
    let own = ["master", LOCAL_NODE];
    let master: Vec<String> = own.iter().flat_map(|own| log.raw(own, LOG_LINES)).collect();
    let workers: serde_json::Map<String, Value> = log
        .sources()
        .filter(|source| !own.contains(source))
        .map(|source| (source.to_owned(), Value::from(log.raw(source, LOG_LINES))))
        .collect();
    found(&json!({"master": master, "workers": workers}))
}

/// `GET /worker-count`.
pub(super) async fn worker_count(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let view = view_of(&app)?;
    Ok(found(
        &json!({ "worker_count": figures::worker_count(&view) }),
    ))
}

/// How the report is wanted. It has both themes, and follows the system unless one is named.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    download: String,
    #[serde(default)]
    theme: String,
}

/// `GET /stats/report`: the report of the present run.
pub(super) async fn report(State(app): State<Arc<App>>, Query(wish): Query<Wish>) -> Response {
    let view = app.seam.view();
    let Some((view, number)) = view.and_then(|view| {
        let number = view.status.run.as_ref()?.number;
        Some((view, number))
    }) else {
        return pages::page(StatusCode::NOT_FOUND, "There has been no run yet.");
    };
    let html = report_of(&app, &number.to_string()).await;
    match html.map(|html| in_theme(html, &wish.theme)) {
        Ok(html) if wish.download.is_empty() => pages::page(StatusCode::OK, html),
        Ok(html) => {
            let response = pages::page(StatusCode::OK, html);
            csv::attached(response, &csv::file_name(&view, ".html"))
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// The report as it opens in this theme; as it is if there is no such theme.
fn in_theme(html: String, theme: &str) -> String {
    match theme {
        "dark" | "light" => {
            let root = format!("<html lang=\"en\" data-theme=\"{theme}\">");
            html.replacen("<html lang=\"en\">", &root, 1)
        }
        _ => html,
    }
}

/// To the page, as Flask says it.
pub(super) fn to_start(base_path: &str) -> Response {
    let to = format!("{base_path}/");
    let text = format!(
        "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n\
         <p>You should be redirected automatically to the target URL: <a href=\"{to}\">{to}</a>. If \
         not, click the link.\n"
    );
    let mut response = pages::page(StatusCode::FOUND, text);
    if let Ok(to) = to.parse() {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}
