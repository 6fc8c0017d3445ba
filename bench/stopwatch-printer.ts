import { createServer, type Socket } from 'node:net';

/** The least that a ready ESC/POS printer does on its socket, with a stopwatch: no paper, no picture. */
export interface StopwatchPrinter {
  /** `tcp://host:port`, as the kiosk is told. */
  readonly address: string;
  /** When the next ticket's first byte is here, on the clock of `performance.now()`. Status questions do not count. */
  nextFirstByteAt(): Promise<number>;
  close(): Promise<void>;
}

/** `DLE EOT n`: a status question, answered at once. */
const QUESTION_LENGTH = 3;
const DLE = 0x10;
const EOT = 0x04;
/** Bits 1 and 4 are always set; no other bit: on-line, cover closed, paper there. */
const READY = Uint8Array.of(0b0001_0010);
/** `GS r 1`: answered when all before it is printed. */
const QUESTION_IN_TURN = Buffer.from([0x1d, 0x72, 0x01]);
const PAPER_IS_THERE = Uint8Array.of(0);

export async function openStopwatchPrinter(): Promise<StopwatchPrinter> {
  let waiting: ((at: number) => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let ticketBegun = false;
    socket.on('data', (chunk) => {
      const at = performance.now();
      const ticket = answerQuestions(socket, chunk);
      if (ticket.length === 0) return;
      if (!ticketBegun) {
        ticketBegun = true;
        for (const resolve of waiting.splice(0)) resolve(at);
      }
      if (ticket.indexOf(QUESTION_IN_TURN) !== -1) {
        socket.write(PAPER_IS_THERE);
        ticketBegun = false;
      }
    });
    socket.on('close', () => sockets.delete(socket));
    // A kiosk that is stopped drops its line; nothing is printed here that could be lost.
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the printer has no port');
  return {
    address: `tcp://127.0.0.1:${address.port}`,
    nextFirstByteAt: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    close: () =>
      new Promise((resolve) => {
        waiting = [];
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** @returns what of the chunk is not a question */
function answerQuestions(socket: Socket, chunk: Buffer): Buffer {
  let rest = chunk;
  while (rest[0] === DLE && rest[1] === EOT && rest.length >= QUESTION_LENGTH) {
    socket.write(READY);
    rest = rest.subarray(QUESTION_LENGTH);
  }
  return rest;
}
