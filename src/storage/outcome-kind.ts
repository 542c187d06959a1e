/** How a row of `jobs` ended, in SQL; NULL before its end, and where that cannot be read: one such row stops no query. */
export const outcomeKind = `iif(json_valid(outcome), outcome ->> 'kind', NULL)`;
