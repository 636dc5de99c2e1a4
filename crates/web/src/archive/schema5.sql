-- Requests that were cut off unanswered; NULL where nobody told.
ALTER TABLE runs ADD COLUMN aborted INTEGER;
