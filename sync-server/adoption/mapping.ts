import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CanonicalStatus } from '../../domain/payment-status.ts';
import { Uuid } from '../../domain/protocol/primitives.ts';
import type { Queryable } from '../db/database.ts';
import { fold } from './fold.ts';
import { type OwnWords, PROVIDER_NAMES } from './words.ts';

const Names = z.record(z.string(), z.string());

/** What a company has to say of its old system; docs/adoption.md has an example. */
export const MappingFile = z.strictObject({
  /** Old clinic, unit or merchant → our merchant; `*` for whatever is not named. */
  clinics: z.record(z.string(), Uuid).default({}),
  providers: z.record(z.string(), z.enum(PROVIDER_NAMES as [string, ...string[]])).default({}),
  statuses: z.record(z.string(), CanonicalStatus).default({}),
  /** Field → column, where a column has a name of its own. */
  columns: Names.default({}),
  /** Of a PostgreSQL source: the table of each kind, and its key. */
  tables: z
    .partialRecord(
      z.enum(['transaction', 'session', 'customer']),
      z.strictObject({ table: z.string().min(1), key: z.string().min(1).default('id') }),
    )
    .default({}),
});
export type MappingFile = z.infer<typeof MappingFile>;

/** The mapping as rows are read by it. */
export interface Mapping {
  readonly words: OwnWords;
  readonly columns: Readonly<Record<string, string>>;
  readonly tables: MappingFile['tables'];
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
  const ours = new Set(rows.map(({ id }) => id));
  const clinics = new Map(
    Object.entries(file.clinics).flatMap(([clinic, merchant]) =>
      // A merchant that is not here yet: its rows wait.
      ours.has(merchant) ? [[clinic.trim().toLowerCase(), merchant] as const] : [],
    ),
  );
  const named = (word: string | null): string | undefined =>
    word === null ? undefined : clinics.get(word.trim().toLowerCase());
  return {
    words: {
      providers: new Map(Object.entries(file.providers).map(([word, name]) => [fold(word), name])),
      statuses: new Map(Object.entries(file.statuses).map(([word, status]) => [fold(word), status])),
    },
    columns: file.columns,
    tables: file.tables,
    merchantOf: (clinic, merchant) => {
      if (only !== null) return ours.has(only) ? only : null;
      const isOurs = merchant !== null && ours.has(merchant.toLowerCase());
      return named(clinic) ?? named(merchant) ?? (isOurs ? merchant.toLowerCase() : clinics.get('*')) ?? null;
    },
  };
}
