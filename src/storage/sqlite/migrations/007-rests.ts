/** Where Telegram asked not to be called for a while (429). */
export const rests = {
  version: 7,
  sql: `
CREATE TABLE rests (
  place TEXT PRIMARY KEY,                                     -- a chat's id, the name of a method, or everything
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
} as const;
