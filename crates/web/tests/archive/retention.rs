use gregaria_web::archive::{Archive, Library, Limits, RunName};
use std::path::Path;

use crate::course::{Course, START, finished, setup};

fn keep(path: &Path, limits: Limits, name: &str, seconds: usize) -> i64 {
    let archive = Archive::open(path, limits).unwrap();
    let mut course = Course::new();
    archive.begin(START, setup(name));
    for _ in 0..seconds {
        archive.keep(course.second(10, 20));
    }
    archive.end(course.second(1, 1), finished(course.now));
    archive.close(None);
    archive.run().unwrap()
}

#[test]
fn the_oldest_go_and_what_is_pinned_or_compared_with_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let limits = Limits {
        runs: 5,
        ..Limits::default()
    };
    let baseline = keep(&path, limits, "shop", 2);
    let pinned = keep(&path, limits, "shop", 2);
    let library = Library::open(&path).unwrap();
    library.set_baseline(baseline, true).unwrap();
    library.pin(pinned, true).unwrap();
    let rest: Vec<i64> = (0..300).map(|_| keep(&path, limits, "shop", 1)).collect();
    library.prune(limits).unwrap();
    let left: Vec<i64> = library.list().unwrap().iter().map(|run| run.id).collect();
    let newest = &rest[rest.len() - 3..];
    assert_eq!(left, [newest[2], newest[1], newest[0], pinned, baseline]);
    assert_eq!(library.find(&RunName::Baseline).unwrap(), baseline);
}

#[test]
fn the_file_stays_within_its_size_and_shrinks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(keep(&path, Limits::default(), "shop", 60));
    }
    let library = Library::open(&path).unwrap();
    let all = library.bytes().unwrap();
    let limits = Limits {
        bytes: all / 2,
        ..Limits::default()
    };
    library.prune(limits).unwrap();
    assert!(library.bytes().unwrap() <= all / 2);
    let left = library.list().unwrap();
    assert!((2..=4).contains(&left.len()), "{}", left.len());
    assert_eq!(left[0].id, ids[7]);
    drop(library);
    Archive::open(&path, limits).unwrap().close(None);
    assert!(path.metadata().unwrap().len() < all * 2 / 3);
}

#[test]
fn a_name_has_one_baseline_and_other_names_have_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let limits = Limits::default();
    let [first, other, second] = ["shop", "api", "shop"].map(|name| keep(&path, limits, name, 1));
    let library = Library::open(&path).unwrap();
    for id in [first, other, second] {
        library.set_baseline(id, true).unwrap();
    }
    let is_baseline = |id| library.row(id).unwrap().is_baseline;
    assert_eq!([first, other, second].map(is_baseline), [false, true, true]);
    library.set_baseline(second, false).unwrap();
    assert!(!is_baseline(second));
    assert_eq!(library.find(&RunName::Baseline).unwrap(), other);
}

#[test]
fn runs_are_called_by_number_and_by_word() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let id = keep(&path, Limits::default(), "shop", 1);
    let library = Library::open(&path).unwrap();
    let find = |name: &str| library.find(&name.parse().unwrap());
    assert_eq!(find("latest").unwrap(), id);
    assert_eq!(find("1").unwrap(), 1);
    let error = find("7").unwrap_err().to_string();
    assert!(error.contains("there is no run 7 in `"), "{error}");
    assert!(
        error.ends_with("hint: there are runs from 1 to 1"),
        "{error}"
    );
    assert!(
        find("baseline")
            .unwrap_err()
            .to_string()
            .contains("report baseline")
    );
    assert!("last".parse::<RunName>().is_err());
    library.set_note(id, "  before the change ").unwrap();
    assert_eq!(
        library.row(id).unwrap().note.as_deref(),
        Some("before the change")
    );
    library.set_note(id, " ").unwrap();
    assert_eq!(library.row(id).unwrap().note, None);
}
