/** The figures of one measurement, by name: `{ p50: 1.8, p99: 7 }`. */
export type Figures = Readonly<Record<string, number>>;

/** Every kind of work that is measured side by side, by name. */
export type Kinds = Readonly<Record<string, (round: number) => Promise<Figures>>>;

export interface MeasuredRounds {
  /** One value a round. Throws for a kind or figure that was not measured. */
  of(kind: string, figure: string): readonly number[];
}

/**
 * Measures all kinds in each round, one after the other, so that what slows the machine for a while slows all of
 * them; every other round in the opposite order, so that none always runs in another's wake. Round 0 warms up and is
 * not counted.
 */
export async function measureInRounds(
  kinds: Kinds,
  rounds: number,
  say: (line: string) => void,
): Promise<MeasuredRounds> {
  const figuresByKind = new Map<string, Figures[]>(Object.keys(kinds).map((kind) => [kind, []]));
  for (let round = 0; round <= rounds; round += 1) {
    const inOrder = Object.entries(kinds);
    for (const [kind, measure] of round % 2 === 0 ? inOrder : inOrder.toReversed()) {
      const figures = await measure(round);
      say(`${round === 0 ? 'warm-up' : `round ${round}/${rounds}`}  ${kind}  ${describeFigures(figures)}`);
      if (round > 0) figuresByKind.get(kind)?.push(figures);
    }
  }
  return {
    of: (kind, figure) =>
      (figuresByKind.get(kind) ?? []).map((figures) => {
        const value = figures[figure];
        if (value === undefined) throw new Error(`${kind} has no figure "${figure}"`);
        return value;
      }),
  };
}

function describeFigures(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join('  ');
}
