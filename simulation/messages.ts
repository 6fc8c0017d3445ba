import type { SeedResult } from './seed.ts';

/** What the main process asks of a worker. */
export type Ask =
  | { readonly kind: 'seed'; readonly seed: number; readonly mutation: string | null }
  | { readonly kind: 'end' };

/** What a worker answers. `ready` comes first, once. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly mutation: string | null; readonly result: SeedResult }
  | { readonly kind: 'failed'; readonly seed: number; readonly message: string };
