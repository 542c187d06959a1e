import { textOnly } from '../../domain/provider.ts';
import type { FailureTable } from '../classification/classify.ts';
import { mentions } from '../classification/clauses.ts';
import { knownCodes, knownTypes } from '../classification/error-names.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';
import { type Dialect, fieldOf, isModelList } from '../openai/dialect.ts';
import { likeOpenAi } from '../openai/like-openai.ts';
import type { ModelDefinition, ProviderDefinition } from '../provider-definition.ts';

/** "Content Exists Risk" is its only word for a refusal. */
const contentRisk = { means: 'refused', says: mentions('content exists risk') } as const;

const failures: FailureTable = {
  codes: knownCodes,
  types: knownTypes,
  statuses: usualStatuses.map((rule) =>
    rule.from === 400 ? { ...rule, unless: [contentRisk, ...(rule.unless ?? [])] } : rule,
  ),
  phrases: usualPhrases,
  limits: usualLimits,
};

/** What is left in dollars; where the account has only another currency, nothing is told. */
function dollarsIn(body: unknown): number | undefined {
  const infos = fieldOf(body, 'balance_infos');
  const dollars = Array.isArray(infos) ? infos.find((info) => fieldOf(info, 'currency') === 'USD') : undefined;
  const total = Number.parseFloat(String(fieldOf(dollars, 'total_balance')));
  return Number.isFinite(total) ? total : undefined;
}

/**
 * DeepSeek: its routes stand at the root, with or without a version. Thoughts come beside the answer, in
 * `reasoning_content`, and are left out.
 */
export const deepseekDialect: Dialect = {
  failures,
  versionPath: '',
  chat: { path: '/chat/completions', fields: { stream_options: { include_usage: true } } },
  probe: { path: '/models', isAnswer: isModelList },
  balance: { path: '/user/balance', below: 'root', unit: 'USD', amount: dollarsIn },
};

function chat(model: string): ModelDefinition {
  return { model, kind: 'chat', traits: { ...textOnly, contextTokens: 64_000 } };
}

export const deepseekDefinition: ProviderDefinition = {
  name: 'deepseek',
  prefixes: ['DEEPSEEK'],
  baseUrl: 'https://api.deepseek.com',
  seatsPerKey: 4,
  models: [chat('deepseek-flash'), chat('deepseek-v4-flash'), chat('deepseek-v4-pro')],
  otherModels: textOnly,
  chains: { chat: ['deepseek-flash', 'deepseek-v4-flash'] },
  adapter: likeOpenAi('deepseek', deepseekDialect),
};
