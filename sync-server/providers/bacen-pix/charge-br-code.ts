import { encodeDynamicBrCode, parseBrCode } from '../../../domain/br-code.ts';
import type { WireCharge } from './wire.ts';

export interface Receiver {
  readonly merchantName: string;
  readonly city: string;
}

/**
 * The BR Code of a charge: the provider's `pixCopiaECola`, which is optional in API Pix, or one built from the
 * charge's location. Either is parsed before it is shown: a code that banks' apps would refuse is none.
 * @returns null when the answer gives no code that holds and, for want of location or receiver, none can be built
 */
export function brCodeOf(wire: WireCharge, receiver: Receiver | null): string | null {
  const location = wire.location ?? wire.loc?.location;
  const given = wire.pixCopiaECola?.trim();
  if (given !== undefined && pointsTo(given, location)) return given;
  if (location === undefined || receiver === null) return null;
  const built = encodeDynamicBrCode({
    url: location,
    merchantName: receiver.merchantName,
    merchantCity: receiver.city,
  });
  return built.ok && pointsTo(built.brCode, location) ? built.brCode : null;
}

function pointsTo(text: string, location: string | undefined): boolean {
  const parsed = parseBrCode(text);
  if (!parsed.ok || parsed.value.kind !== 'dynamic') return false;
  return location === undefined || parsed.value.url === location;
}
