import type { Hall } from '../hall.ts';

/** What is wrong, in one sentence with the ids that a reader needs. */
export type Complaint = string;

/** Something that must hold in every world, whatever fails in it. */
export interface Invariant {
  readonly name: string;
  /** What it says, in a sentence. */
  readonly says: string;
  /** After each step in which a side committed something, or a paper or an answer came out. */
  readonly afterStep?: (look: Look) => Complaint | null | Promise<Complaint | null>;
  /** When all faults have ended and nothing is left to do. */
  readonly atEnd?: (look: Look) => Complaint | null | Promise<Complaint | null>;
}

/** What an invariant sees: the hall past all its walls, and what the history knows. */
export interface Look {
  readonly hall: Hall;
  readonly history: import('./history.ts').History;
}
