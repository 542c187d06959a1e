import type { MiddlewareHandler } from 'hono';

/** The content policy: the page loads from its own origin only. */
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

/** The header of every call that changes something; a form of another site cannot send it. */
const pageHeader = 'x-darkroom-page';

/** Rejects requests under any other name than loopback, which prevents DNS rebinding. */
export const onlyLoopback: MiddlewareHandler = async (c, next) => {
  if (!loopbackHost.test(c.req.header('host') ?? ''))
    return c.json({ error: 'This page is available on loopback only' }, 421);
  return next();
};

/** Rejects calls that another site makes the browser send. */
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
