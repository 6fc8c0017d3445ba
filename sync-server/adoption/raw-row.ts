import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Person } from '../../domain/person.ts';
import { MASK, maskPersonalWords } from '../../domain/personal-words.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import { withoutCardNumbers } from './card-numbers.ts';
import { isIdColumn, isPersonalColumn } from './columns.ts';
import type { Cells, ReadRow } from './read-row.ts';
import { isCardLike, isPlainId, safeKey } from './row-ids.ts';
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
 * kept without personal words. The number of a card is kept by nobody.
 */
export function sealRaw(
  box: Pick<PersonalDataBox, 'seal' | 'deriveKey'>,
  { person }: Pick<ReadRow, 'person'>,
  told: Cells,
): RawRow {
  const cells = Object.fromEntries(
    Object.entries(told).map(([column, value]) => [
      column,
      !isIdColumn(column)
        ? withoutCardNumbers(value)
        : isCardLike(value)
          ? safeKey(value.trim(), rowKeysOf(box).rows)
          : value,
    ]),
  );
  if (person === null)
    return { sealed: box.seal(maskCells(hideIds(box, cells))), kept: 'masked', personHash: null };
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

/** Ids are known again when the row is read again: those that look personal by their keyed hash. */
function hideIds(box: Pick<PersonalDataBox, 'deriveKey'>, cells: Cells): Cells {
  return Object.fromEntries(
    Object.entries(cells).map(([column, value]) => [
      column,
      value.trim() !== '' && isIdColumn(column) ? safeKey(value.trim(), rowKeysOf(box).rows) : value,
    ]),
  );
}

/** The row without names, documents, e-mails and phone numbers. */
export function maskCells(cells: Cells): Cells {
  return Object.fromEntries(
    Object.entries(cells).map(([column, value]) => [column, maskCell(column, value)]),
  );
}

function maskCell(column: string, value: string): string {
  if (value === '' || (isIdColumn(column) && isPlainId(value))) return value;
  return isPersonalColumn(column) ? MASK : maskPersonalWords(value);
}
