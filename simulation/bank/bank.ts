import { encodeDynamicBrCode } from '../../domain/br-code.ts';
import { newEndToEndId } from '../../simulators/provider/pix-ids.ts';
import type { World } from '../world/world.ts';

export interface BankRefund {
  readonly id: string;
  readonly amountCents: number;
  readonly requestedAtMs: number;
  status: 'EM_PROCESSAMENTO' | 'DEVOLVIDO';
}

/** Money that has arrived. */
export interface BankPix {
  readonly endToEndId: string;
  readonly txid: string;
  readonly amountCents: number;
  readonly settledAtMs: number;
  readonly refunds: BankRefund[];
}

export interface BankCharge {
  readonly txid: string;
  readonly key: string;
  readonly amountCents: number;
  readonly expiresSeconds: number;
  readonly createdAtMs: number;
  readonly brCode: string;
  readonly location: string;
  status: 'ATIVA' | 'CONCLUIDA' | 'REMOVIDA_PELO_USUARIO_RECEBEDOR' | 'REMOVIDA_PELO_PSP';
  readonly pix: BankPix[];
}

/** The bank's books, which are the truth about money in a simulated world. They survive everything. */
export class Bank {
  readonly charges = new Map<string, BankCharge>();
  /** In the order of their arrival. */
  readonly pix: BankPix[] = [];
  webhookUrl: string | null = null;
  /** The first that was to be sent back once more, under another id: another bank might have done it. */
  askedTwice: BankPix | null = null;
  /** Called for each Pix that arrives, and each refund that is done: the payee is told. */
  onNews: (pix: BankPix) => void = () => undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  nowMs(): number {
    return Math.floor(this.#world.epochMs + this.#world.agenda.nowMs());
  }

  /** @returns null when the txid is taken */
  open(txid: string, key: string, amountCents: number, expiresSeconds: number): BankCharge | null {
    if (this.charges.has(txid)) return null;
    const location = `pix.simulador.invalid/qr/v2/${txid}`;
    const encoded = encodeDynamicBrCode({
      url: location,
      merchantName: 'Clinica',
      merchantCity: 'Sao Paulo',
    });
    if (!encoded.ok) throw new Error('a BR Code that cannot be encoded');
    const charge: BankCharge = {
      txid,
      key,
      amountCents,
      expiresSeconds,
      createdAtMs: this.nowMs(),
      brCode: encoded.brCode,
      location,
      status: 'ATIVA',
      pix: [],
    };
    this.charges.set(txid, charge);
    return charge;
  }

  isExpired(charge: BankCharge): boolean {
    return this.nowMs() > charge.createdAtMs + charge.expiresSeconds * 1000;
  }

  /** A payer's money arrives, whatever the state of the charge: some banks let it through. */
  receive(charge: BankCharge, amountCents: number): BankPix {
    const pix: BankPix = {
      endToEndId: newEndToEndId(this.nowMs(), (count) => this.#world.random.bytes(count)),
      txid: charge.txid,
      amountCents,
      settledAtMs: this.#world.agenda.nowMs(),
      refunds: [],
    };
    charge.pix.push(pix);
    this.pix.push(pix);
    if (charge.status === 'ATIVA') charge.status = 'CONCLUIDA';
    this.#world.tell('bank', `Pix of ${amountCents} for ${charge.txid.slice(-8)} arrives`);
    this.onNews(pix);
    return pix;
  }

  withdraw(charge: BankCharge, by: 'payee' | 'bank'): boolean {
    if (charge.status !== 'ATIVA') return false;
    charge.status = by === 'payee' ? 'REMOVIDA_PELO_USUARIO_RECEBEDOR' : 'REMOVIDA_PELO_PSP';
    this.#world.tell('bank', `charge ${charge.txid.slice(-8)} is withdrawn by the ${by}`);
    return true;
  }

  /** @returns null when the bank refuses: known already, or more than is left of the Pix */
  refund(pix: BankPix, id: string, amountCents: number): BankRefund | null {
    const isKnown = pix.refunds.some((refund) => refund.id === id);
    const gone = pix.refunds.reduce((sum, refund) => sum + refund.amountCents, 0);
    if (!isKnown && gone > 0) this.askedTwice ??= pix;
    if (isKnown || gone + amountCents > pix.amountCents) return null;
    const refund: BankRefund = { id, amountCents, requestedAtMs: this.nowMs(), status: 'EM_PROCESSAMENTO' };
    pix.refunds.push(refund);
    this.#world.tell('bank', `refund ${id.slice(-6)} of ${amountCents} is taken`);
    this.#world.agenda.after(this.#world.random.int(200, 8_000), 'refund settles', () => {
      refund.status = 'DEVOLVIDO';
      this.onNews(pix);
    });
    return refund;
  }
}
