import { encodeDynamicBrCode } from '../../../domain/br-code.ts';
import { locationOf } from '../api-pix/documents.ts';
import { newReturnId } from '../pix-ids.ts';
import type { ProviderContext } from '../provider-context.ts';
import { type Charge, chargeExpiresAt } from '../store/charges.ts';

const LOCATION_ID_BYTES = 16;
const TXID_BYTES = 16;

/** A charge that a payment company opens at the bank in its own name: the customer pays it on the bank's page. */
export function openBankCharge(
  { store, clock, randomBytes }: ProviderContext,
  wanted: {
    /** The company's own Pix key. */
    readonly key: string;
    readonly amountCents: number;
    readonly expiresSeconds: number;
    readonly messageToPayer: string;
    readonly merchantName: string;
  },
): Charge {
  const locationId = Buffer.from(randomBytes(LOCATION_ID_BYTES)).toString('hex');
  const encoded = encodeDynamicBrCode({
    url: locationOf(locationId),
    merchantName: wanted.merchantName,
    merchantCity: 'SAO PAULO',
  });
  if (!encoded.ok) throw new Error(`no BR Code for a charge: ${encoded.error.code}`);
  const charge: Charge = {
    txid: Buffer.from(randomBytes(TXID_BYTES)).toString('hex'),
    locationId,
    createdAt: clock.nowMs(),
    status: 'ATIVA',
    revision: 0,
    brCode: encoded.brCode,
    terms: {
      key: wanted.key,
      amountCents: wanted.amountCents,
      expiresSeconds: wanted.expiresSeconds,
      messageToPayer: wanted.messageToPayer,
    },
  };
  store.transaction(() => store.charges.insert(charge));
  return charge;
}

export interface BankMoney {
  readonly paidCents: number;
  /** Of the first Pix. */
  readonly paidAt: number | null;
  readonly endToEndId: string | null;
  readonly refundedCents: number;
  /** Asked for, and not sent back yet. */
  readonly refundingCents: number;
  readonly isWithdrawn: boolean;
  readonly hasExpired: boolean;
  readonly brCode: string;
  readonly expiresAt: number;
}

export function moneyOf({ store, clock }: ProviderContext, txid: string): BankMoney {
  const charge = store.charges.byTxid(txid);
  if (charge === undefined) throw new Error(`a payment company's charge ${txid} is not at the bank`);
  const pix = store.pix.settledOf(txid);
  const refunds = pix.flatMap(({ endToEndId }) => store.refunds.of(endToEndId));
  const sum = (items: readonly { readonly amountCents: number }[]): number =>
    items.reduce((total, { amountCents }) => total + amountCents, 0);
  return {
    paidCents: sum(pix),
    paidAt: pix[0]?.settledAt ?? null,
    endToEndId: pix[0]?.endToEndId ?? null,
    refundedCents: sum(refunds.filter(({ settledAt }) => settledAt !== null)),
    refundingCents: sum(refunds.filter(({ settledAt }) => settledAt === null)),
    isWithdrawn: charge.status === 'REMOVIDA_PELO_USUARIO_RECEBEDOR',
    hasExpired: chargeExpiresAt(charge) <= clock.nowMs(),
    brCode: charge.brCode,
    expiresAt: chargeExpiresAt(charge),
  };
}

export function withdrawBankCharge({ store }: ProviderContext, txid: string): void {
  store.transaction(() => store.charges.setStatus(txid, 'REMOVIDA_PELO_USUARIO_RECEBEDOR'));
}

/** Sends back `amountCents` of what came for the charge, from its Pix in turn. @returns false where there is not so much */
export function refundBankCharge(
  context: ProviderContext,
  txid: string,
  refundId: string,
  amountCents: number,
): boolean {
  const { store, clock, randomBytes } = context;
  const open = store.pix.settledOf(txid).map((pix) => ({
    pix,
    leftCents:
      pix.amountCents - store.refunds.of(pix.endToEndId).reduce((sum, each) => sum + each.amountCents, 0),
  }));
  if (open.reduce((sum, { leftCents }) => sum + leftCents, 0) < amountCents) return false;
  let wantedCents = amountCents;
  store.transaction(() => {
    for (const { pix, leftCents } of open) {
      const part = Math.min(leftCents, wantedCents);
      if (part === 0) continue;
      wantedCents -= part;
      store.refunds.insert({
        endToEndId: pix.endToEndId,
        id: refundId,
        rtrId: newReturnId(clock.nowMs(), randomBytes),
        amountCents: part,
        nature: 'ORIGINAL',
        description: null,
        requestedAt: clock.nowMs(),
        settledAt: null,
      });
    }
  });
  context.wake();
  return true;
}
