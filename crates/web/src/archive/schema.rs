//! The tables, their migrations, and how a file is opened.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::ArchiveError;

/// Marks a file as one of ours: "greg".
const APPLICATION_ID: i64 = 0x6772_6567;

/// How long to wait for another process that is writing.
const PATIENCE: Duration = Duration::from_secs(5);

/// Each takes a file to the next format; the first makes it.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema2.sql"),
    include_str!("schema3.sql"),
    include_str!("schema4.sql"),
    include_str!("schema5.sql"),
    include_str!("schema6.sql"),
    include_str!("schema7.sql"),
];

/// The format that is written here: so many migrations there are.
pub(super) const FORMAT: i64 = 7;

/// Opens a file for reading and writing; makes it, and its folder, if it is not there. Nobody but
/// its owner may read it: locustfiles may hold what is not for others.
pub(super) fn open(path: &Path) -> Result<Connection, ArchiveError> {
    make(path).map_err(|error| ArchiveError::Unopened {
        path: path.to_owned(),
        reason: plain(&error),
    })?;
    let explain = |error: rusqlite::Error| ArchiveError::of(path, &error);
    let mut connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(explain)?;
    connection.busy_timeout(PATIENCE).map_err(explain)?;
    let format = format_of(&connection, path)?;
    if format == 0 {
        // Before the first table: afterwards it would take a rewrite of the file.
        connection
            .pragma_update(None, "auto_vacuum", "INCREMENTAL")
            .map_err(explain)?;
    }
    // Readers do not wait for the writer, and a commit does not wait for the disk: what is
    // committed survives the end of the process, and the file survives the end of the machine.
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .and_then(|()| connection.pragma_update(None, "synchronous", "NORMAL"))
        .and_then(|()| connection.pragma_update(None, "foreign_keys", true))
        .map_err(explain)?;
    migrate(&mut connection).map_err(explain)?;
    Ok(connection)
}

/// Opens a file for reading alone, also where nothing can be written.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, ArchiveError> {
    let explain = |error: rusqlite::Error| ArchiveError::of(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(path, flags).map_err(explain)?;
    connection.busy_timeout(PATIENCE).map_err(explain)?;
    match format_of(&connection, path) {
        // The index of the log cannot be made in a folder that is read-only. Nobody writes there.
        Err(ArchiveError::Unopened { .. } | ArchiveError::ReadOnly { .. }) => {
            let name = path.to_string_lossy();
            let name = name
                .replace('%', "%25")
                .replace('?', "%3f")
                .replace('#', "%23");
            let connection = Connection::open_with_flags(
                format!("file:{name}?immutable=1"),
                flags | OpenFlags::SQLITE_OPEN_URI,
            )
            .map_err(explain)?;
            format_of(&connection, path)?;
            Ok(connection)
        }
        Err(error) => Err(error),
        Ok(0) => Err(ArchiveError::Foreign {
            path: path.to_owned(),
        }),
        Ok(_) => Ok(connection),
    }
}

/// The format of a file; 0 of one that is empty.
fn format_of(connection: &Connection, path: &Path) -> Result<i64, ArchiveError> {
    let number = |pragma: &str| {
        connection
            .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .map_err(|error| ArchiveError::of(path, &error))
    };
    let (format, id) = (number("user_version")?, number("application_id")?);
    let is_empty = format == 0 && id == 0 && number("schema_version")? == 0;
    if is_empty {
        return Ok(0);
    }
    if id != APPLICATION_ID {
        return Err(ArchiveError::Foreign {
            path: path.to_owned(),
        });
    }
    if format > FORMAT {
        return Err(ArchiveError::Newer {
            path: path.to_owned(),
            found: format,
            known: FORMAT,
        });
    }
    Ok(format)
}

/// Takes the tables to the present format. Of two processes that open a file at once, the second
/// finds that there is nothing left to do.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let format = |connection: &Connection| {
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
    };
    if format(connection)? == FORMAT {
        return Ok(());
    }
    let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done = usize::try_from(format(&change)?).unwrap_or(MIGRATIONS.len());
    for migration in MIGRATIONS.iter().skip(done) {
        change.execute_batch(migration)?;
    }
    change.pragma_update(None, "application_id", APPLICATION_ID)?;
    change.pragma_update(None, "user_version", FORMAT)?;
    change.commit()
}

fn make(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| match error.kind() {
            // A part of the path is there, and is something else.
            io::ErrorKind::AlreadyExists => io::ErrorKind::NotADirectory.into(),
            _ => error,
        })?;
    }
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// The text of an error without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    text.to_lowercase()
}
