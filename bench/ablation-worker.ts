import { parentPort } from 'node:worker_threads';
import { app, appWithout } from '../simulator/darkroom.ts';
import type { Measured } from '../simulator/measure.ts';
import { scenarios } from '../simulator/scenarios.ts';
import { simulate, usualSettings } from '../simulator/simulate.ts';
import type { Mechanism } from '../src/domain/mechanisms.ts';

/** One row to play, with everything on or without one mechanism. */
export type Play = { readonly row: string; readonly without: Mechanism | undefined; readonly seed: number };

export type Played = { readonly play: Play; readonly measured: Measured };

const port = parentPort;
port?.on('message', (play: Play) => {
  const scenario = scenarios.find(({ name }) => name === play.row);
  if (scenario === undefined) throw new Error(`Cannot find the row "${play.row}"`);
  const contender = play.without === undefined ? app('health-based') : appWithout(play.without);
  void simulate(scenario, contender, { ...usualSettings, seed: play.seed }).then((measured) => {
    port.postMessage({ play, measured } satisfies Played);
  });
});
