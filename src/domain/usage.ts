/** Every figure of a usage; where several runs are summed, one that no provider told is left out. */
export const usageFigures = ['cost', 'inputTokens', 'outputTokens', 'seconds', 'images', 'credits'] as const;

/** What one run used, as far as its provider says. */
export type Usage = {
  /** US dollars, as the provider states it; never worked out from a price. */
  readonly cost?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Seconds that the provider counts: of the video or sound made, or of computing, by its own tariff. */
  readonly seconds?: number;
  readonly images?: number;
  /** What the provider counts in where that is no currency: credits, kudos, neurons. */
  readonly credits?: number;
};
