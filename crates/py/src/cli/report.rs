//! `gregaria report`: what can be done with runs that are kept.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow};
use clap::{Arg, ArgAction, ArgMatches, Command};
use gregaria_web::archive::{Library, Limits, RunName, StoredRun};
use gregaria_web::report::{Extent, ReportData};
use gregaria_web::runs::{self, Fineness, Part};
use gregaria_web::{csv, report};
use pyo3::prelude::*;
use serde::Serialize;

/// Exit code of a command line that cannot be understood.
const USAGE: i32 = 2;

/// What to write where, and how to exit.
type Answer = (i32, String, String);

/// Carries out the words after `gregaria report`. Returns the exit code, what goes to stdout and
/// what goes to stderr. Without `--store` the file at `store` is meant.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 makes the arguments for this function"
)]
pub(crate) fn report_command(py: Python<'_>, arguments: Vec<String>, store: PathBuf) -> Answer {
    py.detach(|| answer(&arguments, &store))
}

fn answer(arguments: &[String], store: &Path) -> Answer {
    let words = std::iter::once("gregaria report").chain(arguments.iter().map(String::as_str));
    match command().try_get_matches_from(words) {
        Ok(matches) => match carry_out(&matches, store) {
            Ok(text) => (0, text, String::new()),
            Err(error) => (1, String::new(), format!("gregaria: error: {error:#}\n")),
        },
        Err(error) if error.use_stderr() => (USAGE, String::new(), format!("gregaria: {error}")),
        Err(help) => (0, help.to_string(), String::new()),
    }
}

fn command() -> Command {
    let run = |name: &'static str, help: &'static str| Arg::new(name).help(help).required(true);
    let one = || run("RUN", "Number of a run, `latest` or `baseline`");
    let file = |help: &'static str| {
        Arg::new("output")
            .short('o')
            .long("output")
            .value_name("FILE")
            .help(help)
    };
    let flag = |long: &'static str, help: &'static str| {
        Arg::new(long)
            .long(long)
            .help(help)
            .action(ArgAction::SetTrue)
    };
    let json = || flag("json", "Print JSON, in the types of the page's API");
    Command::new("gregaria report")
        .bin_name("gregaria report")
        .about("Shows, compares and exports runs that are kept")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .arg(
            Arg::new("store")
                .long("store")
                .value_name("FILE")
                .help("File in which runs are kept")
                .global(true),
        )
        .subcommand(
            Command::new("list")
                .about("Lists all runs, the newest first")
                .arg(json()),
        )
        .subcommand(
            Command::new("show")
                .about("Shows a run")
                .arg(one())
                .arg(json()),
        )
        .subcommand(
            Command::new("html")
                .about("Writes the HTML report of a run")
                .arg(one())
                .arg(file(
                    "Where to; `-` is stdout [default: NAME_RUN_TIME_END.html]",
                )),
        )
        .subcommand(
            Command::new("compare")
                .about(
                    "Tells in what run B differs from run A by more than both vary by themselves",
                )
                .arg(run("A", "The run that is compared with"))
                .arg(run("B", "The run that is compared"))
                .arg(flag(
                    "whole",
                    "Compare with the ramps, and not only what is steady",
                ))
                .arg(json()),
        )
        .subcommand(
            Command::new("export")
                .about("Writes all that is known of a run")
                .arg(one())
                .arg(
                    Arg::new("format")
                        .long("format")
                        .help("json is one file that can be imported, csv are four")
                        .value_parser(["json", "csv"])
                        .default_value("json"),
                )
                .arg(file(
                    "Where to; `-` is stdout; of csv the beginning of the names [default: run-N]",
                )),
        )
        .subcommand(
            Command::new("import")
                .about("Takes in the run of an HTML report or of an exported JSON file")
                .arg(run("FILE", "The file")),
        )
        .subcommand(Command::new("delete").about("Deletes a run").arg(one()))
        .subcommand(
            Command::new("pin")
                .about("Keeps a run whatever its age")
                .arg(one())
                .arg(flag("off", "Let it go again")),
        )
        .subcommand(
            Command::new("baseline")
                .about("Makes a run the one that others of its name are compared with")
                .arg(one())
                .arg(flag("off", "Have none")),
        )
        .subcommand(
            Command::new("note")
                .about("Writes a note about a run")
                .arg(one())
                .arg(run("TEXT", "The note; an empty one takes it away")),
        )
}

