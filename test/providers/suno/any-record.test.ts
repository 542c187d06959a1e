import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEnvelope, readRecord, taskIdIn } from '../../../src/providers/suno/read-record.ts';
import { runs } from '../../support/property-runs.ts';

const url = fc.constantFrom(
  '',
  ' https://a.example/1.mp3 ',
  'https://a b',
  'javascript:1',
  'http://',
  `https://a/${'a'.repeat(5_000)}`,
);
const song = fc.record(
  { audioUrl: fc.oneof(url, fc.jsonValue()), audio_url: url, title: fc.jsonValue(), duration: fc.jsonValue() },
  { requiredKeys: [] },
);
const songs = fc.oneof(fc.array(song, { maxLength: 15 }), fc.jsonValue());
const response = fc.oneof(
  fc.record({ sunoData: songs, data: songs }, { requiredKeys: [] }),
  fc.record({ data: songs }).map((value) => JSON.stringify(value)),
  fc.jsonValue(),
);
const status = fc.oneof(
  fc.constantFrom('SUCCESS', 'PENDING', 'CALLBACK_EXCEPTION', 'SENSITIVE_WORD_ERROR', 'A_NEW_ERROR'),
  fc.jsonValue(),
);
const record = fc.record(
  { status, response, param: fc.jsonValue(), errorCode: fc.jsonValue(), errorMessage: fc.jsonValue() },
  { requiredKeys: [] },
);

test('readRecord() takes any record, and names only addresses that can be fetched', () => {
  fc.assert(
    fc.property(fc.oneof(record, fc.jsonValue()), (data) => {
      const read = readRecord(data);
      if (read.kind !== 'done' && read.kind !== 'unreported') return;
      expect(read.songs.length).toBeLessThanOrEqual(10);
      for (const { url: address, seconds } of read.songs) {
        if (address !== undefined) expect(address).toMatch(/^https?:\/\/\S{1,4090}$/);
        if (seconds !== undefined) expect(seconds > 0 && seconds < 86_400).toBe(true);
      }
    }),
    { numRuns: runs(3_000) },
  );
});

test('readEnvelope() takes any bytes, and an id is nothing but one', () => {
  const body = fc.oneof(
    fc.record({
      code: fc.oneof(fc.constant(200), fc.jsonValue()),
      data: fc.oneof(fc.record({ taskId: fc.string() }), fc.jsonValue()),
    }),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(body, (value) => {
      const read = readEnvelope(200, Buffer.from(JSON.stringify(value)));
      const id = read.kind === 'data' ? taskIdIn(read.data) : undefined;
      expect(id ?? 'none').toMatch(/^[\w-]{1,100}$/);
    }),
    { numRuns: runs(3_000) },
  );
});
