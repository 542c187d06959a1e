import { keysFromRecords, testKeys } from '../../app/test-keys.ts';
import { readKeys } from '../../keys/sources/read-keys.ts';
import { oneLine } from '../../observability/describe-error.ts';
import { count } from '../../observability/quantities.ts';
import type { Wizard } from './questions.ts';

/** Asks for the keys of one provider and tests them, for free; empty when there are none. */
export async function askKeys(
  { context, config, questions, signal }: Wizard,
  { variable, none }: { readonly variable: string; readonly none: string },
): Promise<readonly string[]> {
  const { out, clock } = context;
  for (;;) {
    const line = await questions.ask('   Keys, separated by commas (Enter for none yet):', { isSecret: true });
    const { keys, warnings } = readKeys({ [variable]: line });
    for (const text of warnings) out.write(`   ${text.replace(`${variable} `, '')}\n`);
    if (line === '') {
      out.write(`   ${none}\n\n`);
      return [];
    }
    if (keys.length === 0) {
      out.write('   There is no key in that line; copy it once more.\n');
      continue;
    }
    const views = keysFromRecords({ config, keys, salt: undefined, records: [], isRunning: false, nowMs: clock.now() });
    const tests = await testKeys({ config, keys, views, choice: 'all', clock, signal });
    for (const { name, ok, reason = 'unknown', detail = '' } of tests) {
      out.write(`   ${name}: ${ok ? 'accepted' : `not accepted, ${reason} (${oneLine(detail, 100)})`}\n`);
    }
    const working = tests.filter(({ ok }) => ok).length;
    out.write(`   ${working} of ${count(keys.length, 'key')} accepted; the check was free.\n`);
    if (working > 0 || (await questions.confirm('   Take them all the same?', false))) {
      out.write('\n');
      return keys.map(({ secret }) => secret.reveal());
    }
  }
}
