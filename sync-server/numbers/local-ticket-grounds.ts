import type { NumberLease } from '../../domain/protocol/leases.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import type { Transaction } from '../db/database.ts';
import { lockTicketsByNumber, type StoredTicket } from '../queue/ticket-store.ts';
import type { KnownEvent } from '../sync/read-event.ts';

export interface KnownLease extends NumberLease {
  readonly kioskId: string;
}

/** What the unit sells, or sold once, and on which terms. */
export interface Offer {
  readonly serviceId: string;
  readonly prefix: string;
  readonly amountCents: number;
  readonly payAtCounter: boolean;
}

/** What the server knows of the numbers and services that a batch's local tickets name. */
export interface LocalTicketGrounds {
  readonly leases: ReadonlyMap<string, KnownLease>;
  readonly offers: readonly Offer[];
  /** By `numberKey`; those that the batch itself brings are added. */
  readonly holderOfNumber: Map<string, StoredTicket>;
}

export function numberKey(ticket: {
  readonly businessDay: string;
  readonly prefix: string;
  readonly number: number;
}): string {
  return `${ticket.businessDay}/${ticket.prefix}/${ticket.number}`;
}

/** Asks the database nothing when the batch brings no local ticket. Call it after `lockUnitTickets`. */
export async function readLocalTicketGrounds(
  transaction: Transaction,
  kiosk: KioskPrincipal,
  events: readonly KnownEvent[],
): Promise<LocalTicketGrounds> {
  const issued = events.flatMap(({ kind, payload }) => (kind === 'ticket.issued_locally' ? [payload] : []));
  if (issued.length === 0) return { leases: new Map(), offers: [], holderOfNumber: new Map() };
  const leases = await readLeases(transaction, kiosk, [...new Set(issued.map(({ leaseId }) => leaseId))]);
  const offers = await readOffers(transaction, kiosk, [...new Set(issued.map(({ serviceId }) => serviceId))]);
  const holders = await lockTicketsByNumber(transaction, kiosk, issued);
  return {
    leases: new Map(leases.map((lease) => [lease.leaseId, lease])),
    offers,
    holderOfNumber: new Map(holders.map((ticket) => [numberKey(ticket), ticket])),
  };
}

function readLeases(
  transaction: Transaction,
  { merchantId, unitId }: KioskPrincipal,
  leaseIds: readonly string[],
): Promise<KnownLease[]> {
  return transaction.query<KnownLease & Record<string, unknown>>(
    `SELECT lease_id AS "leaseId", kiosk_id AS "kioskId", prefix, business_day AS "businessDay",
       first_number AS "from", last_number AS "to"
     FROM number_leases WHERE merchant_id = $1 AND unit_id = $2 AND lease_id = ANY ($3::uuid[])`,
    [merchantId, unitId, leaseIds],
  );
}

/** The services as they are now, active or not, and as every catalogue said that the unit was ever sent. */
function readOffers(
  transaction: Transaction,
  { merchantId, unitId }: KioskPrincipal,
  serviceIds: readonly string[],
): Promise<Offer[]> {
  return transaction.query<Offer & Record<string, unknown>>(
    `SELECT service_id AS "serviceId", prefix, amount_cents AS "amountCents", pay_at_counter AS "payAtCounter"
     FROM services WHERE merchant_id = $1 AND unit_id = $2 AND service_id = ANY ($3::uuid[])
     UNION
     SELECT (sold ->> 'serviceId')::uuid, sold ->> 'prefix', (sold ->> 'amountCents')::bigint,
       coalesce((sold ->> 'payAtCounter')::boolean, false)
     FROM feed, jsonb_array_elements(payload -> 'catalog' -> 'services') AS sold
     WHERE merchant_id = $1 AND unit_id = $2 AND kind = 'catalog.changed'
       AND (sold ->> 'serviceId')::uuid = ANY ($3::uuid[])`,
    [merchantId, unitId, serviceIds],
  );
}
