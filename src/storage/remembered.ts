/** Telegram may choose update ids anew after a quiet week; until then an id that comes again is the same update. */
export const rememberedMs = 7 * 86_400_000;
