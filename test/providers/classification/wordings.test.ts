import { expect, test } from 'vitest';
import { bytezFailures } from '../../../src/providers/bytez/failure-table.ts';
import { classifyByTable } from '../../../src/providers/classification/classify.ts';
import { readComplaint } from '../../../src/providers/classification/error-body.ts';
import { statedInBody } from '../../../src/providers/classification/stated-wait.ts';

const classify = classifyByTable(bytezFailures);
const atMs = Date.UTC(2026, 10, 28, 22, 0, 0);

/** What an answer with this body means. */
function meaning(status: number, body: unknown): string {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const complaint = readComplaint(status, bytes);
  const failure = classify(complaint, { bodyMs: statedInBody(complaint, atMs) });
  return failure.reason;
}

const refusals = [
  'Prompt not allowed',
  'Request blocked by policy',
  'This prompt is not allowed',
  'Your prompt was rejected',
  'The prompt has been blocked by our filters',
  'Your request was rejected as a result of our safety system.',
  'Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com',
  'Content violates usage policies',
  'This request violates our usage policy',
  'The content of this prompt goes against our community guidelines',
  'This content may violate our usage policies.',
  'Image generation was refused because the prompt contains sexual content',
  "I'm sorry, but I can't create images of that",
  'We cannot generate this image',
  'Your prompt may contain content that is not allowed by our safety system',
  'Potential NSFW content was detected in one or more images. A black image will be returned instead. Try again with a different prompt and/or seed.',
  'NSFW content detected. Try running it again, or try a different prompt.',
  'Output blocked by content filtering policy',
  'Request Moderated',
  'Content Moderated',
  'Your request was flagged by our content moderation system, as a result your request was denied and you were not charged.',
  'The input was flagged as sensitive (E005)',
  'The prompt could not be submitted. This prompt contains words that violate Vertex AI usage guidelines.',
  'Unable to show the generated image. The image was filtered out because it violated the usage guidelines.',
  'The response was filtered due to the prompt triggering the content management policy. Please modify your prompt and retry.',
  'requires moderation on openai/x. Your input was flagged for "violence"',
  'Input text contains inappropriate content',
  'Text is prohibited',
  'Prohibited words in prompt',
  'Depictions of real people are not permitted',
  'Copyrighted characters cannot be generated; the request was declined',
  'Blocked: the description is considered offensive',
  'Image rejected: harmful',
  'The topic of your prompt is forbidden',
  'Declined. Prompt deemed unsafe.',
  'Banned words found in your prompt',
];

test.each(refusals)('"%s" refuses the words of the request, whatever its status', (words) => {
  for (const status of [200, 400, 403, 422, 451]) {
    for (const body of [{ error: words }, { detail: words }, { error: { message: words.toUpperCase() } }, words]) {
      expect([status, meaning(status, body)]).toEqual([status, 'refused']);
    }
  }
});

const rejections = [
  'API key expired',
  'API key expired. Please renew the API key.',
  'The API key is invalid',
  'API key not valid. Please pass a valid API key.',
  'Invalid token',
  'token has expired',
  'The token is not valid',
  'Incorrect API key provided: sk-…. You can find your API key at https://platform.openai.com/account/api-keys.',
  'invalid x-api-key',
  'Authentication failed',
  'Invalid authentication credentials',
  'authorization: invalid or missing header value, credentials missing',
  'No API key found: authentication required',
  'The account associated with this API key has been deactivated.',
  'Your account has been suspended',
  'Your account is not active, please check your billing details on our website.',
  'This organization has been disabled.',
  'User not found: account closed',
  '无效的令牌',
  '该令牌已过期',
  'Your access token has been revoked',
  'Key disabled',
  'Your API key was reported as leaked. Please use another API key. Leaked key',
  'Invalid username or password: bad credentials',
];

test.each(rejections)('"%s" is about the key, also where the status blames the request', (words) => {
  for (const status of [200, 400, 401, 403]) {
    const expected = words.includes('billing') ? ['out-of-credit', 'rejected'] : ['rejected'];
    for (const body of [{ error: words }, { error: { message: words, type: 'invalid_request_error' } }]) {
      expect(expected).toContain(meaning(status, body));
    }
  }
});

