import { encodeDynamicBrCode } from '../../domain/br-code.ts';
import { newEndToEndId } from '../../simulators/provider/pix-ids.ts';
import type { World } from '../world/world.ts';

/** How the bank's machines behave; each is the probability for one request. */
export interface BankFaults {
  /** 503, and nothing was done. */
  readonly unavailable: number;
  /** 500 after the deed. */
  readonly failsAfter: number;
  /** Of a charge that was made: 503, which says that nothing was done. */
  readonly deniesDeed: number;
  /** 401 for a token that was good a moment ago. */
  readonly forgetsToken: number;
  /** Of one Pix: a read of its charge leaves it out, for minutes or for good; the list of all money has it. */
  readonly listsOnly: number;
}

export const GOOD_BANK: BankFaults = {
  unavailable: 0,
  failsAfter: 0,
  deniesDeed: 0,
  forgetsToken: 0,
  listsOnly: 0,
};

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
  /** Until then a read of its charge leaves it out, and only the list of all money has it. World time, ms. */
  readonly listedOnlyUntilMs: number;
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
  /** Whoever asked for it was told that it was not made. */
  isDisowned: boolean;
}

/** Of a charge that the bank has disowned: that somebody pays it. */
const FOUND_CHANCE = 0.5;

/** A bank's books, which are the truth about money in a simulated world. They survive everything. */
export class Bank {
  readonly charges = new Map<string, BankCharge>();
  /** In the order of their arrival. */
  readonly pix: BankPix[] = [];
  webhookUrl: string | null = null;
  /** The first that was to be sent back once more, under another id: another bank might have done it. */
  askedTwice: BankPix | null = null;
  /** Called for each Pix that arrives, and each refund that is done: the payee is told. */
  onNews: (pix: BankPix) => void = () => undefined;
  faults: BankFaults = GOOD_BANK;
  readonly name: string;
  readonly #world: World;

  /** @param name in the trace, and in the codes of its charges */
  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
  }

  nowMs(): number {
    return Math.floor(this.#world.epochMs + this.#world.agenda.nowMs());
  }

  /** @returns null when the txid is taken */
  open(txid: string, key: string, amountCents: number, expiresSeconds: number): BankCharge | null {
    if (this.charges.has(txid)) return null;
    const location = `${this.name.replaceAll(' ', '-')}.invalid/qr/v2/${txid}`;
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
      isDisowned: false,
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
      listedOnlyUntilMs: this.#listedOnlyUntilMs(),
      refunds: [],
    };
    charge.pix.push(pix);
    this.pix.push(pix);
    if (charge.status === 'ATIVA') charge.status = 'CONCLUIDA';
    const isListedOnly = pix.listedOnlyUntilMs > pix.settledAtMs ? ', and is in the list only' : '';
    this.#world.tell(this.name, `Pix of ${amountCents} for ${charge.txid.slice(-8)} arrives${isListedOnly}`);
    this.onNews(pix);
    return pix;
  }

  /** A replica that lags by seconds or minutes; or a bank that writes one Pix into a charge, and never a second. */
  #listedOnlyUntilMs(): number {
    const { random, agenda, faulty } = this.#world;
    if (!faulty || !random.chance(this.faults.listsOnly)) return 0;
    return random.chance(0.5) ? Number.POSITIVE_INFINITY : agenda.nowMs() + random.int(10_000, 8 * 60_000);
  }

  /** Its request was refused as one that did nothing. Somebody may find it all the same, in the app of that bank. */
  disown(charge: BankCharge): void {
    if (charge.isDisowned) return;
    charge.isDisowned = true;
    const { random, agenda, tell } = this.#world;
    tell(this.name, `has made ${charge.txid.slice(-8)}, and says that it has not`);
    if (!random.chance(FOUND_CHANCE)) return;
    agenda.after(random.int(5_000, 40_000), 'somebody pays what no screen shows', () => {
      if (charge.status !== 'ATIVA') return;
      tell(this.name, `is paid for ${charge.txid.slice(-8)} by who saw it there`);
      this.receive(charge, charge.amountCents);
    });
  }

  withdraw(charge: BankCharge, by: 'payee' | 'bank'): boolean {
    if (charge.status !== 'ATIVA') return false;
    charge.status = by === 'payee' ? 'REMOVIDA_PELO_USUARIO_RECEBEDOR' : 'REMOVIDA_PELO_PSP';
    this.#world.tell(this.name, `charge ${charge.txid.slice(-8)} is withdrawn by the ${by}`);
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
    this.#world.tell(this.name, `refund ${id.slice(-6)} of ${amountCents} is taken`);
    this.#world.agenda.after(this.#world.random.int(200, 8_000), 'refund settles', () => {
      refund.status = 'DEVOLVIDO';
      this.onNews(pix);
    });
    return refund;
  }
}
