export const providerNames = [
  'bytez',
  'openai',
  'stability',
  'suno',
  'anthropic',
  'deepseek',
  'mistral',
  'gemini',
  'cohere',
] as const;

export type ProviderName = (typeof providerNames)[number];

export function isProviderName(text: string): text is ProviderName {
  return (providerNames as readonly string[]).includes(text);
}
