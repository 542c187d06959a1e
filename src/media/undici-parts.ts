import { createRequire } from 'node:module';
import type * as Undici from 'undici';

// The library's index loads all 110 files of it (fetch, WebSockets, caches, mocks): four times the source of these parts,
// some 5 MB of memory and a tenth of the start. It has no list of exports that would forbid paths; its version is pinned,
// and test/media/undici-parts.test.ts compares these parts with what the index exports.
const load = createRequire(import.meta.url);

export type Agent = Undici.Agent;
export const Agent = load('undici/lib/dispatcher/agent.js') as typeof Undici.Agent;

export const buildConnector = load('undici/lib/core/connect.js') as typeof Undici.buildConnector;

// As the index does with this and its other ways to call: it makes `dispatcher.request()`.
const { prototype } = load('undici/lib/dispatcher/dispatcher.js') as typeof Undici.Dispatcher;
Object.assign(prototype, { request: load('undici/lib/api/api-request.js') as Undici.Dispatcher['request'] });
