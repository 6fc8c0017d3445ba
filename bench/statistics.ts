/** The value in the middle; the mean of the two in the middle for an even count. Throws on an empty list. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = sorted.length / 2;
  if (Number.isInteger(middle)) return (at(sorted, middle - 1) + at(sorted, middle)) / 2;
  return at(sorted, Math.floor(middle));
}

/**
 * The nearest-rank percentile: the smallest value that at least `fraction` of all values do not exceed, so always one
 * that was really measured.
 * @param fraction above 0, up to 1: 0.99 for the 99th percentile
 */
export function percentile(values: readonly number[], fraction: number): number {
  if (!(fraction > 0 && fraction <= 1))
    throw new Error(`a percentile's fraction lies in (0, 1], not ${fraction}`);
  const sorted = ascending(values);
  return at(sorted, Math.ceil(fraction * sorted.length) - 1);
}

/**
 * `ours` over `theirs`, round by round. Both were measured seconds apart on the same machine, so a ratio says what two
 * absolute figures of a shared machine cannot.
 */
export function ratiosByRound(ours: readonly number[], theirs: readonly number[]): number[] {
  if (ours.length !== theirs.length)
    throw new Error(`${ours.length} rounds of ours, ${theirs.length} of theirs`);
  return ours.map((value, round) => value / at(theirs, round));
}

function ascending(values: readonly number[]): readonly number[] {
  if (values.length === 0) throw new Error('nothing was measured');
  return values.toSorted((left, right) => left - right);
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new Error(`no value at ${index}`);
  return value;
}