fn carry_out(matches: &ArgMatches, store: &Path) -> Result<String> {
    let (name, matches) = matches.subcommand().context("no command")?;
    let store = matches.get_one::<String>("store").map_or(store, Path::new);
    if name == "import" {
        let path = Path::new(text(matches, "FILE"));
        let library = Library::open_or_make(store)?;
        let id = report::import(&library, &read(path)?)
            .with_context(|| format!("cannot import `{}`", path.display()))?;
        library.prune(Limits::default())?;
        return Ok(format!("imported as run {id}\n"));
    }
    let library = Library::open(store)?;
    let run = |argument: &str| -> Result<i64> {
        let name: RunName = text(matches, argument)
            .parse()
            .map_err(|error: String| anyhow!(error))?;
        Ok(library.find(&name)?)
    };
    let is_on = |flag: &str| matches.get_flag(flag);
    match name {
        "list" => {
            let rows = library.list()?;
            if is_on("json") {
                return Ok(pretty(
                    &rows.iter().map(runs::run_summary).collect::<Vec<_>>(),
                ));
            }
            Ok(runs::list_text(&rows))
        }
        "show" => {
            let run = library.run(run("RUN")?)?;
            Ok(if is_on("json") {
                pretty(&whole(&library, &run)?)
            } else {
                runs::show_text(&run)
            })
        }
        "compare" => {
            let part = if is_on("whole") {
                Part::Whole
            } else {
                Part::Steady
            };
            let compared = runs::compare(
                &library,
                run("A")?,
                run("B")?,
                part,
                Fineness::SCREEN.points,
            )?;
            Ok(if is_on("json") {
                pretty(&compared)
            } else {
                runs::compare_text(&compared)
            })
        }
        "html" => {
            let run = library.run(run("RUN")?)?;
            let data = report::data(&library, &run, Extent::Small, now())?;
            let html = report::html(&data);
            let path = output(matches).unwrap_or_else(|| report::file_name(&run.row));
            write(&path, &html)
        }
        "export" => export(&library, run("RUN")?, matches),
        "delete" => {
            library.delete(run("RUN")?)?;
            Ok(String::new())
        }
        "pin" => {
            library.pin(run("RUN")?, !is_on("off"))?;
            Ok(String::new())
        }
        "baseline" => {
            library.set_baseline(run("RUN")?, !is_on("off"))?;
            Ok(String::new())
        }
        "note" => {
            library.set_note(run("RUN")?, text(matches, "TEXT"))?;
            Ok(String::new())
        }
        other => Err(anyhow!("unknown command `{other}`")),
    }
}

fn export(library: &Library, id: i64, matches: &ArgMatches) -> Result<String> {
    let run = library.run(id)?;
    let to = output(matches);
    if text(matches, "format") == "json" {
        let json = pretty(&whole(library, &run)?);
        return write(&to.unwrap_or_else(|| format!("run-{id}.json")), &json);
    }
    let prefix = to.unwrap_or_else(|| format!("run-{id}"));
    let snapshot = &run.snapshot;
    let mut written = String::new();
    for (kind, text) in [
        ("stats", csv::requests(snapshot, &report::PERCENTILES)),
        ("stats_history", csv::seconds(&run.seconds)),
        ("failures", csv::failures(snapshot)),
        ("exceptions", csv::exceptions(snapshot)),
    ] {
        written += &write(&format!("{prefix}_{kind}.csv"), &text)?;
    }
    Ok(written)
}

/// All that is known of a run.
fn whole(library: &Library, run: &StoredRun) -> Result<ReportData> {
    Ok(report::data(library, run, Extent::Whole, now())?)
}

fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

fn text<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}

fn output(matches: &ArgMatches) -> Option<String> {
    matches.get_one::<String>("output").cloned()
}

/// Writes a file and names it, or gives its text if it goes to stdout.
fn write(path: &str, content: &str) -> Result<String> {
    if path == "-" {
        return Ok(content.to_owned());
    }
    std::fs::write(path, content).with_context(|| format!("cannot write `{path}`"))?;
    Ok(format!("{path}\n"))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
