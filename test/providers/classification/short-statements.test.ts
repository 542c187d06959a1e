import { expect, test } from 'vitest';
import { bytezFailures } from '../../../src/providers/bytez/failure-table.ts';
import { classifyByTable } from '../../../src/providers/classification/classify.ts';
import { readComplaint } from '../../../src/providers/classification/error-body.ts';

const classify = classifyByTable(bytezFailures);

function meaning(status: number, error: string): string {
  return classify(readComplaint(status, Buffer.from(JSON.stringify({ error })))).reason;
}

/** One short natural statement a line. */
const statements = {
  refused: {
    statuses: [200, 400, 403, 451],
    said: `
Prompt rejected
Your prompt was blocked
Content policy violation
This violates our terms
The request violates our Terms of Service
Request rejected by content filter
Request declined by moderation
Unsafe prompt
Your request contains prohibited content
Prompt contains forbidden words
The prompt contains banned words
Disallowed content
Disallowed prompt
Not allowed: sexual content
Explicit content is not allowed
We do not allow generating images of minors
Generating images of public figures is not supported
This prompt has been flagged as inappropriate
Flagged
Prompt flagged by safety filter
Safety filter triggered
The safety checker rejected this image
I cannot assist with that request
Sorry, I can't help with that.
Your prompt goes against our policies
This prompt is against our policy
This content is restricted
Harmful content detected
Violent content
Prompt violates community standards
Image blocked due to policy
Request denied due to policy restrictions
Blocked by policy
Policy violation
Your request could not be processed because it may violate our content rules
Request was filtered
Prompt filtered
Refused: prompt not acceptable
Unacceptable prompt
We are unable to process this prompt because it contains sensitive terms
This prompt can't be processed due to our guidelines
Request blocked: violates usage guidelines
Inappropriate prompt
Prompt is inappropriate
Prompt failed moderation
Did not pass moderation
Prompt did not pass our safety checks
Input failed safety check
Content not permitted
Text not permitted
Adult content
Your image request was blocked because it may depict a real person
Copyright violation detected
Sensitive content
This topic is not allowed
The model refused to answer this prompt
The model declined to generate this image
image_generation_blocked: prompt not allowed
Requested content is not allowed
Prompt not permitted by policy
Your prompt is not permitted
Illegal content
Hate speech detected
Child safety violation
Self-harm content
PROHIBITED_CONTENT
blockReason: SAFETY
IMAGE_SAFETY
RECITATION
content_filter
Blocked for safety reasons
Response blocked
The prompt was blocked due to PROHIBITED_CONTENT
finish_reason: CONTENT_FILTERED
Request not permitted under our acceptable use policy
This request is not permitted by our policies
Not safe for work
Nudity is forbidden
Gore not allowed
we don't allow this kind of content
Please change your prompt, it was rejected
Rejected prompt
Denied: prompt
Forbidden prompt
forbidden content
Forbidden: content policy
Prompt denied
This prompt is blocked
blocked prompt
Bad words in prompt
Profanity detected in prompt
Prompt contains profanity
political content is not allowed
Your request was declined because of its content
request refused because of the words in the prompt
`,
  },
  rejected: {
    statuses: [400, 403, 401, 200],
    said: `
Wrong API key
API key is wrong
Your API key is not recognized
Unknown API key
API key not found
api_key_expired
This key has been revoked
This key has expired
Key expired
Key is invalid
key is not valid
Your key is blocked
Token expired
Token invalid
Token is expired
expired token
Your token was revoked
invalid_token
Missing API key
No API key provided
You didn't provide an API key
Please provide a valid API key
API key required
You must provide an API key
Provide API key
Account suspended
Your account was banned
Account disabled
account deactivated
Account is locked
Invalid credentials
Could not validate credentials
Bad API key
Not authenticated
Unauthenticated
Unauthorized: invalid key
Login required
Authentication required
The provided API key does not exist
API key deleted
This API key is no longer valid
API Key not valid
Credentials expired
Authorization failed
Invalid Authorization header
Access token expired
User is not active
User suspended
invalid api token
Subscription key is invalid
Invalid subscription key
key_not_found
API key has been disabled
Your API access has been revoked
API access disabled
Organization has been suspended
`,
  },
  'out-of-credit': {
    statuses: [400, 403, 402, 429, 200, 401],
    said: `
Your balance is too low
Balance too low
Low balance
Balance is insufficient
Not enough balance
Not enough funds
Not enough tokens left on your account
Insufficient funds
You are out of credits
You have no credits left
No credits left
0 credits left
Credits: 0 remaining
You have 0 credits remaining
Credit exhausted
Credits depleted
Your credits have been used up
Free credits exhausted
Free trial credits expired
Your free trial has ended
Trial expired
Please add credits
Please add funds to your account
Add funds
Top up required
Please top up your account
please recharge
Payment required
Payment failed
Your payment method was declined
Your card was declined
Billing issue
Billing not enabled
Billing is not active
Unpaid invoice
You have an outstanding balance
Quota exhausted
Your quota is exhausted
Over quota
quota exceeded
Out of quota
Quota used up
Quota depleted
Spending limit reached
Usage limit reached
Usage limit exceeded
You have hit your usage limit
Monthly spend limit exceeded
Budget exceeded
Budget has been exceeded
Your plan has no credits
Insufficient account balance
Wallet empty
You don't have enough credits
you do not have enough credits
Credits not sufficient
Your account has insufficient balance
Account balance: $0.00
You have exhausted your credits
Exceeded your credit limit
Subscription expired
Your subscription has expired
You need to buy more credits
Please purchase credits
You ran out of credits
Credit limit reached
Prepaid balance depleted
Payment overdue
your account is in arrears
need more credits
This requires more credits than you have
Hard limit reached
Monthly limit reached
Free tier quota exceeded
Free usage exhausted
Your free usage is over
`,
  },
} as const;

