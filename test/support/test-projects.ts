/**
 * Tests that open a server, a database file or a renderer, that start a command, or that read every source or text there is:
 * no unit. test/architecture.test.ts says which is missing.
 */
export const integration = [
  'test/{app,bench,cli,contract,http,sandbox,storage}/**/*.test.ts',
  'test/{patterns,locales,messages/{every-text,message-mapper},scripts/mutants,providers/any-body}.test.ts',
  'test/media/{certificates,connector,name-servers,redirects,result-*,slow-files,socks-proxy,undici-parts,whole-*}.test.ts',
  'test/media/bucket/s3-bucket.test.ts',
  'test/providers/http/http-exchange.test.ts',
  'test/providers/bytez/{answer-bodies,any-json,echoed-prompts,empty-errors,failure-classes,limits,wrong-address}.test.ts',
  'test/{bot/outbox/telegram-files,bot/updates/poller,keys/sources/keys-elsewhere}.test.ts',
];
/** Tests that open the whole app: over HTTP on the sandbox, or in the simulator. */
export const journeys = ['test/{journeys,foreign,simulator}/**/*.test.ts'];
/** Tests that start processes, kill them, or load the machine. */
export const processes = ['test/{processes,pressure,faults}/**/*.test.ts'];
/** Tests that look at pages in a browser. */
export const browser = ['test/browser/**/*.test.ts'];

/** All others: rules, parsers, state machines. `npm run test:unit` runs these, and somebody waits for them after each change. */
export const unit = {
  include: ['test/**/*.test.ts'],
  exclude: [...integration, ...journeys, ...processes, ...browser],
};
