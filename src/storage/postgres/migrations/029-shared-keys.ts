/**
 * What processes share of keys. Only PostgreSQL has it: SQLite has one process. A seat is held as long as `counts_until_ms`
 * is empty and its holder is there.
 */
export const sharedKeys = {
  version: 29,
  sql: `
CREATE TABLE key_holders (
  holder text COLLATE "C" PRIMARY KEY,
  until_ms bigint NOT NULL
);

CREATE TABLE key_seats (
  seat_id text COLLATE "C" PRIMARY KEY,
  key_id text COLLATE "C" NOT NULL,
  holder text COLLATE "C" NOT NULL,
  began_ms bigint NOT NULL,
  counts_until_ms bigint
);
CREATE INDEX key_seats_by_key ON key_seats (key_id, began_ms);
CREATE INDEX key_seats_by_holder ON key_seats (holder) WHERE counts_until_ms IS NULL;
CREATE INDEX key_seats_by_end ON key_seats (counts_until_ms);

CREATE TABLE key_facts (
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  fact text COLLATE "C" NOT NULL,
  saved_at_ms bigint NOT NULL,
  written_at_ms bigint NOT NULL,
  PRIMARY KEY (kind, id)
);

CREATE TABLE key_turns (
  name text COLLATE "C" PRIMARY KEY,
  holder text COLLATE "C" NOT NULL,
  until_ms bigint NOT NULL,
  ended_ms bigint
);

-- A database that was away let nobody beat: each lease goes on for as long as it lasts after the database is back.
CREATE FUNCTION lease_end_ms(until_ms bigint) RETURNS bigint LANGUAGE sql STABLE
  AS $$SELECT greatest(until_ms, (extract(epoch FROM pg_postmaster_start_time()) * 1000)::bigint + 12000)$$;

-- Of all holders but the asker: the key of each call, when it began, and whether it is under way. Where no keys are named, of all.
CREATE FUNCTION others_calls(asker text, asked_keys text) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(json_agg(json_build_array(key_id, began_ms, is_held)), '[]')::text
  FROM (SELECT key_id, began_ms, counts_until_ms IS NULL AND EXISTS
      (SELECT 1 FROM key_holders WHERE holder = seat.holder AND lease_end_ms(until_ms) > now_ms()) AS is_held
    FROM key_seats AS seat
    WHERE holder <> asker AND (counts_until_ms IS NULL OR counts_until_ms > now_ms())
      AND (asked_keys IS NULL OR key_id IN (SELECT value FROM json_each(asked_keys)))) AS seats
$$;

CREATE FUNCTION is_account_full(
  of_key text, account_keys text, max_calls bigint, max_key_calls bigint, window_calls bigint, window_ms bigint
) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT count(*) FILTER (WHERE is_held) >= max_calls
    OR count(*) FILTER (WHERE is_held AND key_id = of_key) >= max_key_calls
    OR count(*) FILTER (WHERE began_ms > now_ms() - window_ms) >= window_calls
  FROM (SELECT key_id, began_ms, counts_until_ms IS NULL
      AND EXISTS (SELECT 1 FROM key_holders WHERE holder = seat.holder) AS is_held
    FROM key_seats AS seat WHERE key_id IN (SELECT value FROM json_each(account_keys))) AS seats
$$;

-- A call of one statement: a process that is stopped meanwhile holds up no other one. Without max_calls there is always a seat.
CREATE FUNCTION take_key_seat(
  wanted_seat text, asker text, of_key text, account_keys text,
  max_calls bigint, max_key_calls bigint, window_calls bigint, window_ms bigint
) RETURNS TABLE (answer text, at bigint, calls text) LANGUAGE plpgsql AS $$
DECLARE
  is_full boolean := false;
  one text;
BEGIN
  answer := 'seat';
  IF max_calls IS NOT NULL THEN
    FOR one IN SELECT value FROM json_each(account_keys) ORDER BY value LOOP
      PERFORM pg_advisory_xact_lock(hashtextextended('seats of ' || one, 7244));
    END LOOP;
  END IF;
  -- Nobody takes the holder for dead before this is over.
  PERFORM 1 FROM key_holders WHERE holder = asker FOR KEY SHARE;
  IF NOT FOUND THEN
    answer := 'fenced';
  -- The answer to the same wish was lost: it has its seat.
  ELSIF NOT EXISTS (SELECT 1 FROM key_seats WHERE seat_id = wanted_seat) THEN
    IF max_calls IS NOT NULL THEN
      is_full := is_account_full(of_key, account_keys, max_calls, max_key_calls, window_calls, window_ms);
      IF is_full THEN
        DELETE FROM key_holders WHERE holder IN (SELECT holder FROM key_holders
          WHERE lease_end_ms(until_ms) <= now_ms() AND holder <> asker FOR UPDATE SKIP LOCKED);
        IF FOUND THEN
          is_full := is_account_full(of_key, account_keys, max_calls, max_key_calls, window_calls, window_ms);
        END IF;
      END IF;
    END IF;
    IF is_full THEN
      answer := 'full';
    ELSE
      INSERT INTO key_seats (seat_id, key_id, holder, began_ms) VALUES (wanted_seat, of_key, asker, now_ms());
    END IF;
  END IF;
  at := now_ms();
  calls := others_calls(asker, account_keys);
  RETURN NEXT;
END $$;
`,
} as const;
