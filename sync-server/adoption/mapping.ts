import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CanonicalStatus } from '../../domain/payment-status.ts';
import { Uuid } from '../../domain/protocol/primitives.ts';
import type { Queryable } from '../db/database.ts';
import type { AmountRule } from './amounts.ts';
import { FIELD_NAMES, ROW_KINDS, soundsLikeMoneyBack } from './columns.ts';
import { fold } from './fold.ts';
import { SUBSCRIPTION_STATUSES, type SubscriptionStatus } from './subscription-words.ts';
import { normaliseProvider, type OwnWords, PROVIDER_NAMES } from './words.ts';

const Columns = z.record(
  z.string().refine((field) => FIELD_NAMES.has(field), {
    error: `no such field; there are ${[...FIELD_NAMES].join(', ')}`,
  }),
  z.string(),
);

const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const MAX_SLUG = 40;

/**
 * An adapter's name, or a gateway of the past by a name of its own, under which its receivable stands for ever: so what is
 * nearly an adapter's name is refused.
 */
const ProviderName = z.string().transform((text, context): string => {
  const known = normaliseProvider(text);
  if (known !== null) return known;
  const near = PROVIDER_NAMES.find((name) => isNearly(fold(text), fold(name)));
  if (near === undefined && SLUG.test(text) && text.length <= MAX_SLUG) return text;
  context.addIssue(
    near === undefined
      ? `expected one of ${PROVIDER_NAMES.join('|')}, or a name of its own for a gateway of the past, as "banco-da-praca"`
      : `"${text}": is ${near} meant?`,
  );
  return z.NEVER;
});

/** What a company has to say of its old system; docs/adoption.md has an example. */
export const MappingFile = z.strictObject({
  /** Old clinic, unit or merchant → our merchant; `*` for whatever is not named. */
  clinics: z.record(z.string(), Uuid).default({}),
  providers: z.record(z.string(), ProviderName).default({}),
  statuses: z.record(z.string(), CanonicalStatus).default({}),
  subscriptionStatuses: z.record(z.string(), z.enum(SUBSCRIPTION_STATUSES)).default({}),
  /** What a row's type says: whether it is a sale at all. */
  types: z.record(z.string(), z.enum(['sale', 'no_sale'])).default({}),
  /** Rows that say that they are tests. */
  tests: z.enum(['leave', 'adopt']).default('leave'),
  /** Columns that sound like money and are none. */
  ignore: z.array(z.string()).default([]),
  /** Field → column, where a column has a name of its own; `-` where no column says it. */
  columns: Columns.default({}),
  /** Of a PostgreSQL source: the table of each kind, and its key. */
  tables: z
    .partialRecord(
      z.enum(ROW_KINDS),
      // Null: it is not read, though it is there.
      z.strictObject({ table: z.string().min(1), key: z.string().min(1).default('id') }).nullable(),
    )
    .default({}),
});
export type MappingFile = z.infer<typeof MappingFile>;

/** The mapping as rows are read by it. */
export interface Mapping {
  readonly words: OwnWords;
  /** Folded. */
  readonly tests: MappingFile['tests'];
  /** For rows that are read again, whose amounts could not be read by the rule of their file. */
  readonly amounts: AmountRule | null;
  readonly types: ReadonlyMap<string, 'sale' | 'no_sale'>;
  readonly subscriptionStatuses: ReadonlyMap<string, SubscriptionStatus>;
  readonly columns: Readonly<Record<string, string>>;
  readonly tables: MappingFile['tables'];
  /** Whether a column that no field is read from tells, by its name, of money that went back. */
  soundsLikeMoneyBack(column: string): boolean;
  /** @returns null: nobody of ours */
  merchantOf(clinic: string | null, merchant: string | null): string | null;
}

export const NO_MAPPING = MappingFile.parse({});

/** @returns what is wrong with it instead, in one line */
export function readMappingFile(path: string): MappingFile | { readonly problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return { problem: `${path}: ${(error as Error).message}` };
  }
  const parsed = MappingFile.safeParse(json);
  return parsed.success
    ? parsed.data
    : { problem: `${path}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}` };
}

/** @param only the one merchant whose rows these may be, whatever they say; null: by the file */
export async function openMapping(
  database: Queryable,
  file: MappingFile,
  only: string | null = null,
): Promise<Mapping> {
  const rows = await database.query<{ id: string }>('SELECT merchant_id AS id FROM merchants');
  return mappingFor(file, new Set(rows.map(({ id }) => id)), only);
}

/** @param ours the merchants that are here */
export function mappingFor(
  file: MappingFile,
  ours: ReadonlySet<string>,
  only: string | null = null,
): Mapping {
  const clinics = new Map(
    Object.entries(file.clinics).flatMap(([clinic, merchant]) =>
      // A merchant that is not here yet: its rows wait.
      ours.has(merchant) ? [[clinic.trim().toLowerCase(), merchant] as const] : [],
    ),
  );
  const named = (word: string | null): string | undefined =>
    word === null ? undefined : clinics.get(word.trim().toLowerCase());
  const folded = <T>(words: Readonly<Record<string, T>>): ReadonlyMap<string, T> =>
    new Map(Object.entries(words).map(([word, meaning]) => [fold(word), meaning]));
  // The same few columns in each of many rows.
  const moneyBack = new Map<string, boolean>();
  return {
    words: { providers: folded(file.providers), statuses: folded(file.statuses) },
    tests: file.tests,
    amounts: null,
    types: folded(file.types),
    subscriptionStatuses: folded(file.subscriptionStatuses),
    columns: file.columns,
    tables: file.tables,
    soundsLikeMoneyBack: (column) => {
      const judged = moneyBack.get(column) ?? soundsLikeMoneyBack(column, file.ignore);
      moneyBack.set(column, judged);
      return judged;
    },
    merchantOf: (clinic, merchant) => {
      if (only !== null) return ours.has(only) ? only : null;
      const isOurs = merchant !== null && ours.has(merchant.toLowerCase());
      return named(clinic) ?? named(merchant) ?? (isOurs ? merchant.toLowerCase() : clinics.get('*')) ?? null;
    },
  };
}

/** At most two letters apart: a slip of the hand. */
function isNearly(one: string, other: string): boolean {
  let above = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [row, letter] of [...one].entries()) {
    const line = [row + 1];
    for (let at = 1; at <= other.length; at += 1) {
      const changed = (above[at - 1] ?? 0) + (letter === other[at - 1] ? 0 : 1);
      line.push(Math.min(changed, (above[at] ?? 0) + 1, (line[at - 1] ?? 0) + 1));
    }
    above = line;
  }
  return (above[other.length] ?? 0) <= 2;
}
