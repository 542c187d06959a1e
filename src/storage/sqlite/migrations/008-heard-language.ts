/** The language in which somebody was answered last who may be written to unasked. */
export const heardLanguage = {
  version: 8,
  sql: `
ALTER TABLE users ADD COLUMN heard_locale TEXT;
`,
} as const;
