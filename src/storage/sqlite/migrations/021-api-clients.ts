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
