import { styleText } from 'node:util';
import { z } from 'zod';

const entrySchema = z.looseObject({
  level: z.string(),
  time: z.string(),
  msg: z.string().optional(),
  event: z.string().optional(),
  error: z.looseObject({ stack: z.string().optional() }).optional(),
});

const styles = { warn: 'yellow', error: 'red', fatal: 'red' } as const;

/**
 * One line of the log for a person at a terminal: `10:25:41Z  job tg-7 accepted: image, free lane, 0 ahead`. Warnings and
 * errors are named by their level; an error that no rule foresees shows its frames below. A line that is no entry of the
 * log stays as it is.
 */
export function terminalLine(json: string, hasColours: boolean): string {
  const parsed = entrySchema.safeParse(parse(json));
  if (!parsed.success) return json;
  const { level, time, msg, event, error } = parsed.data;
  const paint = (style: 'dim' | 'yellow' | 'red', text: string) =>
    hasColours ? styleText(style, text, { validateStream: false }) : text;
  const name = level === 'info' ? '' : `${level.toUpperCase()} `;
  const style = level === 'warn' || level === 'error' || level === 'fatal' ? styles[level] : undefined;
  const words = `${name}${msg ?? event ?? ''}`;
  const frames = (error?.stack ?? '').split('\n').filter((frame) => frame !== '');
  return [
    `${paint('dim', `${time.slice(11, 19)}Z`)}  ${style === undefined ? words : paint(style, words)}`,
    ...frames.map((frame) => `           ${frame.trim()}`),
    '',
  ].join('\n');
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
