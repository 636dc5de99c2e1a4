//! Paths of the page's API.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;

use super::export::Kind;
use super::{
    Paths, Refusal, cloud, commands, export, form, groups, history, runs, session, stream,
};
use crate::model;
use crate::server::App;

/// Largest report that is taken in.
const MAX_REPORT: usize = 16 * 1024 * 1024;

/// All of them, to be put below `/api/v1`.
pub(crate) fn routes() -> Router<Arc<App>> {
    paths()
        .router()
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
}

fn paths() -> Paths {
    let import = post(history::import).layer(DefaultBodyLimit::max(MAX_REPORT));
    Paths::new()
        .get("/stream", stream::stream)
        .get("/delta", stream::delta)
        .get("/openapi.json", document)
        .get("/session", session::show)
        .post("/session", session::sign_in)
        .delete("/session", session::sign_out)
        .get("/form", form::form)
        .post("/form/reload", form::reload)
        .get("/form/files", form::files)
        .post("/form/choose", form::choose)
        .get("/target", form::target)
        .get("/log", runs::log)
        .get("/log.txt", runs::log_text)
        .get("/cloud", cloud::show)
        .post("/cloud/teardown", cloud::teardown)
        .get("/runs", history::list)
        .post("/runs", commands::start)
        .get("/runs.sqlite", history::all)
        .on("POST", "/runs/import", import)
        .get("/runs/{run}", runs::show)
        .delete("/runs/{run}", history::remove)
        .post("/runs/{run}/users", commands::users)
        .post("/runs/{run}/stop", commands::stop)
        .post("/runs/{run}/notes", commands::note)
        .post("/runs/{run}/baseline", history::baseline)
        .post("/runs/{run}/pin", history::pin)
        .get("/runs/{run}/setup", runs::setup)
        .get("/runs/{run}/series", runs::series)
        .get("/runs/{run}/entries/{index}", runs::entry)
        .get("/runs/{run}/trends", runs::trends)
        .get("/runs/{run}/folders", groups::folders)
        .get("/runs/{run}/failures", groups::failures)
        .get("/runs/{run}/groups", groups::window)
        .get("/runs/{run}/window", runs::window)
        .get("/runs/{run}/workers", runs::workers)
        .get("/runs/{run}/workers/{index}", runs::worker)
        .get("/runs/{run}/log.txt", runs::log_of_run)
        .get("/runs/{run}/report.html", |app, run, options| {
            export::file(app, run, options, Kind::Html)
        })
        .get("/runs/{run}/report.json", |app, run, options| {
            export::file(app, run, options, Kind::Json)
        })
        .get("/runs/{run}/requests.csv", |app, run, options| {
            export::file(app, run, options, Kind::Requests)
        })
        .get("/runs/{run}/series.csv", |app, run, options| {
            export::file(app, run, options, Kind::Series)
        })
        .get("/runs/{run}/failures.csv", |app, run, options| {
            export::file(app, run, options, Kind::Failures)
        })
        .get("/compare", history::compare)
        .post("/workers/remove", commands::remove_worker)
}

async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], model::document())
}

async fn unknown() -> Refusal {
    Refusal::not_found("unknown_path", "there is no such path in this API")
}

async fn wrong_method() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "this path is asked in another way: see /api/v1/openapi.json",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_document_has_every_path_and_no_other() {
        let api = paths();
        let api = api.listed().iter();
        let ours = api.map(|(method, path)| format!("{method} /api/v1{path}"));
        let locust = crate::locust::paths();
        let locust = locust
            .listed()
            .iter()
            .map(|(method, path)| format!("{method} {path}"));
        let routed: BTreeSet<String> = ours.chain(locust).collect();
        let document: Value = serde_json::from_str(&model::document()).unwrap();
        let paths = document["paths"].as_object().unwrap().iter();
        let documented: BTreeSet<String> = paths
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        assert_eq!(routed, documented);
    }
}
