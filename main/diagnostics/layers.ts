import type { CancelTimer, Clock } from '../../domain/clock.ts';
import type {
  Layer,
  LayerState,
  Layers,
  PrinterState,
  PrinterStatus,
} from '../../domain/protocol/machine-state.ts';
import type { LinkMonitor } from '../sync/server-link.ts';

/** A cable that is pulled out is told within this; to look costs nothing but a system call. */
const NETWORK_POLL_MS = 2_000;
/** What the system says when this machine itself has no way out. The server client puts the system's word first. */
const OWN_LINE_DOWN = /\b(ENETUNREACH|EHOSTUNREACH|ENETDOWN|EAI_AGAIN)\b/;

const PRINTER_STATUS: Readonly<Record<PrinterStatus, LayerState['status']>> = {
  ready: 'ok',
  paper_low: 'ok',
  paper_out: 'down',
  cover_open: 'down',
  offline: 'down',
  error: 'down',
  unknown: 'unknown',
};

/** This machine's own line, as its system tells it. */
export interface NetworkPort {
  /** Whether any interface but the loopback is up. */
  isUp(): boolean;
}

export interface LayerWatchOptions {
  readonly printer: () => PrinterState;
  readonly link: LinkMonitor;
  readonly network: NetworkPort;
  /** The sync server's base address: one on this very machine needs no line. */
  readonly serverUrl: string;
  readonly clock: Clock;
  /** The line went, or came back: whoever waits for the server need not wait on. */
  readonly onNetworkChange: () => void;
}

export interface LayerWatch {
  read(): Layers;
  start(): void;
  stop(): void;
}

type Judgement = Pick<LayerState, 'status' | 'detail'>;

/**
 * Judges printer, network, server and provider, each for itself, so that a screen can name what is missing. A layer
 * that is down hides those behind it: they are unknown then.
 */
export function createLayerWatch(options: LayerWatchOptions): LayerWatch {
  const { clock, link, network, onNetworkChange } = options;
  const serverIsHere = isLoopback(options.serverUrl);
  const fresh = (): LayerState => ({ status: 'unknown', since: clock.nowMs(), detail: null });
  let layers: Layers = { printer: fresh(), network: fresh(), server: fresh(), provider: fresh() };
  let lineUp = true;
  let cancelPoll: CancelTimer = () => {};

  function judge(): Record<Layer, Judgement> {
    const line = judgeNetwork();
    const server = line.status === 'down' ? HIDDEN : judgeServer();
    return {
      printer: judgePrinter(options.printer()),
      network: line,
      server,
      provider: server.status === 'ok' ? judgeProvider(link) : HIDDEN,
    };
  }

  function judgeNetwork(): Judgement {
    if (serverIsHere) return { status: 'ok', detail: 'the server is on this machine' };
    // What is heard from the server came over some line, whatever the list of interfaces says.
    if (link.state === 'online') return { status: 'ok', detail: null };
    if (!lineUp) return { status: 'down', detail: 'no network interface is up' };
    const problem = link.lastError;
    if (problem !== null && OWN_LINE_DOWN.test(problem)) return { status: 'down', detail: problem };
    return { status: 'ok', detail: null };
  }

  function judgeServer(): Judgement {
    if (link.state === 'online') return { status: 'ok', detail: null };
    if (link.state === 'offline') return { status: 'down', detail: link.lastError };
    // One break is not yet an outage: until the next try has failed, what was last known is said.
    return { status: layers.server.status, detail: link.lastError };
  }

  function read(): Layers {
    const judged = judge();
    const states = {
      printer: at(layers.printer, judged.printer),
      network: at(layers.network, judged.network),
      server: at(layers.server, judged.server),
      provider: at(layers.provider, judged.provider),
    };
    layers = states;
    return states;
  }

  function at(before: LayerState, now: Judgement): LayerState {
    return { ...now, since: before.status === now.status ? before.since : clock.nowMs() };
  }

  function poll(): void {
    const isUp = network.isUp();
    const flipped = isUp !== lineUp;
    lineUp = isUp;
    read();
    if (flipped && !serverIsHere) onNetworkChange();
    cancelPoll = clock.schedule(NETWORK_POLL_MS, poll);
  }

  return {
    read,
    start: poll,
    stop: () => cancelPoll(),
  };
}

/** Whether a PIX can be taken, as far as the layers tell. What is unknown is worth a try. */
export function canTakePix({ network, server, provider }: Layers): boolean {
  return network.status !== 'down' && server.status !== 'down' && provider.status !== 'down';
}

/** Whether a card checkout can be asked for: the bank of the PIX has no part in it. */
export function canTakeCard({ network, server }: Layers): boolean {
  return network.status !== 'down' && server.status !== 'down';
}

const HIDDEN: Judgement = { status: 'unknown', detail: null };

function judgePrinter({ kind, status, detail }: PrinterState): Judgement {
  if (kind === 'mock') return { status: 'ok', detail: 'no printer is configured' };
  return { status: PRINTER_STATUS[status], detail: detail === null ? status : `${status}: ${detail}` };
}

function judgeProvider({ provider }: LinkMonitor): Judgement {
  if (provider === null) return HIDDEN;
  return { status: provider, detail: provider === 'down' ? 'the server does not reach it' : null };
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
