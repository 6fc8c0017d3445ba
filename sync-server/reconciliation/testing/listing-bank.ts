import { ModelBank } from '../../payments/testing/model-bank.ts';
import type { ListReceiptsOutcome, ProviderReceipt, ReceiptSpan } from '../../providers/provider.ts';

/** The model bank with a list of all the money that came, which may lag behind and be away by itself. */
export class ListingBank extends ModelBank {
  readonly #listed: { readonly receipt: ProviderReceipt; visibleAtMs: number }[] = [];
  readonly spans: ReceiptSpan[] = [];
  listReachable = true;
  /** From the payment until the list tells of it, of the next payments. */
  listLagMs = 0;

  override pay(txid: string, amountCents: number): ProviderReceipt {
    const receipt = super.pay(txid, amountCents);
    this.#listed.push({ receipt, visibleAtMs: receipt.paidAtMs + this.listLagMs });
    return receipt;
  }

  /** Money that no charge of the bank's tells of: a static QR code, another system's charge. */
  receive(receipt: ProviderReceipt): ProviderReceipt {
    this.#listed.push({ receipt, visibleAtMs: receipt.paidAtMs + this.listLagMs });
    return receipt;
  }

  get everything(): readonly ProviderReceipt[] {
    return this.#listed.map(({ receipt }) => receipt);
  }

  async listReceipts(span: ReceiptSpan): Promise<ListReceiptsOutcome> {
    this.spans.push(span);
    if (!this.listReachable) return { kind: 'unavailable', detail: 'the list is away' };
    const nowMs = this.clock.nowMs();
    const receipts = this.#listed
      .filter(({ receipt, visibleAtMs }) => visibleAtMs <= nowMs && isWithin(receipt, span))
      .map(({ receipt }) => receipt);
    return { kind: 'found', receipts };
  }
}

function isWithin({ pixKey, paidAtMs }: ProviderReceipt, span: ReceiptSpan): boolean {
  return (pixKey === null || pixKey === span.pixKey) && paidAtMs >= span.fromMs && paidAtMs < span.toMs;
}
