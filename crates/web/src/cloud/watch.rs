//! The two files: facts that are read every second, and the end that is asked for.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::Cloud;

use super::facts::Facts;
use super::line::Known;

/// Time between two looks at the facts.
const INTERVAL: Duration = Duration::from_secs(1);

/// Where the facts are, and where the end is asked for.
#[derive(Clone, Debug)]
pub struct CloudFiles {
    /// JSON that a program beside the master writes.
    pub facts: PathBuf,
    /// A file that it looks for; `None` if nobody ends the machines before their time.
    pub end: Option<PathBuf>,
}

/// What is known of the cloud, as of the last look.
#[derive(Debug)]
pub struct CloudWatch {
    files: CloudFiles,
    known: Mutex<Known>,
}

impl CloudWatch {
    /// Reads the facts for the first time.
    pub fn new(files: CloudFiles) -> Self {
        let mut known = Known {
            can_tear_down: files.end.is_some(),
            ..Known::default()
        };
        take(&mut known, &files.facts, std::fs::read(&files.facts));
        Self {
            files,
            known: Mutex::new(known),
        }
    }

    /// Looks at the facts every second, for ever.
    pub async fn follow(&self) {
        let mut interval = tokio::time::interval(INTERVAL);
        loop {
            interval.tick().await;
            let read = tokio::fs::read(&self.files.facts).await;
            take(&mut self.known(), &self.files.facts, read);
        }
    }

    /// What the page is told at this moment; `lasts` while a test runs.
    pub fn line(&self, now: f64, lasts: bool) -> Cloud {
        let mut known = self.known();
        if lasts {
            known.active_at = Some(now);
        }
        known.line(now, lasts)
    }

    /// Whether machines are being ended.
    pub fn is_ending(&self) -> bool {
        self.known().is_ending()
    }

    /// Whether the end can be asked for.
    pub fn can_tear_down(&self) -> bool {
        self.files.end.is_some()
    }

    /// Shows that the end was asked for, before it is.
    pub fn begin_end(&self, by: &str, now: f64) {
        let mut known = self.known();
        known.asked = Some((now, by.to_owned()));
        known.refused = None;
    }

    /// Asks for the end of all machines. If that fails, the line says so, and the machines stay.
    pub async fn ask_for_end(&self, by: &str) -> io::Result<()> {
        let Some(path) = &self.files.end else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let written = tokio::fs::write(path, format!("{by}\n")).await;
        if let Err(error) = &written {
            let mut known = self.known();
            known.asked = None;
            known.refused = Some(format!(
                "the end cannot be asked for: `{}`: {error}",
                path.display()
            ));
        }
        written
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Each part of it is replaced as a whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes in what was read. Facts that were good stay known beside what is wrong with the file.
fn take(known: &mut Known, path: &Path, read: io::Result<Vec<u8>>) {
    let parsed = read
        .map_err(|error| format!("`{}`: {error}", path.display()))
        .and_then(|bytes| Facts::parse(&bytes));
    match parsed {
        Ok(facts) => {
            known.facts = Some(facts);
            known.unreadable = None;
        }
        Err(problem) => known.unreadable = Some(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CloudCondition;

    fn files(folder: &tempfile::TempDir) -> CloudFiles {
        CloudFiles {
            facts: folder.path().join("cloud.json"),
            end: Some(folder.path().join("end")),
        }
    }

    #[test]
    fn a_file_that_is_not_there_and_one_that_is_half_written_are_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(&folder);
        let watch = CloudWatch::new(files.clone());
        let line = watch.line(0.0, false);
        assert_eq!(line.condition, CloudCondition::Unreadable);
        assert!(line.problem.unwrap().contains("No such file"));
        let look = |text: &str| {
            std::fs::write(&files.facts, text).unwrap();
            take(
                &mut watch.known(),
                &files.facts,
                std::fs::read(&files.facts),
            );
            watch.line(0.0, true)
        };
        assert_eq!(
            look(r#"{"ends_at": 9000}"#).condition,
            CloudCondition::Normal
        );
        let torn = look(r#"{"ends_at": 90"#);
        assert_eq!(torn.condition, CloudCondition::Unreadable);
        assert_eq!(torn.ends_at, Some(9000.0));
        assert_eq!(look(r#"{"ends_at": 9000}"#).problem, None);
    }

    #[tokio::test]
    async fn the_end_is_a_file_that_says_who_asked() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(&folder);
        std::fs::write(&files.facts, r#"{"ends_at": 9000, "worker_count": 2}"#).unwrap();
        let watch = CloudWatch::new(files.clone());
        watch.begin_end("anna", 5.0);
        assert!(watch.is_ending());
        assert!(!files.end.as_ref().unwrap().exists());
        watch.ask_for_end("anna").await.unwrap();
        let told = std::fs::read_to_string(files.end.unwrap()).unwrap();
        assert_eq!(told, "anna\n");
        let line = watch.line(6.0, false);
        assert_eq!(line.condition, CloudCondition::TearingDown);
    }

    #[tokio::test]
    async fn an_end_that_cannot_be_asked_for_is_not_shown_as_begun() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = files(&folder);
        std::fs::write(&files.facts, r#"{"ends_at": 9000}"#).unwrap();
        files.end = Some(folder.path().join("nowhere/end"));
        let watch = CloudWatch::new(files);
        watch.begin_end("anna", 5.0);
        watch.ask_for_end("anna").await.unwrap_err();
        let line = watch.line(6.0, true);
        assert_eq!(line.condition, CloudCondition::Normal);
        assert!(
            line.problem
                .unwrap()
                .starts_with("the end cannot be asked for")
        );
    }
}
