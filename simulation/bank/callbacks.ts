import type { Life } from '../world/machine.ts';
import type { Line } from '../world/network.ts';
import type { World } from '../world/world.ts';
import type { Bank, BankPix } from './bank.ts';
import { pixDocument } from './bank-api.ts';

export interface CallbackFaults {
  /** Of one piece of news: the payee never hears of it. */
  readonly vanishes: number;
  readonly doubled: number;
  /** Up to this long after the news, ms; so a later piece may overtake. */
  readonly lateMs: number;
  /** A stranger's callback that names money which never came. */
  readonly lies: number;
}

export const GOOD_CALLBACKS: CallbackFaults = { vanishes: 0, doubled: 0, lateMs: 0, lies: 0 };

const ANSWER_TIMEOUT_MS = 5_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
const MAX_ATTEMPTS = 40;

/** Tells the payee of money, again and again until it says 200, as banks do. */
export class Callbacks {
  faults: CallbackFaults = GOOD_CALLBACKS;
  /** What is still owed to the payee. */
  underWay = 0;
  readonly #world: World;
  readonly #bank: Bank;
  readonly #life: Life;
  readonly #line: Line;

  constructor(world: World, bank: Bank, life: Life, line: Line) {
    this.#world = world;
    this.#bank = bank;
    this.#life = life;
    this.#line = line;
    bank.onNews = (pix) => this.#news(pix);
  }

  #news(pix: BankPix): void {
    const { random, tell } = this.#world;
    if (this.#happens(this.faults.vanishes)) {
      tell(this.#bank.name, `a callback of ${pix.txid.slice(-8)} vanishes`);
      return;
    }
    this.#plan(pix, random.int(20, 300) + (this.#world.faulty ? random.int(0, this.faults.lateMs) : 0));
    if (this.#happens(this.faults.doubled)) this.#plan(pix, random.int(20, 5_000));
  }

  #plan(pix: BankPix, delayMs: number): void {
    this.underWay += 1;
    this.#world.agenda.after(delayMs, 'callback', () => this.#deliver(pix, 1));
  }

  #deliver(pix: BankPix, attempt: number): void {
    const url = this.#bank.webhookUrl;
    const again = (): void => {
      if (attempt >= MAX_ATTEMPTS) {
        this.underWay -= 1;
        return;
      }
      const delayMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1));
      this.#world.agenda.after(delayMs, 'callback again', () => this.#deliver(pix, attempt + 1));
    };
    if (url === null) {
      again();
      return;
    }
    const cut = new AbortController();
    const cancel = this.#world.agenda.after(ANSWER_TIMEOUT_MS, 'callback time-out', () =>
      cut.abort(new Error('late')),
    );
    this.#line
      .send(
        this.#life,
        {
          method: 'POST',
          path: `${new URL(url).pathname}/pix`,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ pix: [pixDocument(pix)] }),
        },
        cut.signal,
      )
      .then(
        (response) => {
          cancel();
          if (response.status === 200) {
            this.#world.tell(this.#bank.name, `callback of ${pix.txid.slice(-8)} is acknowledged`);
            this.onAcknowledged(pix);
            this.underWay -= 1;
          } else again();
        },
        () => {
          cancel();
          again();
        },
      );
  }

  /** For the invariants: what the server has said 200 to. */
  onAcknowledged: (pix: BankPix) => void = () => undefined;

  /** Somebody who knows the address says that a charge is paid. */
  lie(txid: string, amountCents: number): void {
    const url = this.#bank.webhookUrl;
    if (url === null) return;
    this.#world.tell('stranger', `says that ${txid.slice(-8)} is paid`);
    const item = {
      endToEndId: `E${'0'.repeat(31)}`,
      txid,
      valor: (amountCents / 100).toFixed(2),
      chave: 'x',
    };
    this.#line
      .send(
        this.#life,
        {
          method: 'POST',
          path: `${new URL(url).pathname}/pix`,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ pix: [{ ...item, horario: new Date(this.#bank.nowMs()).toISOString() }] }),
        },
        null,
      )
      .catch(() => undefined);
  }

  #happens(probability: number): boolean {
    return this.#world.faulty && this.#world.random.chance(probability);
  }
}