const withoutMoney = [
  'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  'User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.',
  'Exhausted balance. Top up',
  'user quota is not enough',
  'Billing hard limit has been reached',
  'You exceeded your current quota, please check your plan and billing details.',
  'Insufficient Balance',
  'Insufficient credits. Add more using https://openrouter.ai/settings/credits',
  'You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to purchase credit.',
  'You have run out of credits',
  'No credits remaining',
  'Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.',
  'You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included usage.',
  'Your account balance is negative',
  'You lack sufficient credits to make this request. Please purchase more credits',
  'Credits exhausted',
  'The balance of your wallet is insufficient',
  'Monthly quota is used up',
  'insufficient_user_quota',
  '余额不足',
  '用户额度不足',
  'Credit limit exceeded, please navigate to https://api.together.xyz/settings/billing to update your payment method',
  'You have reached your specified API usage limits',
  'This request exceeds your quota of 10000. You have 13 credits remaining, while 24 credits are required for this request.',
  'The current credits are insufficient. Please top up.',
  'Key limit exceeded: the spending limit is reached',
  'Quota exceeded for this month',
  'you have used up your daily free allocation of 10,000 neurons, please upgrade to the Workers Paid plan',
];

test.each(withoutMoney)('"%s" tells of spent credit, whatever its status', (words) => {
  for (const status of [200, 400, 401, 402, 403, 429]) {
    expect([status, meaning(status, { error: { message: words, type: 'invalid_request_error' } })]).toEqual([
      status,
      'out-of-credit',
    ]);
  }
});

const tooFast = [
  'Quota exceeded for quota metric requests per minute. Please retry in 3.2s.',
  'You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: generate_content_free_tier_requests, limit: 15. Please retry in 3.2s.',
  'Rate limit: 60 credits per minute exceeded',
  'Too many requests. Add a payment method to raise your limits.',
  'Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests until you add a payment method. Your rate limit resets in ~30s.',
  'Rate limit reached for gpt-image-1 in organization org-x on input-images per min: Limit 5, Used 5, Requested 1. Please try again in 12s.',
  'Rate limit reached for gpt-4o on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.',
  'This request would exceed your organization’s rate limit of 50 requests per minute',
  'Resource has been exhausted (e.g. check quota).',
  'You are being rate limited',
  'You have exceeded the 150 requests within a 10 second timeframe limit. Too many requests',
  'Quota of 20 images/min is used up',
  'Slow down! Credits are used too fast',
  'error code: 1015',
  'Credits for this window are used up, try again in 40s',
  '请求过于频繁',
];

test.each([
  'You exceeded your current quota. Quota exceeded for metric: free_tier_requests, limit: 0, model: a-1',
  'Rate limit is 0 requests per minute for this model',
])('"%s" with 429 is a model that the plan of the key does not include', (words) => {
  expect(meaning(429, { error: words })).toBe('not-entitled');
  expect(meaning(429, { error: words.replace(/0/, '05') })).not.toBe('not-entitled');
});

test.each(tooFast)('"%s" with 429 tells of a pace', (words) => {
  expect(meaning(429, { error: words })).toBe('rate-limited');
  expect(meaning(429, { error: { message: words, status: 'RESOURCE_EXHAUSTED', code: 429 } })).toBe('rate-limited');
});

const allowances = [
  'You have reached your daily limit of 100 images. It resets at 00:00 UTC.',
  'daily limit of 100 images. It resets at 00:00 UTC',
  'Limit of 50 images per day reached',
  'limit of 50 generations per day',
  'Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day',
  'You have used all 20 of today’s generations: limit reached. Come back tomorrow',
  'You’ve used your 100 images for today. Come back tomorrow',
  'You reached the maximum of 100 images per day',
  'Max 50 requests per 24 hours',
  '100 images/day limit',
  'requests_per_day exceeded',
  'Image limit for today reached',
  'Usage limit reached. Your limit resets at 3:00 AM UTC',
  'Daily limit reached (at most 5 requests per minute and 100 per day). Try again in 9 hours.',
  'Monthly limit reached. Your limit resets on 2026-12-01 00:00 UTC',
  'Too many requests: 200 requests / day is the maximum. Try again in 14h33m.',
];

test.each(allowances)('"%s" tells of an allowance that is used up', (words) => {
  expect(meaning(429, { error: words })).toBe('out-of-credit');
  expect(meaning(429, { error: { message: words, code: 'rate_limit_exceeded' } })).toBe('out-of-credit');
  expect(meaning(403, { error: words })).toBe('out-of-credit');
});

