-- During which task of the test it was requested: its name, '' outside of tasks, '*' by several; NULL
-- where nobody told.
ALTER TABLE entries ADD COLUMN task TEXT;
