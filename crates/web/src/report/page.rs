//! The HTML file: a page that stands on its own, with the data in it.

use crate::archive::{EndKind, RunRow};
use crate::moment;

use super::data::ReportData;

/// Why no HTML report can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The page was not built in.
    #[error(
        "not yet: the page of the HTML report is not built in\n\
         hint: `gregaria report export RUN --format json` writes the same data"
    )]
    NotBuilt,
}

/// The page, with [`PLACE`] where the data belongs.
const PAGE: Option<&str> = None;

/// Where the data belongs: the text of the element that holds it.
const PLACE: &str = "{{data}}";

/// The HTML report.
pub fn html(data: &ReportData) -> Result<String, PageError> {
    let page = PAGE.ok_or(PageError::NotBuilt)?;
    Ok(page.replacen(PLACE, &json_for_html(data), 1))
}

/// The data as JSON that can stand in a `script` element: no `<` can end it or begin anything.
///
/// # Panics
///
/// Never: plain data is JSON.
pub fn json_for_html(data: &ReportData) -> String {
    // Outside of strings JSON has no such character.
    serde_json::to_string(data)
        .expect("plain data is JSON")
        .replace('<', "\\u003c")
}

/// Such as `checkout-peak_42_2026-11-22T1124Z_stopped.html`.
pub fn file_name(run: &RunRow) -> String {
    let safe = |char: char| match char {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' => char,
        _ => '-',
    };
    let name = run.name.strip_suffix(".py").unwrap_or(&run.name);
    let name: String = name.chars().map(safe).take(80).collect();
    let utc = moment::utc(run.started);
    let minute = utc[..utc.len() - 4].replace(':', "");
    let end = run
        .ending
        .as_ref()
        .map_or("unfinished", |end| match end.kind {
            EndKind::Finished => "finished",
            EndKind::Stopped => "stopped",
            EndKind::WorkersLost => "workers-lost",
            EndKind::Error => "error",
            EndKind::CutOff => "cut-off",
        });
    format!(
        "{}_{}_{minute}Z_{end}.html",
        name.trim_start_matches('.'),
        run.id
    )
}
