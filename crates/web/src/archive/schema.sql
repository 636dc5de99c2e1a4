-- Times are seconds since 1970, response times milliseconds; a column that ends in `_ms` says so.
-- `times` and `rounded` are histograms: see sparse.rs.

CREATE TABLE runs (
  run INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  host TEXT,
  file_sha256 TEXT,
  started REAL NOT NULL,
  -- The newest second that was kept.
  last_second REAL NOT NULL,
  -- NULL while it lasts, and when nobody lived to say how it ended.
  ended REAL,
  end_kind TEXT,
  end_reason TEXT,
  ended_by TEXT,
  exit_code INTEGER,
  -- The process that writes it.
  owner TEXT NOT NULL,
  peak_users INTEGER NOT NULL DEFAULT 0,
  workers INTEGER,
  requests INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  -- What rates of the whole run are taken over.
  counted_from REAL,
  last_request REAL,
  p50_ms REAL,
  p95_ms REAL,
  p99_ms REAL,
  -- Seconds of its buckets.
  step REAL NOT NULL,
  -- Sentences about the figures, as a JSON list.
  notices TEXT NOT NULL DEFAULT '[]',
  note TEXT,
  is_baseline INTEGER NOT NULL DEFAULT 0,
  is_pinned INTEGER NOT NULL DEFAULT 0,
  is_imported INTEGER NOT NULL DEFAULT 0,
  -- What was run, as JSON.
  setup TEXT NOT NULL
);

CREATE TABLE seconds (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  time REAL NOT NULL,
  users INTEGER NOT NULL,
  rps REAL NOT NULL,
  failures_per_second REAL NOT NULL,
  p50_ms REAL,
  p95_ms REAL,
  p99_ms REAL,
  avg_ms REAL NOT NULL,
  requests INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  PRIMARY KEY (run, time)
) WITHOUT ROWID;

-- Entry 0 is all requests together. `times` and `rounded` are filled in when the run ends; until
-- then the sum of the buckets tells as much.
CREATE TABLE entries (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  entry INTEGER NOT NULL,
  method TEXT NOT NULL,
  name TEXT NOT NULL,
  requests INTEGER NOT NULL,
  none_requests INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  total_ms REAL NOT NULL,
  min_ms REAL,
  max_ms REAL NOT NULL,
  content_length INTEGER NOT NULL,
  counted_from REAL NOT NULL,
  last_request REAL,
  is_coarse INTEGER NOT NULL,
  times BLOB,
  rounded BLOB,
  PRIMARY KEY (run, entry)
) WITHOUT ROWID;

-- What an entry has counted within `seconds` from `time` on; none for nothing.
CREATE TABLE buckets (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  entry INTEGER NOT NULL,
  time REAL NOT NULL,
  seconds REAL NOT NULL,
  requests INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  total_ms REAL NOT NULL,
  times BLOB NOT NULL,
  PRIMARY KEY (run, entry, time)
) WITHOUT ROWID;

CREATE TABLE failures (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  failure INTEGER NOT NULL,
  method TEXT NOT NULL,
  name TEXT NOT NULL,
  error TEXT NOT NULL,
  occurrences INTEGER NOT NULL,
  first_seen REAL NOT NULL,
  last_seen REAL NOT NULL,
  PRIMARY KEY (run, failure)
) WITHOUT ROWID;

CREATE TABLE failure_buckets (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  failure INTEGER NOT NULL,
  time REAL NOT NULL,
  seconds REAL NOT NULL,
  occurrences INTEGER NOT NULL,
  PRIMARY KEY (run, failure, time)
) WITHOUT ROWID;

CREATE TABLE exceptions (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  exception INTEGER NOT NULL,
  occurrences INTEGER NOT NULL,
  message TEXT NOT NULL,
  traceback TEXT NOT NULL,
  -- A JSON list.
  nodes TEXT NOT NULL,
  PRIMARY KEY (run, exception)
) WITHOUT ROWID;

CREATE TABLE markers (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  marker INTEGER NOT NULL,
  time REAL NOT NULL,
  until REAL NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run, marker)
) WITHOUT ROWID;
