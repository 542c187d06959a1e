/**
 * What buttons ask for. A request of a button answers a message of the bot, and no message of the person. Variations are
 * one request each, accepted together and shown together: all of them name the first one.
 */
export const remix = {
  version: 23,
  sql: `
ALTER TABLE jobs ADD COLUMN pressed INTEGER;                  -- 1: a button asked; NULL: a message of the person
ALTER TABLE jobs ADD COLUMN album TEXT;                       -- id of the first job of the album; NULL outside of albums
ALTER TABLE jobs ADD COLUMN album_size INTEGER;

CREATE INDEX jobs_of_album ON jobs (album) WHERE album IS NOT NULL;
`,
} as const;

/** Payments in Telegram Stars, and which request used what of a pack. */
export const payments = {
  version: 24,
  sql: `
CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  charge_id TEXT NOT NULL,                                    -- Telegram's; renewals may share one
  period INTEGER NOT NULL DEFAULT 0,                          -- 0, and 1, 2, … for renewals with the same charge id
  user_id INTEGER NOT NULL,
  stars INTEGER NOT NULL,
  payload TEXT NOT NULL,                                      -- ours: what it is for
  results INTEGER NOT NULL DEFAULT 0,                         -- of a pack; 0 for everything else
  results_left INTEGER NOT NULL DEFAULT 0 CHECK (results_left BETWEEN 0 AND results),
  results_taken_back INTEGER NOT NULL DEFAULT 0,              -- left, or given back later, when it was refunded
  until_ms INTEGER,                                           -- end of the period that a subscription has paid for
  state TEXT NOT NULL CHECK (state IN ('paid', 'credited', 'refunding', 'refunded')),
  renewal TEXT NOT NULL DEFAULT 'on' CHECK (renewal IN ('on', 'canceled', 'failed')),
  is_told INTEGER NOT NULL DEFAULT 0,
  is_listed INTEGER NOT NULL DEFAULT 0,                       -- seen in Telegram's own list of transactions
  paid_at_ms INTEGER NOT NULL,
  UNIQUE (charge_id, period)
) STRICT;

CREATE INDEX payments_of_user ON payments (user_id, state);

CREATE TABLE pack_uses (
  job_id TEXT NOT NULL,
  payment_id INTEGER NOT NULL REFERENCES payments (id),
  results INTEGER NOT NULL CHECK (results > 0),
  given_back INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job_id, payment_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE credits ADD COLUMN pack_results INTEGER NOT NULL DEFAULT 0; -- taken from packs: not of the day's allowance
ALTER TABLE jobs ADD COLUMN pack_results INTEGER NOT NULL DEFAULT 0;
`,
} as const;
