-- Single requests of an entry, as JSON: those that were slow and those that failed. Like `times`, they
-- are filled in when the run ends.
ALTER TABLE entries ADD COLUMN examples TEXT;
