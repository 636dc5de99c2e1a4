-- How often each status of HTTP came, as a JSON list of pairs; NULL where nobody told.
ALTER TABLE entries ADD COLUMN statuses TEXT;
