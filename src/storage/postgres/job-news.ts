import type { JobNews } from '../stores/jobs/job-engine.ts';
import type { Listening } from './listening.ts';

/** What the triggers of the schema tell of the jobs that other processes change. */
export function jobNews(listening: Listening): JobNews {
  const hear = (topic: string, listener: (text: string | undefined) => void) =>
    void listening.on(topic, (text, isOwn) => (isOwn ? undefined : listener(text)));
  return {
    onWaiting: (listener) => hear('waits', listener),
    onEnded: (listener) => hear('ended', () => listener()),
    // A cancellation that was missed is found when the job is settled: its fence has grown.
    onStopped: (listener) => hear('stop', (id) => (id === undefined ? undefined : listener(id))),
  };
}
