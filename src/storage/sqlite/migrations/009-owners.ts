/** Who holds what: recovery takes back only from owners that are gone, an effect is ended only by the lease that began it. */
export const owners = {
  version: 9,
  sql: `
ALTER TABLE jobs ADD COLUMN owner TEXT;                       -- the engine that runs or delivers it; NULL until the first claim
ALTER TABLE effects ADD COLUMN fence INTEGER;                 -- of the lease that began it; NULL for the status message
`,
} as const;
