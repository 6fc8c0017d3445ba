import type { Clock } from '../../../domain/clock.ts';
import type {
  ChargeOrder,
  ChargeRef,
  CreateChargeOutcome,
  NationalProvider,
  ProviderCharge,
  ProviderReceipt,
  ProviderRefund,
} from '../../providers/provider.ts';
import type { WebhookIntake } from '../../providers/webhook-intake.ts';

/**
 * A bank as a model in memory, for tests that run thousands of steps or need an answer that a bank gives once in a
 * year. The real wire is tested against the simulator.
 */
export class ModelBank implements NationalProvider {
  readonly name: string = 'bacen-pix';
  readonly flow = 'national';
  protected readonly clock: Clock;
  readonly #branch: string;
  readonly #charges = new Map<string, ProviderCharge>();
  readonly #refunds = new Map<string, ProviderRefund>();
  #nextPix = 1;
  /** How the next refunds end. */
  refundsEndAs: ProviderRefund['status'] = 'settled';
  reachable = true;

  /** @param branch makes the endToEndIds of several model banks differ; digits */
  constructor(clock: Clock, branch = '') {
    this.clock = clock;
    this.#branch = branch;
  }

  async createCharge(order: ChargeOrder): Promise<CreateChargeOutcome> {
    if (!this.reachable) return AWAY;
    const createdAtMs = this.clock.nowMs();
    const charge = this.#charges.get(order.txid) ?? {
      txid: order.txid,
      providerChargeId: null,
      currency: 'BRL',
      refunds: [],
      disputes: [],
      pixKey: order.pixKey,
      amountCents: order.amountCents,
      status: 'PENDING' as const,
      closedBy: null,
      providerStatus: 'ATIVA',
      createdAtMs,
      expiresAtMs: createdAtMs + order.expiresSeconds * 1000,
      brCode: `code-of-${order.txid}`,
      receipts: [],
    };
    this.#charges.set(order.txid, charge);
    return { kind: 'created' as const, charge };
  }

  async fetchCharge({ txid }: Pick<ChargeRef, 'txid'>) {
    if (!this.reachable) return AWAY;
    const charge = this.#charges.get(txid);
    return charge === undefined ? NOT_FOUND : { kind: 'found' as const, charge };
  }

  async cancelCharge({ txid }: Pick<ChargeRef, 'txid'>) {
    if (!this.reachable) return AWAY;
    const charge = this.#charges.get(txid);
    if (charge === undefined) return NOT_FOUND;
    if (charge.status !== 'PENDING') return { kind: 'not_open' as const };
    return { kind: 'canceled' as const, charge: this.#close(charge, 'us') };
  }

  async requestRefund(order: { refundId: string; amountCents: number }) {
    if (!this.reachable) return AWAY;
    const refund = this.#refunds.get(order.refundId) ?? {
      refundId: order.refundId,
      amountCents: order.amountCents,
      status: this.refundsEndAs,
      providerStatus: this.refundsEndAs,
      reason: null,
    };
    this.#refunds.set(order.refundId, refund);
    return { kind: 'found' as const, refund };
  }

  async fetchRefund({ refundId }: { refundId: string }) {
    if (!this.reachable) return AWAY;
    const refund = this.#refunds.get(refundId);
    return refund === undefined ? NOT_FOUND : { kind: 'found' as const, refund };
  }

  async registerWebhook() {
    return { kind: 'registered' as const };
  }

  /** A callback is the txid and nothing else. */
  readonly webhooks: WebhookIntake = {
    addressPath: '',
    authenticate: ({ body }) => ({ kind: 'authentic', dedupeKey: Buffer.from(body).toString('hex') }),
    read: ({ body }) => ({
      kind: 'event',
      type: 'pix',
      charges: [{ txid: Buffer.from(body).toString('utf8'), providerChargeId: null }],
      recurrences: [],
    }),
  };

  /** A payer sends money: also to a charge that is closed, as real banks let through now and then. */
  pay(txid: string, amountCents: number): ProviderReceipt {
    const charge = this.#get(txid);
    const endToEndId = `E${this.#branch}${String(this.#nextPix).padStart(31 - this.#branch.length, '0')}`;
    const receipt = {
      receiptId: endToEndId,
      endToEndId,
      feeCents: null,
      txid,
      pixKey: charge.pixKey,
      amountCents,
      paidAtMs: this.clock.nowMs(),
    };
    this.#nextPix += 1;
    const open = charge.status === 'PENDING';
    this.#charges.set(txid, {
      ...charge,
      ...(open ? { status: 'SUCCEEDED', providerStatus: 'CONCLUIDA' } : {}),
      receipts: [...charge.receipts, receipt],
    });
    return receipt;
  }

  /** The bank itself withdraws the charge. */
  withdraw(txid: string): void {
    const charge = this.#get(txid);
    if (charge.status === 'PENDING') this.#close(charge, 'provider');
  }

  /** All refunds of the bank come to this end. */
  settleRefunds(status: ProviderRefund['status']): void {
    for (const [id, refund] of this.#refunds) this.#refunds.set(id, { ...refund, status });
  }

  chargeOf(txid: string): ProviderCharge {
    return this.#get(txid);
  }

  #close(charge: ProviderCharge, closedBy: 'us' | 'provider'): ProviderCharge {
    const providerStatus = closedBy === 'us' ? 'REMOVIDA_PELO_USUARIO_RECEBEDOR' : 'REMOVIDA_PELO_PSP';
    const closed = { ...charge, status: 'CANCELED', closedBy, providerStatus } as const;
    this.#charges.set(charge.txid, closed);
    return closed;
  }

  #get(txid: string): ProviderCharge {
    const charge = this.#charges.get(txid);
    if (charge === undefined) throw new Error(`the model bank has no charge ${txid}`);
    return charge;
  }
}

const AWAY = { kind: 'unavailable', detail: 'the model bank is away' } as const;
const NOT_FOUND = { kind: 'not_found' } as const;
