/** The clients of the gateway: their numbers stand, negative, where those of people do. */
export const apiClients = {
  version: 21,
  sql: `
CREATE TABLE api_clients (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE
) STRICT;
`,
} as const;

/** What other programs are told, until they have taken it. */
export const webhookOutbox = {
  version: 22,
  sql: `
CREATE TABLE webhook_outbox (
  id TEXT PRIMARY KEY,
  target TEXT NOT NULL,                                       -- alerts, jobs, client:<name>; never an address
  type TEXT NOT NULL,
  body TEXT NOT NULL,                                         -- JSON: ids and facts, no words of people
  state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
  tries INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  due_at_ms INTEGER NOT NULL,
  give_up_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,                                        -- NULL while it waits
  problem TEXT                                                -- of the last try; NULL when there was none
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_outbox_due ON webhook_outbox (due_at_ms) WHERE state = 'waiting';
CREATE INDEX webhook_outbox_ended ON webhook_outbox (ended_at_ms) WHERE state <> 'waiting';
CREATE INDEX webhook_outbox_newest ON webhook_outbox (created_at_ms);
`,
} as const;
