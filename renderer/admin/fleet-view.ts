import type { KioskView } from '../../domain/protocol/identity.ts';

/** A totem in touch is seen every 17 s at the latest; three times that is silence. */
const SILENT_AFTER_MS = 60_000;

export type KioskState = 'revoked' | 'not_enrolled' | 'silent' | 'in_touch';

/** @param nowMs the server's clock */
export function stateOfKiosk(kiosk: KioskView, nowMs: number): KioskState {
  if (kiosk.revokedAt !== null) return 'revoked';
  if (kiosk.enrolledAt === null) return 'not_enrolled';
  return nowMs - kiosk.lastSeenAt > SILENT_AFTER_MS ? 'silent' : 'in_touch';
}

/** The first name of the usual kind that no totem has: `totem-1`, `totem-2`, … */
export function nextKioskName(fleet: readonly Pick<KioskView, 'kioskId'>[]): string {
  const taken = new Set(fleet.map(({ kioskId }) => kioskId));
  let number = 1;
  while (taken.has(`totem-${number}`)) number += 1;
  return `totem-${number}`;
}

/** Whether a code that was made at `madeAtMs` for the totem has been used. */
export function wasUsed(
  fleet: readonly Pick<KioskView, 'kioskId' | 'enrolledAt'>[],
  kioskId: string,
  madeAtMs: number,
): boolean {
  return fleet.some((kiosk) => kiosk.kioskId === kioskId && (kiosk.enrolledAt ?? 0) >= madeAtMs);
}
