import type { Life } from './machine.ts';
import { never } from './machine.ts';
import type { World } from './world.ts';

/** A request as it travels. */
export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  /** The line has doubled it: its answer goes nowhere. */
  readonly isCopy?: true;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is sent piece by piece, for as long as it lasts. */
  readonly body: string | WireStream;
}

export interface WireStream {
  onPiece(listener: (piece: Uint8Array) => void): void;
  /** The server ended it, or is gone. */
  onEnd(listener: () => void): void;
  /** The reader has left. */
  leave(): void;
}

/** Who answers at an address; null when nobody listens there now. */
export type Listener = () => ((request: WireRequest) => Promise<WireAnswer>) | null;

/** The probabilities of a line, each of one message. */
export interface LineFaults {
  readonly dropRequest: number;
  readonly dropAnswer: number;
  readonly duplicate: number;
  /** A message takes up to this long beyond the usual, ms; what is sent later may arrive earlier. */
  readonly slowChance: number;
  readonly slowMs: number;
}

export const GOOD_LINE: LineFaults = {
  dropRequest: 0,
  dropAnswer: 0,
  duplicate: 0,
  slowChance: 0,
  slowMs: 0,
};

/** One direction of asking between two machines, with its own faults. */
export class Line {
  readonly name: string;
  faults: LineFaults;
  /** While it is cut nothing passes in either direction, and nobody is told. */
  cut = false;
  readonly #world: World;
  readonly #listener: Listener;
  readonly #kept: Request[] = [];

  constructor(world: World, name: string, faults: LineFaults, listener: Listener) {
    this.#world = world;
    this.name = name;
    this.faults = faults;
    this.#listener = listener;
  }

  /** What a process on the asking side uses as `fetch`. */
  fetchFor(life: Life): typeof globalThis.fetch {
    return (input, init) => this.#fetch(life, input, init);
  }

