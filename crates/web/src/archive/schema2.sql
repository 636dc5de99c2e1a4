-- What is known of a run besides its figures. Runs of before have none of it.

-- When each exception was noticed first and last.
ALTER TABLE exceptions ADD COLUMN first_seen REAL;
ALTER TABLE exceptions ADD COLUMN last_seen REAL;

-- The class of an exception, and the workers on which a failure happened, as a JSON list.
ALTER TABLE exceptions ADD COLUMN error_type TEXT;
ALTER TABLE failures ADD COLUMN nodes TEXT;

-- Every worker of the run as it was at last, as a JSON list; NULL in a run of one process.
ALTER TABLE runs ADD COLUMN crew TEXT;

-- What people wrote while it lasted.
CREATE TABLE notes (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  note INTEGER NOT NULL,
  time REAL NOT NULL,
  text TEXT NOT NULL,
  author TEXT,
  PRIMARY KEY (run, note)
) WITHOUT ROWID;

-- The last lines of the log of all sources.
CREATE TABLE log (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  line INTEGER NOT NULL,
  time REAL NOT NULL,
  source TEXT NOT NULL,
  level TEXT NOT NULL,
  logger TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run, line)
) WITHOUT ROWID;