const walls = [
  'error code: 1010',
  'error code: 1020',
  'Error 1009: Access denied',
  'Sorry, you have been blocked',
  'Your IP address has been banned',
  'Access from this IP is blocked',
  'Requests from data centers are not allowed',
  'VPN or proxy detected',
  'Request blocked by Cloudflare',
  'The request was denied by our firewall',
  'Automated requests are blocked',
  'Host not in allowlist',
  '<!doctype html><title>Web Page Blocked</title><h1>Access to this site is blocked</h1>',
  '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body><h1>Sorry, you have been blocked</h1><p>You are unable to access bytez.com</p></body></html>',
  '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body>Enable JavaScript and cookies to continue</body></html>',
  '<html><head><title>Access denied</title></head><body>Error code 1020. This website is using a security service to protect itself from online attacks. Cloudflare Ray ID: 8f</body></html>',
  '<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You don\'t have permission to access "http&#58;&#47;&#47;x&#47;" on this server.<P>Reference&#32;&#35;18&#46;5</BODY></HTML>',
  '<html><head><title>ERROR: The request could not be satisfied</title></head><body><h1>403 ERROR</h1>Request blocked. Generated by cloudfront (CloudFront)</body></html>',
  '<html><head><META NAME="robots" CONTENT="noindex,nofollow"></head><body>Request unsuccessful. Incapsula incident ID: 1-2</body></html>',
  { title: 'Error 1010: Access denied', status: 403, error_code: 1010, error_name: 'browser_signature_banned' },
];

test.each(walls)('%j is a wall in front of the provider that no key opens', (body) => {
  expect([401, 403, 400].map((status) => meaning(status, body))).toEqual(Array(3).fill('blocks-this-machine'));
});

const others: readonly (readonly [number, unknown, string])[] = [
  [400, 'User location is not supported for the API use.', 'not-entitled'],
  [403, 'The country you are in is unsupported', 'not-entitled'],
  [403, 'Your IP address is not in the allowlist of this API key', 'rejected'],
  [403, 'Forbidden', 'rejected'],
  [403, { message: 'Forbidden' }, 'rejected'],
  [403, { error: { type: 'forbidden', message: 'Request not allowed' } }, 'rejected'],
  [403, 'Access denied', 'rejected'],
  [403, 'Image generation is not allowed on your plan', 'rejected'],
  [400, 'Cannot draw a credit card', 'bad-request'],
  [400, 'Unexpected token < in JSON at position 0', 'bad-request'],
  [400, 'Invalid token in prompt at position 7', 'bad-request'],
  [400, "max_tokens is too large: the model's context length is exceeded", 'bad-request'],
  [400, 'Extra inputs are not permitted', 'bad-request'],
  [400, "Additional properties are not allowed ('content' was unexpected)", 'bad-request'],
  [400, 'The white balance must be between 0 and 1', 'bad-request'],
  [400, 'Invalid size: image dimensions are not allowed', 'bad-request'],
  [400, 'Image format is not allowed', 'bad-request'],
  [400, 'content type not allowed', 'bad-request'],
  [422, { detail: [{ loc: ['body', 'prompt'], msg: 'Field required', type: 'missing' }] }, 'bad-request'],
  [400, 'Unknown field "steps"', 'bad-request'],
  [400, 'Nothing of this is known to anybody', 'bad-request'],
  [404, 'Not Found', 'unknown-model'],
  [404, 'The model `x` does not exist or you do not have access to it.', 'unknown-model'],
  [400, 'x is not a valid model ID', 'unknown-model'],
  [200, 'The model is currently loading', 'overloaded'],
  [200, 'RuntimeError: Expected all tensors to be on the same device', 'failed-run'],
  [200, 'CUDA out of memory. Tried to allocate 2 GiB. 0 bytes is free', 'failed-run'],
  [200, 'websocket closed', 'unrecognized'],
  [503, 'Insufficient credits', 'overloaded'],
  [502, '<html><head><title>502 Bad gateway | Cloudflare</title></head><body>Ray ID</body></html>', 'overloaded'],
  [403, '<html><head><title>403 Forbidden</title></head><body><center>nginx</center></body></html>', 'malformed'],
  [400, { error: { message: 'The credit balance is too low', code: 'bad_request' } }, 'out-of-credit'],
  [400, { error: { message: 'Invalid token', type: 'new_api_error' } }, 'rejected'],
  [400, { error: { status: 'INVALID_ARGUMENT', message: 'No', details: [{ reason: 'API_KEY_INVALID' }] } }, 'rejected'],
  [401, { detail: { status: 'quota_exceeded', message: 'This request exceeds your quota' } }, 'out-of-credit'],
];

test.each(others)('%i with %j means %s', (status, body, expected) => {
  expect(meaning(status, typeof body === 'string' && !body.startsWith('<') ? { error: body } : body)).toBe(expected);
});
