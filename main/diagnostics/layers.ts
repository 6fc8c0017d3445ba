import type { Layers } from '../../domain/protocol/screens.ts';

/** Nothing has been measured yet. @param sinceMs epoch ms */
export function unknownLayers(sinceMs: number): Layers {
  const unknown = { status: 'unknown', since: sinceMs, detail: null } as const;
  return { printer: unknown, network: unknown, server: unknown, provider: unknown };
}
