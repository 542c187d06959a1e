import type { ModeratorName, SafetyEvent } from '../domain/safety/safety.ts';

const names = {
  words: 'the list of words',
  openai: 'the moderation endpoint of OpenAI',
  hook: 'the service at MODERATION_URL',
} as const satisfies Record<ModeratorName, string>;

/** An event of safety as one line for an operator. */
export function safetyEventLine(event: SafetyEvent): string {
  switch (event.event) {
    case 'request.refused':
      return `request ${event.jobId}: ${names[event.by]} refuses its words, no provider was asked`;
    case 'moderation.failing':
      return `${names[event.by]} cannot be asked (${event.detail}); by MODERATION_WHEN_DOWN requests are ${event.lets === 'allow' ? 'made unchecked by it' : 'refused'} until it answers`;
    case 'moderation.recovered':
      return `${names[event.by]} answers again`;
    case 'person.resting':
      return `user ${event.userId} had several requests refused and rests until ${new Date(event.untilMs).toISOString()}`;
    case 'result.reported':
      return `job ${event.jobId}: its result was reported by ${event.reports} ${event.reports === 1 ? 'person' : 'people'}`;
  }
}
