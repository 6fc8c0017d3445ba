import type { ProviderCharge, ProviderReceipt } from '../providers/provider.ts';
import type { PaymentTransaction } from './payment-transaction.ts';

/**
 * `settles` pays for the ticket; `surplus` came after one that does; `wrong_amount` buys nothing; `late` came after the
 * charge had ended, to a merchant that sends such money back; `wrong_currency` buys nothing either, whatever its figure.
 */
export type Disposition = 'settles' | 'surplus' | 'wrong_amount' | 'late' | 'wrong_currency';

export interface JudgedReceipt {
  readonly receipt: ProviderReceipt;
  readonly disposition: Disposition;
}

export interface Judgement {
  /** Receipts that are new to us, in the order in which they were paid. */
  readonly judged: readonly JudgedReceipt[];
  /** Receipts that do not belong to the charge; each is a fault to look at, none is money. */
  readonly foreign: readonly { readonly receipt: ProviderReceipt; readonly reason: string }[];
}

/**
 * Decides what each Pix of a charge is. One belongs to the charge only if receiving key and txid agree with what was asked
 * for; the first of them with the exact amount, in the currency that was asked for, settles it. The answer depends on nothing but its arguments, so
 * that webhook, poll and cancellation come to the same end in whatever order they arrive.
 * @param isUnwantedLate says of a receipt that it came late to a merchant that sends late money back
 * @param known ids of receipts that were recorded before: of this charge, and of the merchant's other charges
 */
export function judgeReceipts(
  payment: Pick<PaymentTransaction, 'txid' | 'pixKey' | 'amountCents' | 'currency' | 'settledReceiptId'>,
  charge: Pick<ProviderCharge, 'txid' | 'pixKey' | 'currency' | 'receipts'>,
  known: { readonly own: ReadonlySet<string>; readonly others: ReadonlySet<string> },
  isUnwantedLate: (receipt: ProviderReceipt) => boolean = () => false,
): Judgement {
  const judged: JudgedReceipt[] = [];
  const foreign: { receipt: ProviderReceipt; reason: string }[] = [];
  const seen = new Set(known.own);
  const isOtherCurrency = charge.currency !== payment.currency;
  let settled = payment.settledReceiptId !== null;
  const inOrderOfPayment = [...charge.receipts].sort(
    (a, b) => a.paidAtMs - b.paidAtMs || (a.receiptId < b.receiptId ? -1 : 1),
  );
  for (const receipt of inOrderOfPayment) {
    if (seen.has(receipt.receiptId)) continue;
    seen.add(receipt.receiptId);
    const reason = known.others.has(receipt.receiptId)
      ? 'the Pix was received for another charge'
      : whyForeign(payment, charge, receipt);
    if (reason !== null) {
      foreign.push({ receipt, reason });
      continue;
    }
    const disposition = isOtherCurrency
      ? 'wrong_currency'
      : settled
        ? 'surplus'
        : receipt.amountCents !== payment.amountCents
          ? 'wrong_amount'
          : isUnwantedLate(receipt)
            ? 'late'
            : 'settles';
    settled ||= disposition === 'settles';
    judged.push({ receipt, disposition });
  }
  return { judged, foreign };
}

function whyForeign(
  payment: Pick<PaymentTransaction, 'txid' | 'pixKey'>,
  charge: Pick<ProviderCharge, 'txid' | 'pixKey'>,
  receipt: ProviderReceipt,
): string | null {
  if (charge.txid !== payment.txid) return 'the charge has another txid';
  if (charge.pixKey !== null && charge.pixKey !== payment.pixKey)
    return 'the charge has another receiving key';
  if (receipt.txid !== null && receipt.txid !== payment.txid) return 'the Pix has another txid';
  if (receipt.pixKey !== null && receipt.pixKey !== payment.pixKey)
    return 'the Pix has another receiving key';
  if (receipt.amountCents <= 0) return 'the Pix has no amount';
  return null;
}
