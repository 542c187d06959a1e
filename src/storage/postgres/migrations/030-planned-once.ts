/**
 * What is asked with every lease, as it was, for about three quarters of the processor time: PostgreSQL keeps the plan of a
 * statement in PL/pgSQL for the connection, and makes that of a function in SQL with every call, while others wait for the
 * lock of the account.
 */
export const plannedOnce = {
  version: 30,
  sql: `
CREATE OR REPLACE FUNCTION others_calls(asker text, asked_keys text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  at_ms bigint := now_ms();
  keys text[];
BEGIN
  IF asked_keys IS NOT NULL THEN
    SELECT array_agg(value) INTO keys FROM json_each(asked_keys);
    RETURN (SELECT coalesce(json_agg(json_build_array(key_id, began_ms, counts_until_ms IS NULL AND EXISTS
        (SELECT 1 FROM key_holders WHERE holder = seat.holder AND lease_end_ms(until_ms) > at_ms))), '[]')::text
      FROM key_seats AS seat
      WHERE key_id = ANY(keys) AND holder <> asker AND (counts_until_ms IS NULL OR counts_until_ms > at_ms));
  END IF;
  RETURN (SELECT coalesce(json_agg(json_build_array(key_id, began_ms, counts_until_ms IS NULL AND EXISTS
      (SELECT 1 FROM key_holders WHERE holder = seat.holder AND lease_end_ms(until_ms) > at_ms))), '[]')::text
    FROM key_seats AS seat
    WHERE holder <> asker AND (counts_until_ms IS NULL OR counts_until_ms > at_ms));
END $$;

CREATE OR REPLACE FUNCTION is_account_full(
  of_key text, account_keys text, max_calls bigint, max_key_calls bigint, window_calls bigint, window_ms bigint
) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  after_ms bigint := now_ms() - window_ms;
  keys text[];
  answer boolean;
BEGIN
  SELECT array_agg(value) INTO keys FROM json_each(account_keys);
  SELECT count(*) FILTER (WHERE is_held) >= max_calls
      OR count(*) FILTER (WHERE is_held AND key_id = of_key) >= max_key_calls
      OR count(*) FILTER (WHERE began_ms > after_ms) >= window_calls
    INTO answer
    FROM (SELECT key_id, began_ms, counts_until_ms IS NULL
        AND EXISTS (SELECT 1 FROM key_holders WHERE holder = seat.holder) AS is_held
      FROM key_seats AS seat WHERE key_id = ANY(keys)) AS seats;
  RETURN answer;
END $$;
`,
} as const;
