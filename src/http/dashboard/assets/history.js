import { byId } from './dom.js';
import { Part } from './state.js';
import { money, number, plural, share, span } from './words.js';
import { noteFigures } from './overview.js';
import { createChart } from './charts.js';

const everyMs = 20_000;
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

/** What became of requests in the last 24 hours or 30 days, as charts. */
export function startHistory({ isShown }) {
  let hours = 24;
  const host = byId('charts');
  const charts = {
    requests: createChart(host, {
      title: 'Requests',
      isStacked: true,
      format: number,
      series: [
        { name: 'answered', tone: 'good' },
        { name: 'failed', tone: 'bad' },
        { name: 'cancelled', tone: 'off' },
        { name: 'open', tone: 'wait' },
      ],
    }),
    waits: createChart(host, {
      title: 'Wait until begun',
      format: span,
      series: [
        { name: 'half begin within', tone: 'cool' },
        { name: '95 % begin within', tone: 'wait' },
      ],
    }),
    attempts: createChart(host, {
      title: 'Calls per answer',
      format: (value) => value.toFixed(2),
      series: [{ name: 'calls for one answer', tone: 'cool' }],
    }),
    spending: createChart(host, {
      title: 'Spending, last 30 days',
      isStacked: true,
      format: money,
      series: [{ name: 'a day (UTC)', tone: 'good' }],
    }),
  };

  const draw = ({ spans, stepMs, total }, labelOf) => {
    const times = spans.map(({ fromMs }) => fromMs / 1_000);
    const frame = { times, stepMs, labelOf };
    const open = ({ requests, answered, failed, cancelled }) => requests - answered - failed - cancelled;
    charts.requests.show({
      ...frame,
      sum: `${number(total.requests)}, ${share(total.answered, total.answered + total.failed)} answered`,
      values: [
        spans.map(({ answered }) => answered),
        spans.map(({ failed }) => failed),
        spans.map(({ cancelled }) => cancelled),
        spans.map(open),
      ],
    });
    charts.waits.show({
      ...frame,
      sum: total.wait === undefined ? '–' : `${span(total.wait.p50Ms)} median`,
      values: [spans.map(({ wait }) => wait?.p50Ms ?? null), spans.map(({ wait }) => wait?.p95Ms ?? null)],
    });
    const perAnswer = ({ callsOfAnswered, answered }) => (answered === 0 ? null : callsOfAnswered / answered);
    charts.attempts.show({ ...frame, sum: perAnswer(total)?.toFixed(2) ?? '–', values: [spans.map(perAnswer)] });
  };

  const past = new Part(
    () => (isShown() ? `/api/history?hours=${hours}` : undefined),
    (history) => {
      draw(history, history.stepMs < 86_400_000 ? (ms) => hour.format(ms) : (ms) => day.format(ms));
      if (hours === 24) noteTotals(history.total);
    },
  );
  const spent = new Part(
    () => (isShown() ? '/api/history/spending' : undefined),
    ({ days }) => {
      const newest = Math.floor(Date.now() / 86_400_000);
      const dates = Array.from({ length: 30 }, (_, index) => (newest - 29 + index) * 86_400_000);
      const byDay = Map.groupBy(days, (one) => one.day);
      const sums = dates.map((ms) =>
        (byDay.get(new Date(ms).toISOString().slice(0, 10)) ?? []).reduce((sum, { usd }) => sum + usd, 0),
      );
      const unpriced = days.reduce((sum, one) => sum + one.unpriced, 0);
      charts.spending.show({
        times: dates.map((ms) => ms / 1_000),
        stepMs: 86_400_000,
        labelOf: (ms) => day.format(ms),
        sum: money(sums.reduce((sum, usd) => sum + usd, 0)),
        note: unpriced === 0 ? '' : `${plural(unpriced, 'call')} without a known price`,
        values: [sums],
      });
    },
  );

  const buttons = document.querySelectorAll('#view-overview [data-hours]');
  for (const button of buttons) {
    button.addEventListener('click', () => {
      hours = Number(button.dataset.hours);
      for (const one of buttons) one.setAttribute('aria-pressed', String(one === button));
      past.refresh();
    });
  }
  const refresh = () => {
    past.refresh();
    spent.refresh();
  };
  setInterval(refresh, everyMs);
  return { refresh };
}

function noteTotals({ answered, failed, requests, wait }) {
  noteFigures({
    'Answered, 24 h': [
      share(answered, answered + failed),
      `${number(answered)} of ${number(answered + failed)}; ${plural(requests, 'request')}`,
    ],
    'Wait, 24 h': wait === undefined ? ['–', ''] : [span(wait.p50Ms), `95 % within ${span(wait.p95Ms)}`],
  });
}
