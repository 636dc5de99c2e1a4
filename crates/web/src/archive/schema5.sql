-- Requests that were cut off unanswered; NULL where nobody told.
ALTER TABLE runs ADD COLUMN aborted INTEGER;

-- How busy its workers were over time, as JSON; NULL in a run of one process.
ALTER TABLE runs ADD COLUMN crew_course TEXT;
