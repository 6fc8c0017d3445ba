import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Person } from '../../domain/person.ts';
import { MASK, maskPersonalWords } from '../../domain/personal-words.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import { isPersonalColumn } from './columns.ts';
import type { Cells, ReadRow } from './read-row.ts';
import { rowKeysOf } from './row-keys.ts';

export interface RawRow {
  readonly sealed: Buffer;
  readonly kept: 'server' | 'person' | 'masked';
  /** Of whom it is, until that is a customer. */
  readonly personHash: Buffer | null;
}

const SealedCells = z.record(z.string(), z.string());

/**
 * The whole row as it is kept at first. Whose person may still become a customer is sealed with the server's key, and
 * with the person's own as soon as there is one; who could never be found again, to be told of it or to be erased, is
 * kept without personal words.
 */
export function sealRaw(
  box: Pick<PersonalDataBox, 'seal' | 'deriveKey'>,
  { person }: Pick<ReadRow, 'person'>,
  cells: Cells,
): RawRow {
  if (person === null) return { sealed: box.seal(maskCells(cells)), kept: 'masked', personHash: null };
  return { sealed: box.seal(cells), kept: 'server', personHash: personHashOf(box, person) };
}

/** Brings rows of one person together without telling who that is. */
export function personHashOf(box: Pick<PersonalDataBox, 'deriveKey'>, { document, email }: Person): Buffer {
  return createHmac('sha256', rowKeysOf(box).persons)
    .update(JSON.stringify([document ?? null, email ?? null]))
    .digest();
}

/** @throws when it was sealed with another key */
export function openRaw(box: Pick<PersonalDataBox, 'open'>, sealed: Uint8Array): Cells {
  return SealedCells.parse(box.open(sealed));
}

/** The row without names, documents, e-mails and phone numbers. */
export function maskCells(cells: Cells): Cells {
  return Object.fromEntries(
    Object.entries(cells).map(([column, value]) => [
      column,
      value === '' ? value : isPersonalColumn(column) ? MASK : maskPersonalWords(value),
    ]),
  );
}
