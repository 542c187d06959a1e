import { count, isoTime } from '../../observability/quantities.ts';
import { join, resolve } from 'node:path';
import { inspectPostgres } from '../../app/checks/check-postgres.ts';
import { type DatabaseInspection, isAppRunning, inspectDatabase } from '../../app/maintenance.ts';
import { checkOperatorFiles } from '../../app/operator-files.ts';
import { type Config, parseConfig } from '../../config/config.ts';
import type { OwnRule } from '../../domain/failure.ts';
import { unknownNames } from '../../config/unknown-names.ts';
import { ConfigError } from '../../config/config-error.ts';
import { readEnvironment } from '../../config/env.ts';
import { withAnonymousKeys } from '../../keys/sources/anonymous-keys.ts';
import { type ProviderKey, readKeys } from '../../keys/sources/read-keys.ts';
import { writeJson } from '../keys/key-tables.ts';
import { type ProcessContext, paint, type Style, type Terminal } from '../process-context.ts';
import { bad, type Finding, type FindingLevel, good, note, warning } from './finding.ts';
import { checkClock, checkDisk, checkFolder, checkVersions } from './local-checks.ts';
import { ledgerFindings, resultFindings } from './ledger-findings.ts';
import { postgresFindings } from './postgres-findings.ts';
import { bucketFindings, copyFindings } from './bucket-findings.ts';
import { checkOnline, type OnlineLook } from './online-checks.ts';

const dayMs = 86_400_000;

const marks = {
  good: ['✓', 'good'],
  note: ['·', 'dim'],
  warning: ['!', 'warn'],
  bad: ['✗', 'bad'],
} as const satisfies Record<FindingLevel, readonly [string, Style]>;

export type DoctorOptions = {
  readonly json: boolean;
  /** Asks Telegram, the providers and the bucket too. */
  readonly online: boolean;
};

/** Checks settings, machine, data folder and database, whether or not the bot runs; changes nothing. */
export async function doctor(context: ProcessContext, { json, online }: DoctorOptions): Promise<void> {
  using stop = context.listenForStop();
  const findings = await examine(context, online ? stop.signal : undefined);
  const isWell = findings.every(({ level }) => level !== 'bad');
  if (json) writeJson(context.out, { at: isoTime(context.clock.now()), well: isWell, findings });
  else
    context.out.write(
      `${[...findings.flatMap((one) => lines(context.out, one)), summary(findings, online)].join('\n')}\n`,
    );
  if (!isWell) context.exitWith(1);
}

/** With `onlineSignal` also what other machines say; it stops that. */
async function examine(context: ProcessContext, onlineSignal: AbortSignal | undefined): Promise<readonly Finding[]> {
  const nowMs = context.clock.now();
  const { findings, config, keys } = settings(context);
  const versions = checkVersions({ node: process.versions.node, sqlite: process.versions.sqlite });
  if (config === undefined) return [...findings, ...versions, checkClock(nowMs, 0)];
  const dataDir = resolve(context.cwd, config.dataDir);
  const shared =
    config.databaseUrl === undefined
      ? undefined
      : await inspectPostgres(config.databaseUrl, {
          clock: context.clock,
          results: join(dataDir, 'results'),
          sinceMs: nowMs - dayMs,
        });
  const isRunning = shared === undefined ? attempt(() => isAppRunning(dataDir)) === true : shared.processes.length > 0;
  // Before the database is opened: SQLite may create further files while it is open.
  const folder = checkFolder({ dataDir, nowMs, retentionMs: config.retentionMs, isRunning });
  const look = shared?.database ?? (await inspectDatabase(dataDir, nowMs - dayMs));
  const { ledger, newestMs } = examineDatabase(look, config, isRunning, shared !== undefined);
  return [
    ...findings,
    ...versions,
    checkClock(nowMs, newestMs),
    checkDisk(dataDir),
    note('bot', isRunning ? 'the bot is running' : 'the bot is not running'),
    ...folder,
    ...(shared === undefined ? [] : postgresFindings(shared)),
    ...ledger,
    ...(onlineSignal === undefined ? [] : await lookOnline({ context, config, keys, isRunning, signal: onlineSignal })),
  ];
}

async function lookOnline(look: OnlineLook): Promise<readonly Finding[]> {
  const found = await Promise.all([checkOnline(look), bucketFindings(look)]);
  return found.flat();
}

