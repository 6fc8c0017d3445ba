import type { KioskDatabase } from '../../main/store/database.ts';
import { type Look, type Looks, rememberLooks } from './remembered-looks.ts';
import { rememberReads } from './remembered-reads.ts';

/** How the questions are answered that the invariants ask after each step. */
export interface Memories {
  /** @returns the database of a totem for those who only read it */
  reads(db: KioskDatabase): KioskDatabase;
  looks(read: Look): Looks;
}

export const REMEMBERING: Memories = { reads: rememberReads, looks: rememberLooks };

/** Each question is asked of the database each time: what the memories are measured and tested against. */
export const FORGETTING: Memories = {
  reads: (db) => db,
  looks: (read) => ({ ask: read, forget: () => undefined, forgetAll: () => undefined }),
};
