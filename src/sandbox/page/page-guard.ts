import type { MiddlewareHandler } from 'hono';

/** What a browser may do with the page: nothing but what comes from here. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const loopbackHost = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/** The header that every call which changes something carries; another site's form cannot send it. */
export const pageHeader = 'x-darkroom-page';

/** Answers only to a name of this machine, so that no foreign name can be made to point here. */
export const onlyLoopback: MiddlewareHandler = async (c, next) => {
  if (!loopbackHost.test(c.req.header('host') ?? ''))
    return c.json({ error: 'This page answers on loopback only' }, 421);
  return next();
};

/** Lets through what the page itself asks for, and nothing that another site makes the browser send. */
export const onlyThisPage: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site') ?? 'same-origin';
  const isForeign = origin !== undefined && origin !== `http://${c.req.header('host') ?? ''}`;
  if (isForeign || site !== 'same-origin' || c.req.header(pageHeader) !== '1') {
    return c.json({ error: 'This call does not come from the page' }, 403);
  }
  return next();
};

export const safeHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  c.header('Content-Security-Policy', contentPolicy);
  c.header('X-Content-Type-Options', 'nosniff');
  c.header('Referrer-Policy', 'no-referrer');
  c.header('Cross-Origin-Opener-Policy', 'same-origin');
  c.header('Cross-Origin-Resource-Policy', 'same-origin');
  if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
};