function settings({ cwd, env: processEnv }: ProcessContext): {
  readonly findings: readonly Finding[];
  readonly config: Config | undefined;
  readonly keys: readonly ProviderKey[];
} {
  const { env, warnings, hasFile } = readEnvironment({ cwd, processEnv });
  const fix = 'fix it in .env or in the environment; .env.example explains every name';
  let config: Config;
  try {
    config = parseConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { findings: error.mistakes.map((mistake) => bad('settings', mistake, fix)), config: undefined, keys: [] };
  }
  const { keys, warnings: keyWarnings } = withAnonymousKeys(readKeys(env), env);
  const all = [...warnings, ...unknownNames(env), ...keyWarnings].map((text) => warning('settings', text, fix));
  const missing = [
    ...(config.telegram.token === undefined
      ? [
          warning(
            'settings',
            'TELEGRAM_BOT_TOKEN is not set here, and start needs it',
            'ask @BotFather for a token and put it into .env',
          ),
        ]
      : []),
    ...(keys.length === 0
      ? [
          warning(
            'settings',
            'no provider key is set: every request fails',
            'put BYTEZ_API_KEY into .env, or remove HORDE_ANONYMOUS=off for free pictures',
          ),
        ]
      : []),
  ];
  const from = hasFile
    ? note('env file', `.env of ${cwd} is read; the environment wins over it`)
    : note(
        'env file',
        `there is no .env in ${cwd}: settings come from the environment alone`,
        'in a container or under systemd that is right; else change to the folder that holds .env',
      );
  const problems = [...all, ...missing];
  const findings = problems.length === 0 ? [good('settings', `${count(keys.length, 'key')}, no warning`)] : problems;
  return { findings: [...findings, from, ...tableFindings(config)], config, keys };
}

/** The operator's own tables, rule by rule: they change what failures mean. */
function tableFindings(config: Config): readonly Finding[] {
  const { models, rules, definitions } = checkOperatorFiles(config);
  const fix = 'fix the file; the start refuses it as it is';
  const ofModels = models.ok
    ? models.rows.length === 0
      ? []
      : [good('models table', `${count(models.rows.length, 'row')} of your own`)]
    : models.mistakes.map((mistake) => bad('models table', mistake, fix));
  const ofRules = rules.ok
    ? rules.rows.map((rule) => note('failure rule', ruleWords(rule)))
    : rules.mistakes.map((mistake) => bad('failure rules', mistake, fix));
  const ofFiles = definitions.ok ? [] : definitions.mistakes.map((mistake) => bad('files of providers', mistake, fix));
  return [...ofModels, ...ofRules, ...ofFiles];
}

/** `bytez: status 418 and words "teapot" mean overloaded`. */
function ruleWords({ provider, status, code, words, means }: OwnRule): string {
  const named = [
    status === undefined ? '' : `status ${status}`,
    code === undefined ? '' : `code "${code}"`,
    words === undefined ? '' : `words "${words}"`,
  ].filter((part) => part !== '');
  return `${provider}: ${named.join(' and ')} ${named.length === 1 && words === undefined ? 'means' : 'mean'} ${means}`;
}

/** `isShared`: its server has findings of its own, which say what is not there. */
function examineDatabase(look: DatabaseInspection, config: Config, isRunning: boolean, isShared: boolean) {
  switch (look.kind) {
    case 'none': {
      const none = note('database', 'there is none yet', 'the first start makes it');
      return { ledger: isShared ? [] : [none], newestMs: 0 };
    }
    case 'unreadable': {
      if (isShared) return { ledger: [], newestMs: 0 };
      const [says = '', fix = 'look at the file and its disk'] = look.message.split(/; (?=[^;]*$)/);
      return { ledger: [bad('database', says, fix)], newestMs: 0 };
    }
    case 'read': {
      const schema = isShared ? [] : [good('schema', `version ${look.schema}, as this program writes it`)];
      const results = resultFindings(look.results, isRunning);
      // Whether a server's files are whole, its own tools say.
      const counted = ledgerFindings(look, isRunning).filter(({ check }) => !isShared || check !== 'integrity');
      return {
        ledger: [...schema, ...counted, ...results, ...copyFindings(look.copies, config)],
        newestMs: look.ledger.newestMs,
      };
    }
  }
}

function attempt<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function lines(out: Terminal, { check, level, says, fix }: Finding): readonly string[] {
  const [mark, style] = marks[level];
  return [
    `${paint(out, style, mark)} ${paint(out, 'bold', check)}: ${says}`,
    ...(fix === undefined ? [] : [`    ${fix}`]),
  ];
}

function summary(findings: readonly Finding[], online: boolean): string {
  const [errors = 0, warnings = 0] = (['bad', 'warning'] as const).map(
    (level) => findings.filter((one) => one.level === level).length,
  );
  if (errors > 0) return `\n${errors} to fix${warnings > 0 ? `, ${warnings} to look at` : ''}`;
  const scope = online
    ? ''
    : '; Telegram, the providers and the HTTP port were not asked, "darkroom doctor --online" does that';
  return `\n${warnings > 0 ? `Nothing is broken; ${warnings} ${warnings === 1 ? 'line' : 'lines'} to look at` : 'Nothing to fix'}${scope}`;
}
