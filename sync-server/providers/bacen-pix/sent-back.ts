import type { ProviderCharge, ProviderChargeRefund, ProviderDispute } from '../provider.ts';
import { toProviderRefund } from './to-provider-refund.ts';
import type { WirePix, WireRefund } from './wire.ts';

const DISPUTE_STATUS: Readonly<Record<string, ProviderDispute['status']>> = {
  EM_PROCESSAMENTO: 'open',
  DEVOLVIDO: 'lost',
  NAO_REALIZADO: 'won',
};

/**
 * `R` and the Pix, or `M` and a manager's request, and a number where it was refused and asked for anew: nobody else's
 * id looks so (`payments/`, where they are made).
 */
const OUR_REFUND_ID = /^(R[a-zA-Z0-9]{32}|M[0-9a-f]{32})\d{0,2}$/;

/**
 * What was sent back of the Pix of a charge. Each amount is in one list and not in the other: what a bank took back
 * (MED, `natureza: MED_…`) is a dispute, everything else a refund.
 */
export function sentBackOf(receipts: readonly WirePix[]): Pick<ProviderCharge, 'refunds' | 'disputes'> {
  const all = receipts.flatMap((pix) => (pix.devolucoes ?? []).map((refund) => ({ pix, refund })));
  return {
    refunds: all.filter(({ refund }) => !isClawback(refund)).map(({ pix, refund }) => toRefund(pix, refund)),
    disputes: all.filter(({ refund }) => isClawback(refund)).map(({ pix, refund }) => toDispute(pix, refund)),
  };
}

function isClawback({ natureza }: WireRefund): boolean {
  return natureza?.startsWith('MED_') === true;
}

function toRefund(pix: WirePix, refund: WireRefund): ProviderChargeRefund {
  const isOurs = OUR_REFUND_ID.test(refund.id);
  return {
    ...toProviderRefund(refund),
    // The bank's own ids are unique within their Pix only.
    ...(isOurs ? {} : { refundId: `${pix.endToEndId}:${refund.id}` }),
    receiptId: pix.endToEndId,
    initiatedBy: isOurs ? 'us' : 'provider',
  };
}

function toDispute(pix: WirePix, refund: WireRefund): ProviderDispute {
  return {
    // An id of the client's or the bank's, unique within its Pix only.
    disputeId: `${pix.endToEndId}:${refund.id}`,
    receiptId: pix.endToEndId,
    kind: 'med',
    // A word that we do not know leaves the case open: it is looked at again.
    status: DISPUTE_STATUS[refund.status] ?? 'open',
    amountCents: refund.valor,
    reason: refund.natureza ?? '',
    openedAtMs: refund.horario?.solicitacao ?? pix.horario,
  };
}
