-- Users and databases, made once by whoever owns the server: `psql --file roles.sql`. The image of PostgreSQL runs it
-- when its volume is new. Passwords are read from files, not written here; each user's can be changed with \password.
\set ON_ERROR_STOP on
\set engine_password `cat "${SECRETS:-/run/secrets}/engine_database_password"`
\set broker_password `cat "${SECRETS:-/run/secrets}/broker_database_password"`
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256';

CREATE ROLE stonks_engine LOGIN PASSWORD :'engine_password' CONNECTION LIMIT 40;
CREATE ROLE stonks_broker LOGIN PASSWORD :'broker_password' CONNECTION LIMIT 20;

-- Each owns a database and sees nothing of the other's. The engine's user makes the schemas stonks and stonks_paper
-- (docs/database.md); the broker's its own.
CREATE DATABASE trading OWNER stonks_engine;
CREATE DATABASE broker OWNER stonks_broker;
REVOKE CONNECT, TEMPORARY ON DATABASE trading, broker FROM PUBLIC;
REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE trading TO stonks_engine;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE broker TO stonks_broker;