  async #fetch(
    life: Life,
    input: Parameters<typeof globalThis.fetch>[0],
    init?: RequestInit,
  ): Promise<Response> {
    if (life.over) return never();
    const request = input instanceof Request ? input : null;
    // A Request that is collected as garbage takes its signal with it, at a moment that no seed decides.
    if (request !== null) this.#kept.push(request);
    const signal = init?.signal ?? request?.signal ?? null;
    const url = new URL(request?.url ?? String(input));
    const headers: Record<string, string> = {};
    new Headers(request?.headers ?? init?.headers).forEach((value, name) => {
      headers[name] = value;
    });
    const wire: WireRequest = {
      method: request?.method ?? init?.method ?? 'GET',
      path: url.pathname + url.search,
      headers,
      body:
        request === null
          ? ((init?.body as string | undefined) ?? '')
          : Buffer.from(await request.arrayBuffer()),
    };
    return this.send(life, wire, signal);
  }

  /** @throws as `fetch` does: TypeError for a line that breaks, the signal's reason for one that is given up */
  send(life: Life, wire: WireRequest, signal: AbortSignal | null): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const world = this.#world;
    world.activity.note();
    const asked = `${wire.method} ${wire.path.split('?')[0]}`;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    signal?.addEventListener('abort', () => {
      if (!life.over) reject(signal.reason);
    });
    const arrive = (answer: WireAnswer): void => {
      if (life.over || signal?.aborted === true) {
        if (typeof answer.body !== 'string') answer.body.leave();
        return;
      }
      const body = typeof answer.body === 'string' ? answer.body : this.#receive(life, answer.body, signal);
      resolve(new Response(body, { status: answer.status, headers: answer.headers }));
    };
    const handle = (copy: boolean): void => {
      if (this.cut) {
        world.tell(this.name, `lost ${asked}`);
        return;
      }
      const listener = this.#listener();
      if (listener === null) {
        const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        if (!life.over && !copy) reject(new TypeError('fetch failed', { cause: refused }));
        return;
      }
      listener(copy ? { ...wire, isCopy: true } : wire).then(
        (answer) => {
          if (copy) {
            if (typeof answer.body !== 'string') answer.body.leave();
            return;
          }
          if (this.#happens(this.faults.dropAnswer))
            return this.#lose(life, `${asked} answer`, answer, reject);
          world.agenda.after(this.#delay(), `${this.name} ${asked} ${answer.status}`, () => {
            if (this.cut) return this.#lose(life, `${asked} answer`, answer, null);
            world.tell(this.name, `${asked} -> ${answer.status}`);
            arrive(answer);
          });
        },
        (error: unknown) => {
          // The server threw the connection away.
          world.tell(this.name, `${asked} broke: ${String(error)}`);
          if (!life.over && !copy) reject(new TypeError('fetch failed', { cause: reset() }));
        },
      );
    };
    if (this.#happens(this.faults.dropRequest)) {
      world.tell(this.name, `drops ${asked}`);
      // Half of the losses are told by a reset, the others by silence.
      if (world.random.chance(0.5))
        world.agenda.after(this.#delay(), `${this.name} reset`, () => {
          if (!life.over) reject(new TypeError('fetch failed', { cause: reset() }));
        });
      return promise;
    }
    world.agenda.after(this.#delay(), `${this.name} ${asked}`, () => handle(false));
    if (this.#happens(this.faults.duplicate)) {
      world.tell(this.name, `doubles ${asked}`);
      world.agenda.after(this.#delay() + world.random.int(0, 3_000), `${this.name} ${asked} again`, () =>
        handle(true),
      );
    }
    return promise;
  }

  #lose(life: Life, what: string, answer: WireAnswer, reject: ((error: Error) => void) | null): void {
    this.#world.tell(this.name, `loses ${what}`);
    if (typeof answer.body !== 'string') answer.body.leave();
    if (reject !== null && this.#world.random.chance(0.5) && !life.over)
      reject(new TypeError('fetch failed', { cause: reset() }));
  }

  /** Pieces arrive in their order; a cut line keeps them back, or breaks the stream without a word. */
  #receive(life: Life, stream: WireStream, signal: AbortSignal | null): ReadableStream<Uint8Array> {
    const world = this.#world;
    let lastAtMs = 0;
    let silent = false;
    let over = false;
    return new ReadableStream<Uint8Array>({
      cancel: () => {
        over = true;
        stream.leave();
      },
      start: (controller) => {
        const inOrder = (what: string, run: () => void): void => {
          const atMs = Math.max(lastAtMs, world.agenda.nowMs() + this.#delay());
          lastAtMs = atMs;
          world.agenda.after(atMs - world.agenda.nowMs(), what, () => {
            if (this.cut) silent = true;
            if (silent || over || life.over) return;
            run();
          });
        };
        const leave = (reason: unknown): void => {
          if (over) return;
          over = true;
          stream.leave();
          if (!life.over) controller.error(reason);
        };
        signal?.addEventListener('abort', () => leave(signal.reason));
        stream.onPiece((piece) =>
          inOrder(`${this.name} piece`, () => {
            world.activity.note();
            if (this.#happens(this.faults.dropAnswer)) {
              world.tell(this.name, 'breaks a stream');
              return leave(new TypeError('terminated', { cause: reset() }));
            }
            controller.enqueue(piece);
          }),
        );
        stream.onEnd(() =>
          inOrder(`${this.name} end`, () => {
            over = true;
            world.activity.note();
            controller.error(new TypeError('terminated', { cause: reset() }));
          }),
        );
      },
    });
  }

  #happens(probability: number): boolean {
    return this.#world.faulty && this.#world.random.chance(probability);
  }

  #delay(): number {
    const { random } = this.#world;
    const usual = random.int(2, 40);
    return this.#happens(this.faults.slowChance) ? usual + random.int(0, this.faults.slowMs) : usual;
  }
}

function reset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}
