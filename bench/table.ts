import { type Comparison, type Judged, judge, type Limit, type Unit } from './comparison.ts';

const HEADINGS = ['measured', 'ours', 'peer', 'its figure', 'ratio', 'verdict'];

/** The comparisons as a table for a terminal: medians, with the smallest and largest round in brackets. */
export function renderTable(comparisons: readonly Comparison[]): string {
  const rows = [HEADINGS, ...comparisons.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

function cells(comparison: Comparison): string[] {
  const judged = judge(comparison);
  const { peer, unit } = comparison;
  return [
    comparison.metric,
    spread(comparison.ours, judged.oursMedian, unit),
    peer.name,
    'rounds' in peer && judged.peerMedian !== null
      ? spread(peer.rounds, judged.peerMedian, unit)
      : `not measured: ${'notMeasured' in peer ? peer.notMeasured : ''}`,
    ratioText(judged),
    verdictText(judged, comparison.limit, unit),
  ];
}

function ratioText({ ratio, ratioRange }: Judged): string {
  if (ratio === null || ratioRange === null) return '–';
  return `${number(ratio)} × [${number(ratioRange[0])}–${number(ratioRange[1])}]`;
}

function verdictText({ verdict }: Judged, limit: Limit | undefined, unit: Unit): string {
  if (limit === undefined) return '';
  const bound = limit.of === 'ours' ? `${number(limit.max)} ${unit}` : `${number(limit.max)} ×`;
  if (verdict === 'within') return `within ${bound}`;
  if (verdict === 'not_measured') return `limit ${bound}, not measured`;
  return verdict === 'missed_by_far' ? `MISSED BY FAR: limit ${bound}` : `missed: limit ${bound}`;
}

function spread(rounds: readonly number[], middle: number, unit: Unit): string {
  return `${number(middle)} ${unit} [${number(Math.min(...rounds))}–${number(Math.max(...rounds))}]`;
}

/** Three significant digits below 100, whole above: what figures of a shared machine can bear. */
function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
