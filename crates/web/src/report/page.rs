//! The HTML file: a page that stands on its own, with the data in it.

use crate::archive::{EndKind, RunRow};
use crate::moment;

use super::data::ReportData;

/// The page without data, as the folder `ui` builds it.
const PAGE: &str = include_str!("../../assets/report.html");

/// The element that holds the data, while it holds none.
const EMPTY: &str = "<script type=\"application/json\" id=\"report\">null</script>";

/// The HTML report.
pub fn html(data: &ReportData) -> String {
    html_with(&json_for_html(data))
}

/// The HTML report with what [`json_for_html`] has given, or a part of it.
pub fn html_with(json: &str) -> String {
    let filled = EMPTY.replace("null", json);
    PAGE.replacen(EMPTY, &filled, 1)
}

/// The data as JSON.
///
/// # Panics
///
/// Never: plain data is JSON.
pub fn json(data: &ReportData) -> String {
    serde_json::to_string(data).expect("plain data is JSON")
}

/// The data as JSON that can stand in a `script` element: no `<` can end it or begin anything.
pub fn json_for_html(data: &ReportData) -> String {
    // Outside of strings JSON has no such character.
    json(data).replace('<', "\\u003c")
}

/// Such as `checkout-peak_42_2026-11-22T1124Z_stopped.html`.
pub fn file_name(run: &RunRow) -> String {
    file_stem(run) + ".html"
}

/// Such as `checkout-peak_42_2026-11-22T1124Z_stopped`: the beginning of the names of all files.
pub fn file_stem(run: &RunRow) -> String {
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
        "{}_{}_{minute}Z_{end}",
        name.trim_start_matches('.'),
        run.id
    )
}
