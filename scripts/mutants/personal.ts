import { mutant } from './mutant.ts';

const preferences = 'test/domain/personal/preferences.test.ts';
const presses = 'test/messages/personal/presses.test.ts';
const rows = 'test/storage/stores/histories.test.ts';
const history = 'test/journeys/history.test.ts';

/** Settings of people, their histories, and what they say about failures. */
export const personalMutants = [
  mutant(
    'a preferred shape beats the one that was named',
    'if (aspect !== undefined && options.aspect === undefined) {',
    'if (aspect !== undefined) {',
    preferences,
  ),
  mutant(
    'a preferred style beats words about the style',
    'const namesStyle = options.preset !== undefined || options.style !== undefined;',
    'const namesStyle = options.preset !== undefined;',
    preferences,
  ),
  mutant(
    'a preference that no model follows refuses the request',
    'if (canFollow(shaped)) followed = shaped;',
    'followed = shaped;',
    preferences,
  ),
  mutant(
    'a preferred look changes what is made from a picture',
    "if (!isVisual || needs === 'picture') return options;",
    'if (!isVisual) return options;',
    preferences,
  ),
  mutant(
    'stored preferences of another version are taken as they are',
    'const wished = wishNames.filter((name) => given[name] === true);\n  return {\n    ...(aspect',
    'const wished = wishNames.filter((name) => given[name] !== undefined);\n  return {\n    ...(aspect',
    preferences,
  ),
  mutant(
    'the switch of notifications sets the opposite',
    "return { kind: 'switch', wish, isWished: (value === 'on') === onIsWish };",
    "return { kind: 'switch', wish, isWished: value === 'on' };",
    presses,
  ),
  mutant(
    'a switch sets whatever stands behind it',
    "if (toggled === undefined || (value !== 'on' && value !== 'off')) return undefined;",
    'if (toggled === undefined) return undefined;',
    presses,
  ),
  mutant(
    'a page of the history leads to the other side',
    "way === 'o' ? { olderThan: Number(than) } : { newerThan: Number(than) };",
    "way === 'n' ? { olderThan: Number(than) } : { newerThan: Number(than) };",
    presses,
  ),
  mutant(
    'an entry number that begins with nothing is taken',
    'const [, shown] = /^s\\.([1-9][0-9]{0,15})$/.exec(data) ?? [];',
    'const [, shown] = /^s\\.([0-9]{0,17})$/.exec(data) ?? [];',
    presses,
  ),
  mutant(
    'a history shows the entries of everybody',
    'SELECT * FROM past_requests WHERE user_id = ? AND id < ? ${only} ORDER BY id DESC LIMIT ?',
    'SELECT * FROM past_requests WHERE ? > 0 AND id < ? ${only} ORDER BY id DESC LIMIT ?',
    rows,
  ),
  mutant(
    'turning back skips to the newest entries',
    'AND id > ? ${only} ORDER BY id LIMIT ?',
    'AND id > ? ${only} ORDER BY id DESC LIMIT ?',
    rows,
  ),
  mutant(
    'a page whose entries are gone is empty',
    'if (rows.length < size && (newerThan !== undefined || rows.length === 0))',
    'if (rows.length < size && newerThan !== undefined)',
    rows,
  ),
  mutant(
    'anybody stars an entry',
    "const sql = 'UPDATE past_requests SET is_favourite = ? WHERE id = ? AND user_id = ?';",
    "const sql = 'UPDATE past_requests SET is_favourite = ? WHERE id = ? AND ? > 0';",
    rows,
  ),
  mutant(
    'favourites go with their age',
    "'DELETE FROM past_requests WHERE is_favourite = 0 AND asked_at_ms <= ?',",
    "'DELETE FROM past_requests WHERE asked_at_ms <= ?',",
    rows,
  ),
  mutant(
    'a private request gets into the history',
    "AND coalesce(new.wishes ->> '$.isPrivate', 0) = 0",
    'AND 1 = 1',
    rows,
  ),
  mutant(
    'a request that is to be forgotten gets into the history',
    'new.held IS NULL AND new.forgotten = 0 AND json_valid(new.outcome)\n  AND coalesce',
    'new.held IS NULL AND json_valid(new.outcome)\n  AND coalesce',
    rows,
  ),
  mutant(
    'somebody else’s entry is shown',
    "if (entry.userId !== userId) return answer(ctx, messages.answer('not-yours', locale));",
    '',
    history,
  ),
  mutant(
    'a history is turned where others read it',
    "if (!isAlone(ctx)) return answer(ctx, messages.answer('not-yours', locale));",
    '',
    history,
  ),
  mutant(
    'a person tells about the same failure without end',
    "return numberOf(row, 'before') === 0 && numberOf(row, 'said') < maxFeedbackADay;",
    "return numberOf(row, 'said') < maxFeedbackADay;",
    rows,
  ),
  mutant(
    'a person tells about failures without end',
    "return numberOf(row, 'before') === 0 && numberOf(row, 'said') < maxFeedbackADay;",
    "return numberOf(row, 'before') === 0;",
    rows,
  ),
  mutant(
    'admins are told of every failure that somebody tells about',
    "const isTold = numberOf(told, 'told') < maxToldAnHour;",
    'const isTold = numberOf(told, "told") >= 0;',
    rows,
  ),
];
