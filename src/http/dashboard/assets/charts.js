import { element, setText } from './dom.js';

const { uPlot } = globalThis;
const height = 170;
const dark = matchMedia('(prefers-color-scheme: dark)');
/** Of the newest frames; charts that were replaced are forgotten with their element. */
const charts = new Set();
dark.addEventListener('change', () => charts.forEach((chart) => chart.redraw()));

/**
 * A chart with a title, its sum, a legend that shows the values under the pointer, and the same numbers as a table.
 * Stacked series are drawn as bars on top of each other, others as lines.
 */
export function createChart(host, { title, series, format, isStacked = false }) {
  const sum = element('span', { class: 'sum' });
  const legend = element('p', { class: 'legend' });
  const plot = element('div', { class: 'plot', role: 'img', 'aria-label': title });
  const table = element('div', { tabIndex: 0, role: 'region', 'aria-label': `${title} as a table` });
  const details = element('details', {}, element('summary', {}, `Numbers of “${title}”`), table);
  const head = element('div', { class: 'head' }, element('h3', {}, title), sum);
  host.append(element('section', { class: 'chart', 'aria-label': title }, head, legend, plot, details));
  let shown;
  let drawn;

  const showLegend = (index) => {
    const { values, times, labelOf, note = '' } = shown;
    const when = index === null ? note : labelOf(times[index] * 1_000);
    const names = series.map(({ name, tone }, place) => {
      const value = index === null ? undefined : values[place][index];
      const words = value === undefined ? name : `${name} ${value === null ? '–' : format(value)}`;
      return element('span', { class: tone }, words);
    });
    legend.replaceChildren(...names, ...(when === '' ? [] : [element('b', {}, when)]));
  };

  const draw = () => {
    drawn?.destroy();
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const stroke = (tone) => resolved(colour(`--${tone}-fill`), plot);
    const [soft, line] = [resolved(colour('--soft'), plot), resolved(colour('--line'), plot)];
    const font = '12px system-ui, sans-serif';
    const axis = { stroke: soft, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
    const bars = uPlot.paths.bars({ size: [0.78, 40], align: 1, gap: 1 });
    // The sum of all is drawn first, and each smaller sum over it.
    const places = isStacked ? series.map((_, place) => place).toReversed() : series.map((_, place) => place);
    const options = {
      width: plot.clientWidth,
      height,
      padding: [8, 18, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: !isStacked } },
      scales: {
        x: { time: true, range: (_, low, high) => rangeOf(low, high) },
        y: { range: (_, _low, high) => [0, high > 0 ? high * 1.08 : 1] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 26,
          gap: 4,
          space: 60,
          values: (_, splits) => splits.map((at) => shown.labelOf(at * 1_000)),
        },
        {
          ...axis,
          size: 58,
          space: 34,
          values: (_, splits) => splits.map((value) => (isWhole(value, splits) ? format(value) : '')),
        },
      ],
      series: [
        {},
        ...places.map((place) => {
          const of = stroke(series[place].tone);
          return isStacked
            ? { stroke: of, fill: of, width: 0, paths: bars, points: { show: false } }
            : { stroke: of, width: 2, spanGaps: false, points: { show: shown.times.length < 60, size: 5, fill: of } };
        }),
      ],
      hooks: { setCursor: [({ cursor }) => showLegend(cursor.idx ?? null)] },
    };
    drawn = new uPlot(options, dataOf(places), plot);
  };

  const rangeOf = (low, high) => {
    const step = shown.stepMs / 1_000;
    return isStacked ? [low, high + step] : [low - step * 0.2, high + step * 0.2];
  };
  const isWhole = (value, splits) => format(1) !== '1' || Number.isInteger(value) || splits.every(Number.isInteger);

  const dataOf = (places) => {
    const { times, values } = shown;
    if (!isStacked) return [times, ...values];
    const sums = values.map((_, place) => times.map((_time, index) => sumTo(values, place, index)));
    return [times, ...places.map((place) => sums[place])];
  };

  const showNumbers = () => {
    const { times, values, labelOf } = shown;
    const heads = ['', ...series.map(({ name }) => name)].map((name) => element('th', { scope: 'col' }, name));
    const rows = times.map((at, index) => {
      const cells = values.map((ofSeries) =>
        element('td', {}, ofSeries[index] === null ? '–' : format(ofSeries[index])),
      );
      return element('tr', {}, element('th', { scope: 'row' }, labelOf(at * 1_000)), cells);
    });
    const caption = element('caption', { class: 'quiet' }, title);
    table.replaceChildren(
      element('table', {}, caption, element('thead', {}, element('tr', {}, heads)), element('tbody', {}, rows)),
    );
  };
  details.addEventListener('toggle', () => {
    if (details.open && shown !== undefined) showNumbers();
  });
  new ResizeObserver(() => {
    if (drawn !== undefined && plot.clientWidth > 0) drawn.setSize({ width: plot.clientWidth, height });
  }).observe(plot);

  const chart = {
    /** Shows these values: a list for each series, null where there is none. */
    show: (frame) => {
      const isNew =
        JSON.stringify(frame) !== JSON.stringify(shown) || frame.labelOf.toString() !== shown?.labelOf.toString();
      if (!isNew && drawn !== undefined) return;
      shown = frame;
      setText(sum, frame.sum);
      plot.setAttribute('aria-label', `${title}: ${frame.sum}`);
      showLegend(null);
      if (plot.clientWidth > 0) draw();
      if (details.open) showNumbers();
    },
    redraw: () => {
      if (shown !== undefined && plot.clientWidth > 0) draw();
    },
  };
  charts.add(chart);
  return chart;
}

function sumTo(values, place, index) {
  let sum = 0;
  for (let each = 0; each <= place; each += 1) sum += values[each][index] ?? 0;
  return sum;
}

/** The colour that holds now: a canvas does not know `light-dark()`. */
function resolved(colour, host) {
  const probe = element('i', { hidden: false });
  probe.style.color = colour;
  host.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
