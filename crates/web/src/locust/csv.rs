//! The CSV files as downloads.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::answers::view_of;
use super::pages;
use crate::api::Refusal;
use crate::csv;
use crate::seam::View;
use crate::server::App;

/// `GET /stats/requests/csv`.
pub(super) async fn requests(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let view = view_of(&app)?;
    let percentiles = &app.seam.form().percentiles_to_report;
    let text = csv::requests(&view.figures, percentiles);
    Ok(download(&view, "requests", text))
}

/// `GET /stats/failures/csv`.
pub(super) async fn failures(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let view = view_of(&app)?;
    Ok(download(&view, "failures", csv::failures(&view.figures)))
}

/// `GET /exceptions/csv`.
pub(super) async fn exceptions(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let view = view_of(&app)?;
    Ok(download(
        &view,
        "exceptions",
        csv::exceptions(&view.figures),
    ))
}

/// `GET /stats/requests_full_history/csv`: the file that the test writes.
pub(super) async fn full_history(State(app): State<Arc<App>>) -> Response {
    let Some(path) = app.seam.form().history_file.clone() else {
        let text = "Error: Server was not started with option to generate full history.";
        return pages::page(StatusCode::NOT_FOUND, text);
    };
    match tokio::fs::read(&path).await {
        Ok(text) => {
            let name = std::path::Path::new(&path).file_name();
            let name = name.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let response = ([(CONTENT_TYPE, "text/csv")], text).into_response();
            let mut response = attached(response, &name);
            let headers = response.headers_mut();
            headers.insert(
                CACHE_CONTROL,
                HeaderValue::from_static("no-cache, max-age=0"),
            );
            response
        }
        Err(error) => {
            let text = format!("cannot read `{path}`: {error}");
            pages::page(StatusCode::INTERNAL_SERVER_ERROR, text)
        }
    }
}

fn download(view: &View, what: &str, text: String) -> Response {
    let response = ([(CONTENT_TYPE, "text/csv")], text).into_response();
    attached(response, &file_name(view, &format!("_{what}.csv")))
}

/// The name of a file about the present run, as Locust gives it.
pub(super) fn file_name(view: &View, end: &str) -> String {
    let status = &view.status;
    let host = status
        .host
        .as_deref()
        .map_or_else(String::new, |host| format!("_{host}"));
    format!("Locust_{}_{}{host}{end}", status.stamp, status.locustfile)
}

/// An answer that is to be kept as a file of this name.
pub(super) fn attached(mut response: Response, name: &str) -> Response {
    // A host is what somebody typed: it may hold what a header must not.
    let name: String = name
        .chars()
        .map(|char| match char {
            ' '..='~' if char != '"' && char != ';' && char != '\\' => char,
            _ => '_',
        })
        .collect();
    if let Ok(value) = HeaderValue::try_from(format!("attachment;filename={name}")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}