test.each(Object.entries(statements))(
  'every short statement of this kind is read as %s',
  (reason, { statuses, said }) => {
    const misread = said
      .trim()
      .split('\n')
      .flatMap((words) => statuses.map((status) => [status, words, meaning(status, words)] as const))
      .filter(([, , read]) => read !== reason);
    expect(misread).toEqual([]);
  },
);

/** What only sounds like trouble of a key, of money or with the words of a person. */
const innocent: readonly (readonly [number, string, string])[] = [
  [400, 'The image must not be empty', 'bad-request'],
  [400, 'width must be divisible by 8', 'bad-request'],
  [400, 'Invalid value for parameter "seed": must be less than the maximum', 'bad-request'],
  [400, 'guidance_scale too low', 'bad-request'],
  [400, 'num_inference_steps exceeded the limit of 50', 'bad-request'],
  [400, 'Prompt exceeds the limit of 77 tokens', 'bad-request'],
  [400, 'Request body too large', 'bad-request'],
  [400, 'Missing required field: text', 'bad-request'],
  [400, 'Expected parameter(s): text', 'bad-request'],
  [400, 'The number of images is limited to 4 per request', 'bad-request'],
  [400, 'Invalid JSON: unexpected token } at position 12', 'bad-request'],
  [400, 'Input should be a valid string', 'bad-request'],
  [400, 'Unsupported image format', 'bad-request'],
  [400, 'image is required', 'bad-request'],
  [400, 'Only one of prompt and image is allowed', 'bad-request'],
  [400, 'The negative prompt is not supported by this model', 'bad-request'],
  [400, 'Seed is out of range', 'bad-request'],
  [400, 'Invalid mask', 'bad-request'],
  [400, 'balance parameter out of range', 'bad-request'],
  [422, 'text: field is too long', 'bad-request'],
  [422, 'Input validation error: 4 is greater than the maximum of 3', 'bad-request'],
  [500, 'Internal Server Error', 'failed-run'],
  [500, 'Something went wrong with your payment service', 'failed-run'],
  [503, 'Service Unavailable', 'overloaded'],
  [529, 'Overloaded', 'overloaded'],
  [200, 'Model is loading', 'overloaded'],
  [200, 'Inference failed: out of memory', 'failed-run'],
  [200, 'KeyError: "credits"', 'failed-run'],
  [200, 'AttributeError: no attribute token', 'failed-run'],
  [200, 'OSError: not enough disk space', 'failed-run'],
  [200, 'ValueError: too many values to unpack', 'failed-run'],
  [200, 'Unable to open image: blocked by remote server', 'failed-run'],
  [200, 'Exception: tokenizer not found', 'failed-run'],
  [200, 'Read timed out', 'timed-out'],
  [504, 'Gateway timeout', 'overloaded'],
  [429, 'Too Many Requests', 'rate-limited'],
  [429, 'slow', 'rate-limited'],
  [429, 'You have too many concurrent requests', 'concurrency'],
  [429, 'Maximum number of simultaneous generations reached', 'concurrency'],
  [429, 'Only 1 request at a time is allowed', 'concurrency'],
  [429, 'Concurrency limit exceeded', 'concurrency'],
  [429, 'Another request is already in progress', 'concurrency'],
  [429, 'You already have a job running', 'concurrency'],
  [400, 'You already have a running task', 'concurrency'],
  [403, 'concurrent request limit reached', 'concurrency'],
  [429, 'parallel request limit: 1', 'concurrency'],
  [429, 'Max in-flight requests reached', 'concurrency'],
  [429, 'You can only run 1 generation at the same time', 'concurrency'],
  [404, 'Model not found', 'unknown-model'],
  [400, 'Model not found', 'unknown-model'],
  [400, 'No such model', 'unknown-model'],
  [400, 'The model x has been deprecated', 'unknown-model'],
  [400, 'Model is not supported', 'unknown-model'],
  [200, 'unknown model', 'unknown-model'],
  [410, 'gone', 'unknown-model'],
  [400, 'Invalid model: x', 'unknown-model'],
  [403, 'model x is disabled', 'rejected'],
  [403, 'This model requires a Pro subscription', 'not-entitled'],
  [403, 'Upgrade your plan to use this model', 'not-entitled'],
  [402, 'Models above 7B need a paid plan', 'not-entitled'],
  [403, 'You must be verified to use this model', 'not-entitled'],
  [400, 'Your location is not supported', 'not-entitled'],
  [403, 'Not available in your region', 'not-entitled'],
  [403, 'Service is unavailable in your country', 'not-entitled'],
  [403, 'Request not allowed', 'rejected'],
  [403, 'Forbidden', 'rejected'],
  [403, 'Access denied', 'rejected'],
  [403, 'Permission denied', 'rejected'],
  [403, 'You do not have permission to perform this action', 'rejected'],
  [403, 'Missing Authentication Token', 'rejected'],
  [403, 'Request has expired', 'rejected'],
  [403, 'The request signature we calculated does not match', 'rejected'],
];

test.each(innocent)('%i with "%s" means %s', (status, words, reason) => {
  expect(meaning(status, words)).toBe(reason);
});
