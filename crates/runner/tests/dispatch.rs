//! The dispatcher against courses recorded from Locust's own: see `dispatch/record.py`.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a malformed course must fail the test"
)]

use std::path::Path;
use std::time::Duration;

use gregaria_runner::{DispatchError, Dispatcher, UserClass};
use serde_json::Value;

fn dispatcher_of(course: &Value) -> Dispatcher {
    let workers = course["workers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap());
    let classes = course["classes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|class| UserClass {
            name: class[0].as_str().unwrap().into(),
            weight: class[1].as_f64().unwrap(),
            fixed_count: u32::try_from(class[2].as_u64().unwrap()).unwrap(),
        });
    Dispatcher::new(workers, classes)
}

/// Does what an event says and compares what it shows.
fn follow(dispatcher: &mut Dispatcher, event: &Value) -> Result<(), String> {
    match event[0].as_str().unwrap() {
        "dispatch" => {
            let target = usize::try_from(event[1].as_u64().unwrap()).unwrap();
            let classes: Option<Vec<&str>> = event[3]
                .as_array()
                .map(|names| names.iter().map(|name| name.as_str().unwrap()).collect());
            dispatcher
                .start(target, event[2].as_f64().unwrap(), classes.as_deref())
                .unwrap();
        }
        "add" => dispatcher.add_worker(event[1].as_str().unwrap()),
        "remove" => assert!(dispatcher.remove_worker(event[1].as_str().unwrap())),
        "wait" => {
            let wait = dispatcher.wait();
            if (wait.as_secs_f64() - event[1].as_f64().unwrap()).abs() > 1e-6 {
                return Err(format!("waited {wait:?}"));
            }
        }
        "step" => {
            let Some(step) = dispatcher.step() else {
                return Err("the ramp has ended".into());
            };
            let mut placed: Vec<_> = step.placement.workers().collect();
            placed.sort_unstable();
            let found: serde_json::Map<String, Value> = placed
                .into_iter()
                .map(|(id, counts)| (id.to_owned(), counts.into()))
                .collect();
            if Value::Object(found.clone()) != event[2] {
                return Err(format!("placed {}", Value::Object(found)));
            }
            if (step.wait.as_secs_f64() - event[1].as_f64().unwrap()).abs() > 1e-6 {
                return Err(format!("waited {:?}", step.wait));
            }
            in_progress(dispatcher, &event[3])?;
        }
        "end" => {
            if let Some(step) = dispatcher.step() {
                return Err(format!("one step more: {step:?}"));
            }
            in_progress(dispatcher, &event[1])?;
        }
        other => panic!("unknown event {other}"),
    }
    Ok(())
}

fn in_progress(dispatcher: &Dispatcher, expected: &Value) -> Result<(), String> {
    if dispatcher.is_in_progress() == expected.as_bool().unwrap() {
        Ok(())
    } else {
        Err(format!("in progress: {}", dispatcher.is_in_progress()))
    }
}

#[test]
fn users_are_placed_as_locust_places_them() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dispatch/courses.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    let mut courses = 0;
    for (line, course) in text.lines().enumerate() {
        let course: Value = serde_json::from_str(course).unwrap();
        let mut dispatcher = dispatcher_of(&course);
        for (number, event) in course["events"].as_array().unwrap().iter().enumerate() {
            if let Err(found) = follow(&mut dispatcher, event) {
                let line = line + 1;
                panic!("course {line}, event {number}: {event}\nfound: {found}\n{course}");
            }
        }
        courses += 1;
    }
    assert!(courses >= 100, "only {courses} courses");
}

fn class(name: &str, weight: f64, fixed_count: u32) -> UserClass {
    UserClass {
        name: name.into(),
        weight,
        fixed_count,
    }
}

#[test]
fn a_spawn_rate_that_is_no_rate_is_refused() {
    let mut dispatcher = Dispatcher::new(["w_1"], [class("A", 1.0, 0)]);
    for rate in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        assert!(matches!(
            dispatcher.start(1, rate, None),
            Err(DispatchError::SpawnRate(_))
        ));
    }
    let error = dispatcher.start(1, 0.0, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "spawn rate must be a number above 0, got `0`"
    );
    assert_eq!(dispatcher.step(), None);
}

#[test]
fn a_class_that_nobody_knows_is_refused_and_changes_nothing() {
    let mut dispatcher = Dispatcher::new(["w_1"], [class("A", 1.0, 0)]);
    let error = dispatcher.start(1, 1.0, Some(&["A", "B"])).unwrap_err();
    assert_eq!(error, DispatchError::UnknownClass("B".into()));
    assert!(!dispatcher.is_in_progress());
}

#[test]
fn without_workers_a_ramp_ends_without_users() {
    let mut dispatcher = Dispatcher::new(["w_1"], [class("A", 1.0, 0)]);
    assert!(dispatcher.remove_worker("w_1"));
    assert!(!dispatcher.remove_worker("w_1"));
    dispatcher.start(3, 100.0, None).unwrap();
    let steps: Vec<_> = std::iter::from_fn(|| dispatcher.step()).collect();
    assert!(steps.iter().all(|step| step.placement.user_count() == 0));
    assert_eq!(dispatcher.user_count(), 0);
}

#[test]
fn a_worker_that_joins_between_two_steps_is_in_the_next_one() {
    let mut dispatcher = Dispatcher::new(["w_1"], [class("A", 1.0, 0)]);
    dispatcher.start(4, 2.0, None).unwrap();
    assert_eq!(dispatcher.wait(), Duration::ZERO);
    dispatcher.step().unwrap();
    assert_eq!(dispatcher.wait(), Duration::from_secs(1));
    dispatcher.add_worker("w_2");
    assert_eq!(dispatcher.wait(), Duration::ZERO, "it is waited once");
    let step = dispatcher.step().unwrap();
    assert_eq!(step.placement.count("w_1", "A"), 2);
    assert_eq!(step.placement.count("w_2", "A"), 2);
}

#[test]
fn a_placement_is_read_by_worker_and_class() {
    let mut dispatcher = Dispatcher::new(["w_2", "w_1"], [class("B", 1.0, 0), class("A", 1.0, 2)]);
    dispatcher.start(3, 100.0, None).unwrap();
    let step = dispatcher.step().unwrap();
    assert_eq!(step.placement.classes().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(
        step.placement.workers().collect::<Vec<_>>(),
        [("w_1", &[1, 1][..]), ("w_2", &[1, 0][..])]
    );
    assert_eq!(step.placement.count("w_1", "B"), 1);
    assert_eq!(step.placement.count("w_3", "B"), 0);
    assert_eq!(step.placement, dispatcher.placement());
}
