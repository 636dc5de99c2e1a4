-- How often each error of the test's code came within `seconds` from `time` on; none for nothing. Runs
-- of before have none.
CREATE TABLE exception_buckets (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  exception INTEGER NOT NULL,
  time REAL NOT NULL,
  seconds REAL NOT NULL,
  occurrences INTEGER NOT NULL,
  PRIMARY KEY (run, exception, time)
) WITHOUT ROWID;
