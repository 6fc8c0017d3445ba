import type { Invariant } from './invariant.ts';

export const INVARIANTS: readonly Invariant[] = [];
