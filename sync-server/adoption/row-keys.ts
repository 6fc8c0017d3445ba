import { createSecretKey, type KeyObject } from 'node:crypto';
import type { PersonalDataBox } from '../../platform/personal-data.ts';

interface RowKeys {
  /** Ids and contents are hashed with it: a bare hash of a row that holds a CPF could be guessed. */
  readonly rows: KeyObject;
  /** Brings rows of one person together. */
  readonly persons: KeyObject;
}

type Deriving = Pick<PersonalDataBox, 'deriveKey'>;

/** Each derivation costs as much as the reading of a row. */
const derived = new WeakMap<Deriving, RowKeys>();

/** The keyed hashes of adoption, under keys made from the server's. */
export function rowKeysOf(box: Deriving): RowKeys {
  const known = derived.get(box);
  if (known !== undefined) return known;
  const keys = {
    rows: createSecretKey(box.deriveKey('totem adoption rows v1')),
    persons: createSecretKey(box.deriveKey('totem adopted persons v1')),
  };
  derived.set(box, keys);
  return keys;
}
