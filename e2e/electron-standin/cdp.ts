import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** Chrome DevTools Protocol over a pipe: one JSON text and a NUL byte per message. */
export class CdpConnection {
  readonly child: ChildProcess;
  readonly root: CdpSession;
  closed = false;
  onClose = (): void => {};
  readonly #out: Writable;
  readonly #waitingById = new Map<number, Waiting>();
  readonly #sessionById = new Map<string | undefined, CdpSession>();
  #nextId = 1;

  constructor(child: ChildProcess) {
    this.child = child;
    this.root = this.session(undefined);
    this.#out = child.stdio[3] as Writable;
    this.#out.on('error', () => {}); // the browser's end is told by the other pipe
    readMessages(
      child.stdio[4] as Readable,
      (message) => this.#receive(message),
      () => this.#close(),
    );
  }

  session(id: string | undefined): CdpSession {
    const known = this.#sessionById.get(id);
    if (known !== undefined) return known;
    const session = new CdpSession(this, id);
    this.#sessionById.set(id, session);
    return session;
  }

  request(method: string, params: object, sessionId: string | undefined): Promise<unknown> {
    if (this.closed) return Promise.reject(new Error(`${method}: the browser is closed`));
    const id = this.#nextId++;
    this.#out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waitingById.set(id, { method, resolve, reject }));
  }

  #receive(message: CdpMessage): void {
    if (message.id === undefined) {
      this.#sessionById.get(message.sessionId)?.deliver(message.method ?? '', message.params);
      return;
    }
    const waiting = this.#waitingById.get(message.id);
    this.#waitingById.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(new Error(`${waiting.method}: ${message.error.message}`));
  }

  #close(): void {
    this.closed = true;
    for (const { method, reject } of this.#waitingById.values()) {
      reject(new Error(`${method}: the browser is closed`));
    }
    this.#waitingById.clear();
    this.onClose();
  }
}

/** One target's conversation, or, without an id, the browser's own. */
export class CdpSession {
  readonly connection: CdpConnection;
  readonly #id: string | undefined;
  readonly #events = new EventEmitter();

  constructor(connection: CdpConnection, id: string | undefined) {
    this.connection = connection;
    this.#id = id;
  }

  send<Result = unknown>(method: string, params: object = {}): Promise<Result> {
    return this.connection.request(method, params, this.#id) as Promise<Result>;
  }

  on<Params>(method: string, listener: (params: Params) => void): void {
    this.#events.on(method, listener);
  }

  deliver(method: string, params: unknown): void {
    this.#events.emit(method, params);
  }
}

interface Waiting {
  readonly method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface CdpMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

function readMessages(input: Readable, onMessage: (message: CdpMessage) => void, onEnd: () => void): void {
  let parts: Buffer[] = [];
  input.on('data', (data: Buffer) => {
    let chunk = data;
    for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0)) {
      const text = Buffer.concat([...parts, chunk.subarray(0, end)]).toString();
      parts = [];
      chunk = chunk.subarray(end + 1);
      onMessage(JSON.parse(text) as CdpMessage);
    }
    if (chunk.length > 0) parts.push(chunk);
  });
  input.on('close', onEnd);
}

/** Starts Chromium. The pipe is the stand-in's own and takes the browser down with it; the port is Playwright's. */
export async function launchChromium(executable: string, args: readonly string[]): Promise<CdpConnection> {
  const child = spawn(executable, [...args, '--remote-debugging-pipe', '--remote-debugging-port=0'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  process.on('exit', () => child.kill('SIGKILL'));
  const address = await new Promise<string>((resolve, reject) => {
    let tail = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-4_000);
      const listening = /^DevTools listening on (ws:\/\/\S+)/m.exec(tail);
      if (listening?.[1] !== undefined) resolve(listening[1]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Chromium exited (${code}): ${tail}`)));
  });
  process.stderr.write(`DevTools listening on ${address}\n`); // Playwright waits for this line
  return new CdpConnection(child);
}
