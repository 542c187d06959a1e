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
`,
} as const;
