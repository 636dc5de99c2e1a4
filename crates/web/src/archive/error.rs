//! What can be wrong with a run store, in the words of a tester.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a run store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The folder of the file cannot be made, or the file cannot be opened.
    #[error("cannot open run store `{}`: {reason}", path.display())]
    Unopened {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file of another program, or none of `SQLite`'s.
    #[error(
        "`{}` is no run store\nhint: name another file with --store, or use --no-store",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Written by a later version, whose tables are not known here.
    #[error(
        "run store `{}` was written by a newer gregaria (format {found}, known here is {known})\n\
         hint: update gregaria, or name another file with --store",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: i64,
        /// The newest format that is known here.
        known: i64,
    },
    /// The file is damaged.
    #[error(
        "run store `{}` is damaged: {reason}\nhint: move it away; the next run begins a new one",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        reason: String,
    },
    /// The file or its folder must not be written to.
    #[error("cannot write run store `{}`: it is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// There is no room.
    #[error("cannot write run store `{}`: the disk is full", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another process has kept the file locked for too long.
    #[error("run store `{}` is locked by another process", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing failed in another way.
    #[error("cannot use run store `{}`: {reason}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        reason: String,
    },
    /// There is no such run.
    #[error("there is no run {name} in `{}`\n{hint}", path.display())]
    NoRun {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        name: String,
        /// What there is.
        hint: String,
    },
    /// The run is being written by a process that lives.
    #[error("run {id} is still going on")]
    Busy {
        /// Number of the run.
        id: i64,
    },
}

impl ArchiveError {
    /// An error of `SQLite` as what it means for this file.
    pub(super) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::Unopened { path, reason }
            }
            // Without a code, what stands in the file is not what was written.
            Some(ErrorCode::DatabaseCorrupt) | None => Self::Damaged { path, reason },
            Some(_) => Self::Failed { path, reason },
        }
    }
}
