import { parseBrCode } from '../../domain/br-code.ts';
import type { ShadowDifference } from '../../domain/protocol/routing.ts';
import type { ProviderCharge } from '../providers/provider.ts';

/** Providers round the time at which a charge was made. */
const EXPIRY_TOLERANCE_SECONDS = 2;
/** A provider on trial may answer anything. */
const MAX_VALUE = 100;

/**
 * Where the charge of a provider on trial differs from the one that the customer was given. What differs by nature is
 * left out: ids, times, addresses behind the codes.
 * @param pixKey what the provider on trial was asked to receive on
 */
export function compareCharges(
  live: ProviderCharge,
  shadow: ProviderCharge,
  pixKey: string,
): readonly ShadowDifference[] {
  const pairs: (readonly [string, unknown, unknown])[] = [
    ['amountCents', live.amountCents, shadow.amountCents],
    ['currency', live.currency, shadow.currency],
    ['status', live.status, shadow.status],
    ['receipts', live.receipts.length, shadow.receipts.length],
  ];
  const [liveSeconds, shadowSeconds] = [lastsSeconds(live), lastsSeconds(shadow)];
  // Not a number is no agreement.
  if (!(Math.abs(liveSeconds - shadowSeconds) <= EXPIRY_TOLERANCE_SECONDS))
    pairs.push(['expiresSeconds', liveSeconds, shadowSeconds]);
  const [liveCode, shadowCode] = [readCode(live.brCode), readCode(shadow.brCode)];
  for (const field of ['form', 'receiver', 'city'] as const)
    pairs.push([`brCode.${field}`, liveCode[field], shadowCode[field]]);
  // Only static codes hold amount and key themselves: they have to be those that were asked for.
  if (shadowCode.form === 'static') {
    pairs.push(['brCode.amountCents', live.amountCents, shadowCode.amountCents]);
    pairs.push(['brCode.key', pixKey, shadowCode.key]);
  }
  return pairs
    .filter(([, ours, theirs]) => ours !== theirs)
    .map(([field, ours, theirs]) => ({ field, live: word(ours), shadow: word(theirs) }));
}

function lastsSeconds({ createdAtMs, expiresAtMs }: ProviderCharge): number {
  return Math.round((expiresAtMs - createdAtMs) / 1000);
}

interface CodeFacts {
  /** `static`, `dynamic`, `rec-only`, `none`, or the reason for which it cannot be read. */
  readonly form: string;
  readonly receiver?: string;
  readonly city?: string;
  readonly amountCents?: number | null;
  readonly key?: string;
}

function readCode(text: string | null): CodeFacts {
  if (text === null) return { form: 'none' };
  const parsed = parseBrCode(text);
  if (!parsed.ok) return { form: parsed.error.code };
  const { value } = parsed;
  const common = { form: value.kind, receiver: value.merchant.name, city: value.merchant.city };
  return value.kind === 'static' ? { ...common, amountCents: value.amountCents, key: value.key } : common;
}

function word(value: unknown): string {
  return String(value).slice(0, MAX_VALUE);
}
