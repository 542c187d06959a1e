import { getConnInfo } from '@hono/node-server/conninfo';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Context } from 'hono';
import type { RouteGroup } from '../api.ts';
import type { FailedTries } from '../gate.ts';
import { assetPath, assets, fileOf } from './page-files.ts';
import { isOfHost, sessionCookie, type Sessions } from './sessions.ts';

/** The page loads from its own server only, and no other page may show it. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  html: 'text/html; charset=utf-8',
};

export type PageRoutesOptions = {
  readonly sessions: Sessions;
  readonly tries: FailedTries;
  /** Without a token nobody can sign in, and the page says how to get one. */
  readonly hasToken: () => boolean;
};

/** The dashboard's page, its files, and how one signs in and out. Its data comes from the routes beside it. */
export function pageRoutes({ sessions, tries, hasToken }: PageRoutesOptions): RouteGroup {
  return (api) => {
    api.get('/', (c) => {
      const cookies = c.req.header('cookie');
      if (sessions.has(cookies)) return page(c, 200, file('index.html').text);
      // A browser keeps the cookie back when a link of another site leads here; it sends it with a step of our own.
      const isLink = ['cross-site', 'same-site'].includes(c.req.header('sec-fetch-site') ?? '');
      if (isLink)
        return page(c, 200, '<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>Darkroom</title>');
      return hasToken()
        ? signIn(c, 200)
        : signIn(c, 503, 'No ADMIN_TOKEN is set. Put one into .env and start the bot again.');
    });
    api.post('/sign-in', async (c) => {
      const origin = c.req.header('origin');
      const site = c.req.header('sec-fetch-site') ?? 'same-origin';
      if (origin === undefined || !isOfHost(origin, c.req.header('host') ?? '') || site !== 'same-origin') {
        return signIn(c, 403, 'Sign in from this page.');
      }
      const address = getConnInfo(c).remote.address ?? '';
      const waitMs = tries.waitMs(address);
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1_000);
        c.header('retry-after', String(seconds));
        return signIn(c, 429, `Too many wrong tokens. Try again in ${seconds} s.`);
      }
      const token = new URLSearchParams(await c.req.text()).get('token')?.trim() ?? '';
      const cookie = sessions.open(token);
      if (cookie === undefined) {
        tries.count(address);
        return signIn(c, 401, 'That is not the token. It is the ADMIN_TOKEN of the bot’s settings.');
      }
      const secure = origin.toLowerCase().startsWith('https:') ? '; Secure' : '';
      c.header('set-cookie', `${sessionCookie}=${cookie}; Path=/; HttpOnly; SameSite=Strict${secure}`);
      return c.redirect('/', 303);
    });
    api.post('/sign-out', (c) => {
      sessions.close(c.req.header('cookie'));
      c.header('set-cookie', `${sessionCookie}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`);
      return c.body(null, 204);
    });
    for (const name of assets.keys()) {
      api.get(assetPath(name), (c) => {
        const { text, etag } = file(name);
        secureHeaders(c);
        c.header('cache-control', 'no-cache');
        c.header('etag', etag);
        if (c.req.header('if-none-match') === etag) return c.body(null, 304);
        return c.body(text, 200, { 'content-type': typeOf(name) });
      });
    }
  };
}

function signIn(c: Context, status: 200 | 401 | 403 | 429 | 503, problem = '') {
  // The problem is one of the sentences above: nothing of the request is shown.
  return page(c, status, file('sign-in.html').text.replace('<!-- problem -->', problem));
}

function page(c: Context, status: 200 | 401 | 403 | 429 | 503, html: string) {
  secureHeaders(c);
  return c.body(html, status, { 'content-type': typeOf('index.html') });
}

function secureHeaders(c: Context): void {
  c.header('content-security-policy', contentPolicy);
  c.header('referrer-policy', 'same-origin');
  c.header('cross-origin-opener-policy', 'same-origin');
  c.header('cross-origin-resource-policy', 'same-origin');
  c.header('x-frame-options', 'DENY');
}

function typeOf(name: string): string {
  return types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
}

type PageFile = { readonly text: string; readonly etag: string };

const files = new Map<string, PageFile>();

/** Reads a file when it is asked for the first time. */
function file(name: string): PageFile {
  const known = files.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(fileOf(name), 'utf8');
  const read = { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` };
  files.set(name, read);
  return read;
}
