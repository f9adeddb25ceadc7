-- Run once by the PostgreSQL image, as its superuser, when the volume is new (see docker-compose.yml); on a server of
-- your own run it with psql 15 or later:
--   POSTGRES_OWNER_PASSWORD=… POSTGRES_APP_PASSWORD=… psql -v ON_ERROR_STOP=1 -f migration/postgres/init.sql
-- Two roles: the owner migrates, the application works. Neither passes row-level security.

\getenv owner_password POSTGRES_OWNER_PASSWORD
\getenv app_password POSTGRES_APP_PASSWORD

CREATE ROLE hikitsugi_owner LOGIN CREATEROLE NOCREATEDB NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';

-- Made by the owner, because since PostgreSQL 16 only a role's maker may change it.
SET ROLE hikitsugi_owner;
CREATE ROLE hikitsugi_app LOGIN NOCREATEROLE NOCREATEDB NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';
RESET ROLE;

CREATE DATABASE hikitsugi OWNER hikitsugi_owner TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE hikitsugi FROM PUBLIC;
GRANT CONNECT ON DATABASE hikitsugi TO hikitsugi_app;
