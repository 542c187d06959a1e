/** What the SQL of the stores takes for granted, because SQLite has it. */
export const functions = `
CREATE FUNCTION iif(boolean, bigint, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS 'SELECT CASE WHEN $1 THEN $2 ELSE $3 END';
CREATE FUNCTION iif(boolean, text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS 'SELECT CASE WHEN $1 THEN $2 ELSE $3 END';
CREATE FUNCTION max(bigint, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS 'SELECT CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL ELSE greatest($1, $2) END';
CREATE FUNCTION max(bigint, bigint, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS 'SELECT CASE WHEN $1 IS NULL OR $2 IS NULL OR $3 IS NULL THEN NULL ELSE greatest($1, $2, $3) END';
CREATE FUNCTION min(bigint, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS 'SELECT CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL ELSE least($1, $2) END';
CREATE FUNCTION instr(text, text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT strpos($1, $2)::bigint';
CREATE FUNCTION substr(text, bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS 'SELECT pg_catalog.substr($1, $2::integer)';
CREATE FUNCTION hex(bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$SELECT upper(encode($1, 'hex'))$$;
CREATE FUNCTION randomblob(bigint) RETURNS bytea LANGUAGE sql VOLATILE
  AS $$SELECT decode(substr(replace(gen_random_uuid()::text, '-', ''), 1, 2 * $1::integer), 'hex')$$;
CREATE FUNCTION leading_integer(text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$SELECT CASE WHEN $1 IS NULL THEN NULL ELSE coalesce(substring($1 FROM '^\\s*([+-]?[0-9]+)')::bigint, 0) END$$;
CREATE FUNCTION add_true(bigint, boolean) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS 'SELECT CASE WHEN $2 IS NULL THEN $1 ELSE coalesce($1, 0) + $2::integer END';
CREATE AGGREGATE sum(boolean) (SFUNC = add_true, STYPE = bigint);

CREATE FUNCTION json_valid(given text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  PERFORM given::json;
  RETURN true;
EXCEPTION WHEN data_exception THEN
  RETURN false;
END $$;
CREATE FUNCTION json_steps(path text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$SELECT CASE WHEN left(path, 2) = '$.' THEN string_to_array(substr(path, 3), '.') ELSE ARRAY[path] END$$;
CREATE FUNCTION json_text_at(given text, path text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$SELECT given::json #>> json_steps(path)$$;
CREATE FUNCTION json_at(given text, path text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$SELECT (given::json #> json_steps(path))::text$$;
CREATE OPERATOR ->> (LEFTARG = text, RIGHTARG = text, FUNCTION = json_text_at);
CREATE OPERATOR -> (LEFTARG = text, RIGHTARG = text, FUNCTION = json_at);
CREATE FUNCTION json_each(given text) RETURNS TABLE (key bigint, value text) LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$SELECT place - 1, listed FROM json_array_elements_text(given::json) WITH ORDINALITY AS one (listed, place)$$;

-- Milliseconds since 1970 by the clock of the database.
CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE
  AS 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint';
`;
