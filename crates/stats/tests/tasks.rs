//! During which tasks a name is requested.

use gregaria_stats::{Recorder, Report, Sample, Settings, Task, Totals};

fn record(recorder: &Recorder, name: &str, at: f64, task: &Task) {
    recorder.record(&Sample {
        method: "GET",
        name,
        at,
        response_time_ms: Some(5.0),
        task: Some(task),
        ..Sample::default()
    });
}

fn task_of<'a>(report: &'a Report, name: &str) -> Option<&'a str> {
    let mut entries = report.entries.iter();
    entries
        .find(|entry| &*entry.key.name == name)?
        .task
        .as_text()
}

#[test]
fn a_second_task_is_noticed_whenever_it_comes() {
    let recorder = Recorder::new(&Settings::default());
    let [buy, look] = ["buy", "look"].map(|name| Task::One(name.into()));
    for turn in 0..1_000_u32 {
        let at = 1_000.0 + f64::from(turn) / 500.0;
        record(&recorder, "/cart", at, &buy);
        // The same name by another piece of text, as another client may have it.
        record(&recorder, "/pay", at, &Task::One("buy".into()));
        record(&recorder, "/", at, if turn == 999 { &look } else { &buy });
        record(&recorder, "/login", at, &Task::Outside);
        record(&recorder, "/other", at, &Task::NotKnown);
    }
    let reports = recorder.drain();
    let of = |part: usize, name: &str| task_of(&reports[part], name);
    assert_eq!((of(0, "/cart"), of(1, "/cart")), (Some("buy"), Some("buy")));
    assert_eq!((of(0, "/pay"), of(1, "/pay")), (Some("buy"), Some("buy")));
    assert_eq!((of(0, "/"), of(1, "/")), (Some("buy"), Some("*")));
    assert_eq!((of(0, "/login"), of(1, "/other")), (Some(""), None));
    // From here on it is known.
    record(&recorder, "/", 1_003.0, &buy);
    assert_eq!(task_of(&recorder.drain_merged(), "/"), Some("*"));
}

#[test]
fn totals_keep_the_task_of_an_entry_that_is_set_to_zero() {
    let settings = Settings::default();
    let mut totals = Totals::new(settings.clone(), 1_000.0);
    for task in ["buy", "look"] {
        let recorder = Recorder::new(&settings);
        record(&recorder, "/", 1_000.0, &Task::One(task.into()));
        record(&recorder, "/cart", 1_000.0, &Task::One("buy".into()));
        totals.fold(&recorder.drain_merged());
    }
    totals.reset_all(1_001.0);
    let tasks = totals.entries().iter().map(|entry| entry.task.as_text());
    assert_eq!(tasks.collect::<Vec<_>>(), [Some("*"), Some("buy")]);
}
