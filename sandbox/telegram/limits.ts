const mebibyte = 2 ** 20;

/** The limits that the stand-in enforces. */
export const limits = {
  textCharacters: 4096,
  captionCharacters: 1024,
  callbackDataBytes: 64,
  callbackAnswerCharacters: 200,
  copyTextCharacters: 256,
  buttons: 100,
  albumItems: { least: 2, most: 10 },
  photoBytes: 10 * mebibyte,
  uploadBytes: 50 * mebibyte,
  downloadBytes: 20 * mebibyte,
  photoSidesPx: 10_000,
  photoRatio: 20,
  /** Longer photos are scaled down until their longest side has this many pixels. */
  photoLongestSidePx: 2560,
  commands: 100,
  commandCharacters: 32,
  commandDescriptionCharacters: 256,
  nameCharacters: 64,
  descriptionCharacters: 512,
  shortDescriptionCharacters: 120,
  deletedAtOnce: 100,
  pollUpdates: 100,
  pollSeconds: 50,
  /** A poll with the same offset within this time waits at least `hurriedPollSeconds`, whatever timeout it asks for. */
  hurriedPollMs: 3000,
  hurriedPollSeconds: 3,
  /** A poll with the same offset within this time gets one update only. */
  hastyPollMs: 500,
  updateLifeMs: 24 * 3_600_000,
  inlineQueryLifeMs: 30_000,
  queryLifeMs: 150_000,
  inline: { queryCharacters: 256, results: 50, idBytes: 64, offsetBytes: 64 },
  invoice: {
    titleCharacters: 32,
    descriptionCharacters: 255,
    payloadBytes: 128,
    /** The only period that a subscription may have, and its highest price. */
    subscriptionS: 2_592_000,
    subscriptionStars: 10_000,
    checkoutMs: 10_000,
    /** Each payment is delivered a second time after this delay, as can happen with the real service. */
    redeliverAfterMs: 1000,
    transactions: 100,
  },
  webhook: { connections: 40, answerMs: 60_000, maxRetryS: 60, maxRequestedRetryS: 3600 },
  deletableMs: 48 * 3_600_000,
  recordedCalls: 20_000,
  rememberedUpdates: 20_000,
  flood: {
    private: { sends: 30, windowMs: 10_000 },
    group: { sends: 20, windowMs: 60_000 },
  },
} as const;
