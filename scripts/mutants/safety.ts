import { mutant } from './mutant.ts';

const journeys = 'test/journeys/safety.test.ts';
const strikes = 'test/domain/strikes.test.ts';
const words = 'test/jobs/safety/word-list.test.ts';
const engine = 'test/storage/sqlite/jobs/job-engine.test.ts';

/** Groups, and what may not be made: who shares a place, whose words are judged, who rests and who is blocked. */
export const safetyMutants = [
  mutant(
    'every member of a group has a place of their own',
    "return chatType === 'group' ? chatId : userId;",
    'return userId;',
    engine,
  ),
  mutant('a word inside another one is found', 'if (this.#whole.has(phrase)) return true;', 'return true;', words),
  mutant(
    'refusals of long ago count',
    'const recent = refusedAtMs.filter((atMs) => atMs > lastMs - windowMs);',
    'const recent = refusedAtMs;',
    strikes,
  ),
  mutant(
    'who is blocked is heard',
    "if (barred !== undefined) return { kind: 'refused', code: 'barred', barred };",
    '',
    journeys,
  ),
  mutant(
    'words that a service refuses go to a provider',
    'if (job.progress.calls > 0) return undefined;',
    'if (job.progress.calls >= 0) return undefined;',
    journeys,
  ),
  mutant(
    'pictures that a service refuses go to a provider',
    'return this.judge(job.id, textsOf(job), signal, pictures);',
    'return this.judge(job.id, textsOf(job), signal);',
    journeys,
  ),
  mutant(
    'every member of a group changes its settings',
    'if (!(await groupAdmins.isAdmin(ctx.api, chat.id, userId, true))) {',
    'if (userId === 0) {',
    journeys,
  ),
  mutant(
    'the settings of a group stay behind when it moves',
    'UPDATE group_settings SET chat_id = ?1 WHERE chat_id = ?2',
    'UPDATE group_settings SET chat_id = ?1 WHERE chat_id = ?2 AND FALSE',
    journeys,
  ),
];
