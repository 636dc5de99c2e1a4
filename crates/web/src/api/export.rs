//! What can be taken away from a run: the report, and tables for other programs.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::store::{kept, shelf, which, with_run};
use super::{Path, Query, Refusal};
use crate::csv;
use crate::report::{self, Content, Extent, Redaction};
use crate::server::{App, now};

/// What is left out, and what is put in.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Options {
    without_host: Option<u8>,
    without_workers: Option<u8>,
    with_log: Option<u8>,
    with_bodies: Option<u8>,
    /// The run that a report compares with, in place of the baseline.
    against: Option<i64>,
}

/// What a file is made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Html,
    Json,
    Requests,
    Series,
    Failures,
}

impl Kind {
    fn media(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/json",
            Self::Requests | Self::Series | Self::Failures => "text/csv; charset=utf-8",
        }
    }

    /// What its name ends in.
    fn end(self) -> &'static str {
        match self {
            Self::Html => ".html",
            Self::Json => ".json",
            Self::Requests => "_requests.csv",
            Self::Series => "_series.csv",
            Self::Failures => "_failures.csv",
        }
    }
}

/// What `GET /runs/{run}/report.html` and its like answer: the run as such a file, to be kept.
pub(super) async fn file(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
    Query(options): Query<Options>,
    kind: Kind,
) -> Result<Response, Refusal> {
    let (text, name) = made(&app, &run, options, kind).await?;
    let mut response = ([(CONTENT_TYPE, kind.media())], text).into_response();
    // A name has letters, digits and few signs.
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// The HTML report of a run.
pub(crate) async fn report_of(app: &App, run: &str) -> Result<String, Refusal> {
    let made = made(app, run, Options::default(), Kind::Html).await?;
    Ok(made.0)
}

/// The text of a file and its name.
async fn made(
    app: &App,
    run: &str,
    options: Options,
    kind: Kind,
) -> Result<(String, String), Refusal> {
    // Also of the present run: it is kept while it lasts.
    which(app, run)?;
    shelf(app)?;
    let id = kept(run)?;
    let is_on = |option: Option<u8>| option.is_some_and(|value| value != 0);
    let (has_log, has_bodies) = (is_on(options.with_log), is_on(options.with_bodies));
    let against = options.against;
    let (hides_host, hides_workers) = (is_on(options.without_host), is_on(options.without_workers));
    let made = with_run(app, id, move |library, run| {
        let redaction = Redaction::of(run, hides_host, hides_workers);
        let data = |extent| {
            let content = Content {
                extent,
                has_log,
                has_bodies,
                against,
            };
            report::data(library, run, content, now())
        };
        let text = match kind {
            Kind::Html => {
                let json = report::json_for_html(&data(Extent::Small)?);
                report::html_with(&redaction.apply(json))
            }
            Kind::Json => redaction.apply(report::json(&data(Extent::Whole)?)),
            Kind::Requests => redaction.apply(csv::requests(&run.snapshot, &report::PERCENTILES)),
            Kind::Series => csv::seconds(&run.seconds),
            Kind::Failures => redaction.apply(csv::failures(&run.snapshot)),
        };
        let name = report::file_stem(&run.row) + kind.end();
        Ok((text, name))
    });
    made.await
}
