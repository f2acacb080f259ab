-- An operator, `ops`: may look, and say words in their own name (docs/database.md). Run by whoever owns the server once
-- the tables are there: `psql --dbname trading --file operator.sql`, then `\password ops`.
\set ON_ERROR_STOP on
CREATE ROLE ops LOGIN CONNECTION LIMIT 20;
GRANT CONNECT ON DATABASE trading TO ops;
BEGIN;
GRANT USAGE ON SCHEMA stonks TO ops;
GRANT SELECT ON ALL TABLES IN SCHEMA stonks TO ops;
GRANT INSERT (run_id, asked_at, expires_at, who, origin, word, arguments, state) ON stonks.engine_commands TO ops;
GRANT UPDATE (state, answered_at) ON stonks.engine_commands TO ops;
ALTER TABLE stonks.engine_commands ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON stonks.engine_commands FOR SELECT USING (true);
CREATE POLICY in_ones_own_name ON stonks.engine_commands FOR INSERT WITH CHECK
  (state = 'asked' AND who LIKE '% (database user ' || replace(session_user::text, '_', '\_') || ')');
CREATE POLICY ones_own_is_taken_back ON stonks.engine_commands FOR UPDATE
  USING (state = 'asked' AND who LIKE '% (database user ' || replace(session_user::text, '_', '\_') || ')')
  WITH CHECK (state = 'expired');
COMMIT;
