/** The type of a sound by its first bytes; undefined for anything else. */
export function soundMime(
  bytes: Uint8Array,
): 'audio/mpeg' | 'audio/mp4' | 'audio/ogg' | 'audio/wav' | 'audio/flac' | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('ID3') || /^\xff[\xe2-\xff]/.test(head)) return 'audio/mpeg';
  if (/^.{4}ftypM4A/s.test(head)) return 'audio/mp4';
  if (head.startsWith('OggS')) return 'audio/ogg';
  if (/^RIFF.{4}WAVE/s.test(head)) return 'audio/wav';
  return head.startsWith('fLaC') ? 'audio/flac' : undefined;
}

/** What Telegram shows as music, and as a voice message; any other sound becomes a document. */
export const soundForms = {
  audio: new Set(['audio/mpeg', 'audio/mp4']),
  voice: new Set(['audio/ogg', 'audio/mpeg', 'audio/mp4']),
} as const satisfies Record<'audio' | 'voice', ReadonlySet<string>>;
