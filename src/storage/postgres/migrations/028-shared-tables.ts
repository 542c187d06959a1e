/** What several processes share that no SQLite file has: roles, who has an update in hand, places to send, alerts. */
export const sharedTables = `
CREATE TABLE roles (
  role text COLLATE "C" PRIMARY KEY,
  process_id text COLLATE "C",
  fence bigint NOT NULL DEFAULT 0
);

-- A call of one statement: a process that is stopped meanwhile holds up no other one. The row of a role is locked before
-- the beat of its holder is read, and a process beats before it locks: of two that meet here, one sees the other.
CREATE FUNCTION beat_for_roles(beating text, wanted text, dead_after_ms bigint)
RETURNS TABLE (given_role text, given_fence bigint, free_in_ms bigint) LANGUAGE plpgsql AS $$
DECLARE
  held record;
  beat bigint;
BEGIN
  UPDATE processes SET beat_at_ms = now_ms() WHERE id = beating;
  FOREACH given_role IN ARRAY string_to_array(wanted, ' ') LOOP
    INSERT INTO roles (role) VALUES (given_role) ON CONFLICT DO NOTHING;
    SELECT * INTO held FROM roles WHERE role = given_role FOR UPDATE;
    SELECT beat_at_ms INTO beat FROM processes WHERE id = held.process_id;
    given_fence := NULL;
    free_in_ms := NULL;
    IF held.process_id = beating THEN
      given_fence := held.fence;
    ELSIF beat >= now_ms() - dead_after_ms THEN
      free_in_ms := beat + dead_after_ms - now_ms();
    ELSE
      given_fence := held.fence + 1;
      UPDATE roles SET process_id = beating, fence = given_fence WHERE role = given_role;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- The term of the role telegram in which an update was taken in hand.
ALTER TABLE inbox ADD COLUMN holder bigint;

-- What is forgotten with a crash of the server is asked of Telegram again.
CREATE UNLOGGED TABLE send_places (
  place text COLLATE "C" PRIMARY KEY,
  full_at_ms bigint NOT NULL,
  shown_at_ms bigint[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);
CREATE INDEX send_places_old ON send_places (full_at_ms);

CREATE FUNCTION take_send_place(
  given text, messages bigint, burst bigint, every_ms bigint, per_minute bigint, is_urgent boolean
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  held send_places;
  at_ms bigint;
  first_at bigint;
  wait_ms bigint;
BEGIN
  INSERT INTO send_places (place, full_at_ms) VALUES (given, now_ms()) ON CONFLICT DO NOTHING;
  IF FOUND THEN
    DELETE FROM send_places WHERE place IN (
      SELECT place FROM send_places WHERE full_at_ms < now_ms() - 3600000 LIMIT 10 FOR UPDATE SKIP LOCKED);
  END IF;
  SELECT * INTO held FROM send_places WHERE place = given FOR UPDATE;
  at_ms := now_ms();
  first_at := held.shown_at_ms[cardinality(held.shown_at_ms) - per_minute + messages];
  wait_ms := greatest(0, CASE WHEN is_urgent THEN 0 ELSE held.full_at_ms - (burst - 1) * every_ms - at_ms END,
    coalesce(first_at + 60000 - at_ms, 0));
  IF wait_ms = 0 THEN
    UPDATE send_places SET
      full_at_ms = least(greatest(held.full_at_ms, at_ms) + messages * every_ms, at_ms + burst * every_ms),
      shown_at_ms = CASE WHEN per_minute = 0 THEN '{}' ELSE
        (held.shown_at_ms || array_fill(at_ms, ARRAY[messages::integer]))
          [greatest(1, cardinality(held.shown_at_ms) + messages - per_minute + 1):] END
      WHERE place = given;
  END IF;
  RETURN wait_ms;
END $$;

CREATE TABLE process_alerts (
  process_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  alert text COLLATE "C" NOT NULL,
  PRIMARY KEY (process_id, id)
);

CREATE TABLE told_alerts (
  id text COLLATE "C" PRIMARY KEY,
  alert text COLLATE "C" NOT NULL
);
`;
