/**
 * Keys as whole records, and commands of humans from another process. The rows of before are carried over:
 * a rest of unknown origin counts as one that the provider named, and a first refusal still has to be confirmed.
 */
export const keyRecords = {
  version: 3,
  sql: `
CREATE TABLE key_records (
  id TEXT PRIMARY KEY,
  record TEXT NOT NULL,                                     -- JSON
  saved_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

WITH known AS (
  SELECT id, limited_in_a_row, seat_limit, calls, successes,
    state ->> 'kind' AS kind, state ->> 'reason' AS reason, state ->> 'times' AS times,
    CAST(unixepoch('subsec') * 1000 AS INTEGER) AS saved_at_ms, json(state) AS state
  FROM keys WHERE json_valid(state)
)
INSERT INTO key_records (id, record, saved_at_ms)
SELECT id, json_object(
  'id', id, 'provider', 'bytez', 'name', 'bytez ' || substr(id, 1, 4), 'savedAtMs', saved_at_ms,
  'state', json(CASE kind
    WHEN 'cooling' THEN json_set(state, '$.sinceMs', saved_at_ms,
      '$.stated', json(CASE WHEN reason = 'rate-limited' THEN 'true' ELSE 'false' END))
    WHEN 'benched' THEN json_set(state,
      '$.confirmed', json(CASE WHEN reason = 'out-of-credit' OR times > 1 THEN 'true' ELSE 'false' END))
    WHEN 'probing' THEN json_set(state,
      '$.confirmed', json(CASE WHEN reason = 'out-of-credit' OR times > 1 THEN 'true' ELSE 'false' END))
    ELSE state END),
  'limitedInARow', limited_in_a_row, 'seats', json_object('limit', seat_limit), 'inFlight', 0,
  'health', json_object('calls', calls, 'successes', successes, 'errors', json_object(), 'consecutiveErrors', 0,
    'callsToday', 0, 'day', 0)
), saved_at_ms FROM known;

DROP TABLE keys;

CREATE TABLE key_wishes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  wish TEXT NOT NULL CHECK (wish IN ('wake', 'disable', 'enable', 'test')),
  key_id TEXT,                                              -- NULL: every key
  asked_at_ms INTEGER NOT NULL
) STRICT;
`,
} as const;
