/**
 * Who asks for a place to send again because the answer was lost has it already: the row of a place keeps the names of the
 * last calls that took one. The function without `take` is that of the version before, which may run beside this one.
 */
export const lostAnswers = {
  version: 31,
  sql: `
ALTER TABLE send_places ADD COLUMN takes bigint[] NOT NULL DEFAULT '{}';

CREATE FUNCTION take_send_place(
  given text, messages bigint, burst bigint, every_ms bigint, per_minute bigint, is_urgent boolean, take bigint
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
  -- Waits for the lost call, should the server still be at it.
  SELECT * INTO held FROM send_places WHERE place = given FOR UPDATE;
  IF take = ANY (held.takes) THEN
    RETURN 0;
  END IF;
  at_ms := now_ms();
  first_at := held.shown_at_ms[cardinality(held.shown_at_ms) - per_minute + messages];
  wait_ms := greatest(0, CASE WHEN is_urgent THEN 0 ELSE held.full_at_ms - (burst - 1) * every_ms - at_ms END,
    coalesce(first_at + 60000 - at_ms, 0));
  IF wait_ms = 0 THEN
    UPDATE send_places SET
      full_at_ms = least(greatest(held.full_at_ms, at_ms) + messages * every_ms, at_ms + burst * every_ms),
      shown_at_ms = CASE WHEN per_minute = 0 THEN '{}' ELSE
        (held.shown_at_ms || array_fill(at_ms, ARRAY[messages::integer]))
          [greatest(1, cardinality(held.shown_at_ms) + messages - per_minute + 1):] END,
      takes = (held.takes || take)[greatest(1, cardinality(held.takes) - 18):]
      WHERE place = given;
  END IF;
  RETURN wait_ms;
END $$;
`,
} as const;
