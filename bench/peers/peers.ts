import type { Contender } from '../../simulator/contender.ts';
import type { Measured } from '../../simulator/measure.ts';
import type { Scenario } from '../../simulator/scenario.ts';
import { plentyScenarios } from '../../simulator/scenarios.ts';
import { tableOf } from '../../simulator/table.ts';
import type { BenchmarkReport, Figure, Progress } from '../figure.ts';
import { app } from './darkroom-contender.ts';
import { gatewayContender } from './gateway-contender.ts';
import { limits } from './limits.ts';
import { playRow, type RowSettings } from './play-row.ts';
import { nameOf, portkey } from './portkey-contender.ts';
import { portkeyModes, portkeyName, startPortkey } from './portkey.ts';

/** They need more than two hundred requests or half a minute, or say nothing new. */
const skippedRows: ReadonlySet<string> = new Set(['unknown-seats', 'healed', 'shared-free-accounts']);
/** A third of the matrix's outage, so that everybody can make all requests in time. */
const shortOutage: Scenario = {
  name: 'outage',
  says: '503 for 3 s, whatever the key (10 s in the matrix on a virtual clock)',
  faults: [{ deed: 'unavailable', of: 'provider', fromMs: 250, untilMs: 3_250 }],
};
const rows: readonly Scenario[] = plentyScenarios
  .filter(({ name }) => !skippedRows.has(name))
  .map((scenario) => (scenario.name === shortOutage.name ? shortOutage : scenario));
/** Attempts wait for seconds there; so few are made in time by everybody, and meet the same luck. */
const fewRequests: ReadonlyMap<string, number> = new Map([['seventy-percent', 40]]);
const settings: RowSettings = {
  keys: 5,
  clients: 10,
  requests: 200,
  serviceMs: 50,
  seed: 1,
  rowMs: limits.rowMs,
};

type PeersReport = BenchmarkReport & { readonly matrix: readonly Measured[] };

/**
 * The fault matrix over real sockets: Darkroom as its bot uses it and as its gateway, and the peer gateway in its three
 * ways, each before the same OpenAI-shaped server, one after the other. A row ends early for a contender that has not made its requests in time.
 */
export async function peers(progress: Progress): Promise<PeersReport> {
  const started = await startPortkey();
  if ('why' in started) return { figures: [], matrix: [], skipped: started.why };
  await using gateway = started;
  const contenders: readonly Contender[] = [
    ...portkeyModes.map((mode) => portkey(mode, gateway.url)),
    app,
    gatewayContender,
  ];
  const matrix: Measured[] = [];
  for (const [index, scenario] of rows.entries()) {
    const measured: Measured[] = [];
    const requests = fewRequests.get(scenario.name) ?? settings.requests;
    for (const contender of contenders) {
      const row = playRow(scenario, contender, { ...settings, requests });
      measured.push(await Promise.race([row, gateway.process.died]));
    }
    matrix.push(...measured);
    progress(`${index + 1} of ${rows.length}: ${scenario.says}`);
    for (const line of tableOf(measured).split('\n')) progress(line);
    const cut = measured.filter((one) => one.requests < settings.requests);
    for (const one of cut) progress(`  ${one.contender}: only ${one.requests} requests`);
  }
  return { figures: figuresOf(matrix), matrix };
}

function figuresOf(matrix: readonly Measured[]): readonly Figure[] {
  const served = rows.filter(isServed).map(({ name }) => name);
  const figure = (what: string, unit: string, better: Figure['better'], mean: (contender: string) => number) =>
    [app, gatewayContender].flatMap(({ name }) =>
      portkeyModes.map((mode) => ({
        what: name === app.name ? what : `${what}, gateway`,
        unit,
        better,
        app: mean(name),
        rival: { name: `${portkeyName}, ${mode}`, value: mean(nameOf(mode)) },
      })),
    );
  const meanOf = (pick: (one: Measured) => number) => (contender: string) => {
    const own = matrix.filter((one) => one.contender === contender && served.includes(one.scenario));
    return own.reduce((sum, one) => sum + pick(one), 0) / own.length;
  };
  return [
    ...figure(
      `answered over ${served.length} faults and sockets`,
      '%',
      'higher',
      meanOf(({ answeredShare }) => 100 * answeredShare),
    ),
    ...figure(
      'calls a request over the same',
      'calls',
      'lower',
      meanOf(({ callsPerRequest }) => callsPerRequest),
    ),
  ];
}

/** Can any request be answered at all? */
function isServed({ faults }: Scenario): boolean {
  return !faults.some(({ of, share }) => of === 'requests' && share === undefined);
}
