/** What Telegram said of chats: that the bot may not write there, or that the chat lives on under another id. */
export const chats = {
  version: 5,
  sql: `
CREATE TABLE chats (
  id INTEGER PRIMARY KEY,
  closed_at_ms INTEGER,                                       -- NULL while the bot may write there
  moved_to INTEGER                                            -- NULL while the id is the chat's own
) STRICT;
`,
} as const;
