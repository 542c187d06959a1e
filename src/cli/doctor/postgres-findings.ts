import type { PostgresInspection } from '../../app/checks/check-postgres.ts';
import { count, spanWords } from '../../observability/quantities.ts';
import { bad, type Finding, good, note, warning } from './finding.ts';

/** The server, how processes hear each other through it, and who they are. */
export function postgresFindings({
  server,
  warnings,
  processes,
  known,
  database,
}: PostgresInspection): readonly Finding[] {
  const refused = database.kind === 'unreadable' ? [refusal(database.message)] : [];
  if (server === undefined) return refused;
  const { version, place, clockAheadMs, tls } = server;
  const clocks = `the clocks differ by ${spanWords(Math.abs(clockAheadMs))}`;
  return [
    refused[0] ??
      good('database', `PostgreSQL ${version}, ${place}; ${tls ?? 'no TLS'}; ${clocks}; what is told there is heard`),
    ...warnings.map(({ says, fix }) => warning('database', says, fix)),
    ...(database.kind === 'none' ? [note('schema', 'there is none yet', 'the first start makes it')] : []),
    ...(database.kind === 'read' ? [schemaFinding(database.schema, known)] : []),
    ...(database.kind === 'unreadable'
      ? []
      : [
          note(
            'processes',
            processes.length === 0
              ? 'none is running'
              : `${count(processes.length, 'process')}: ${processes.map(({ host, pid, version: of }) => `${host} ${pid} (${of})`).join(', ')}`,
          ),
        ]),
  ];
}

function refusal(message: string): Finding {
  const [says = '', fix = 'check the server, and what DATABASE_URL names'] = message.split(/; (?=[^;]*$)/);
  return bad('database', says, fix);
}

function schemaFinding(found: number, known: number): Finding {
  if (found === known) return good('schema', `version ${found}, as this program writes it`);
  if (found < known)
    return note('schema', `version ${found}; this program writes ${known}`, 'its first start changes it');
  return found === known + 1
    ? note('schema', `version ${found}, one ahead of this program`, 'upgrade this program next')
    : bad('schema', `version ${found}, too far ahead of this program, which writes ${known}`, 'upgrade this program');
}
