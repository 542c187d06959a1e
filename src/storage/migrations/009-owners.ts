/** Which engine holds a running job, or delivers an ended one: recovery takes back only from those that are gone. */
export const owners = {
  version: 9,
  sql: `
ALTER TABLE jobs ADD COLUMN owner TEXT;                       -- NULL until the first claim
`,
} as const;
