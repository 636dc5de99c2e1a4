use std::fs;
use std::path::Path;

use gregaria_web::archive::{Archive, Library, Limits};
use rusqlite::Connection;

use crate::course::{Course, START, finished, setup};

/// A file with one run in it.
fn filled(path: &Path) {
    let archive = Archive::open(path, Limits::default()).unwrap();
    let mut course = Course::new();
    archive.begin(START, setup("shop"));
    for _ in 0..30 {
        archive.keep(course.second(20, 5));
    }
    archive.end(course.second(20, 5), finished(course.now));
    archive.close(None);
}

fn complaint(path: &Path) -> String {
    Archive::open(path, Limits::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_file_of_a_newer_version_is_left_alone_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    filled(&path);
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = fs::read(&path).unwrap();
    assert!(
        complaint(&path).contains("was written by a newer gregaria (format 99, known here is 7)")
    );
    assert!(
        Library::open(&path)
            .unwrap_err()
            .to_string()
            .contains("newer")
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_of_another_program_is_left_alone_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(
        &text,
        "not a database at all, but long enough to be one ".repeat(100),
    )
    .unwrap();
    assert!(
        complaint(&text).contains("is no run store"),
        "{}",
        complaint(&text)
    );
    let other = folder.path().join("other.sqlite");
    let connection = Connection::open(&other).unwrap();
    connection.execute_batch("CREATE TABLE mine (a)").unwrap();
    drop(connection);
    assert!(complaint(&other).contains("is no run store"));
    assert!(complaint(&other).contains("--store"));
}

#[test]
fn a_damaged_file_says_so_wherever_the_damage_is() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.sqlite");
    filled(&whole);
    let bytes = fs::read(&whole).unwrap();
    let mut complaints = 0;
    for page in 1..bytes.len() / 4096 {
        let path = folder.path().join(format!("{page}.sqlite"));
        let mut damaged = bytes.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0xa5);
        fs::write(&path, damaged).unwrap();
        // Some pages are met when the file is opened, others when the run is read.
        let outcome = Archive::open(&path, Limits::default())
            .map(|archive| archive.close(None))
            .and_then(|()| Library::open(&path))
            .and_then(|library| {
                for run in library.list()? {
                    library.run(run.id)?;
                    library.all_buckets(run.id)?;
                }
                Ok(())
            });
        if let Err(error) = outcome {
            assert!(error.to_string().contains("damaged"), "{error}");
            complaints += 1;
        }
    }
    assert!(complaints > 5, "{complaints}");
}

#[test]
fn a_folder_that_cannot_be_made_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let complaint = complaint(&folder.path().join("file/runs.sqlite"));
    assert!(
        complaint.starts_with("cannot open run store `"),
        "{complaint}"
    );
    assert!(complaint.ends_with("not a directory"), "{complaint}");
}

#[test]
fn a_file_that_is_not_there_says_that_nothing_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let error = Library::open(&folder.path().join("runs.sqlite")).unwrap_err();
    assert!(error.to_string().contains("no run has been kept yet"));
}
