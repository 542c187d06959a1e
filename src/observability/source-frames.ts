import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** A place in the bundle that scripts/bundle/make-bundle.js makes. */
const bundled = /(file:\/\/[^\s()]+\/darkroom-bundle\/[^\s()]+\.mjs):(\d+):(\d+)/;

/** More places than errors come from. */
const maxKnown = 1_000;
const known = new Map<string, string>();

/**
 * The frames of a stack, with each place in the bundle named as the place in the source that it was made of. The maps lie
 * beside the bundle and are read only here; a place that none of them knows stays as it is.
 */
export function sourceFrames(frames: readonly string[]): readonly string[] {
  const maps = new Map<string, SourceMap | undefined>();
  return frames.map((frame) => {
    const found = bundled.exec(frame);
    if (found === null) return frame;
    const [place, url = '', line, column] = found;
    let source = known.get(place);
    if (source === undefined) {
      if (!maps.has(url)) maps.set(url, mapOf(url));
      source = sourceOf(maps.get(url), url, Number(line), Number(column)) ?? place;
      if (known.size < maxKnown) known.set(place, source);
    }
    return frame.replace(place, source);
  });
}

function mapOf(url: string): SourceMap | undefined {
  try {
    return new SourceMap(
      JSON.parse(gunzipSync(readFileSync(`${fileURLToPath(url)}.map.gz`)).toString()) as SourceMapPayload,
    );
  } catch {
    return undefined;
  }
}

function sourceOf(map: SourceMap | undefined, url: string, line: number, column: number): string | undefined {
  const origin = map?.findOrigin(line, column);
  if (origin === undefined || !('fileName' in origin)) return undefined;
  return `${new URL(origin.fileName, url).href}:${origin.lineNumber}:${origin.columnNumber}`;
}
