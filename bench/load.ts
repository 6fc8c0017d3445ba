import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadTarget {
  readonly url: string;
  /** A new body for each request. */
  readonly nextBody: () => string;
}

export interface LoadResult {
  readonly latenciesMs: readonly number[];
  /** Answers per second of the whole run. */
  readonly perSecond: number;
}

const REQUEST_TIMEOUT_MS = 10_000;

/**
 * As fast as the target answers: every connection sends its next request when the last one was answered.
 * @throws when any answer is not 200: a figure of failed requests says nothing
 */
export async function saturate(
  target: LoadTarget,
  options: { readonly connections: number; readonly durationMs: number },
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const connection = async (): Promise<void> => {
    while (performance.now() - startedAt < options.durationMs) {
      latenciesMs.push(await post(target, agent));
    }
  };
  try {
    await Promise.all(Array.from({ length: options.connections }, connection));
    return { latenciesMs, perSecond: (latenciesMs.length * 1000) / (performance.now() - startedAt) };
  } finally {
    agent.destroy();
  }
}

/**
 * At a fixed rate, whether or not earlier requests have been answered, as a bank sends: a target that stalls is
 * charged for every request that was due meanwhile.
 */
export async function sendAtRate(
  target: LoadTarget,
  options: { readonly perSecond: number; readonly durationMs: number },
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true });
  const intervalMs = 1000 / options.perSecond;
  const count = Math.round(options.durationMs / intervalMs);
  const startedAt = performance.now();
  const pending: Promise<number>[] = [];
  try {
    for (let sent = 0; sent < count; sent += 1) {
      const waitMs = startedAt + sent * intervalMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const answer = post(target, agent);
      // Awaited below, together; until then a failure must not count as unhandled.
      answer.catch(() => undefined);
      pending.push(answer);
    }
    const latenciesMs = await Promise.all(pending);
    return { latenciesMs, perSecond: (count * 1000) / (performance.now() - startedAt) };
  } finally {
    agent.destroy();
  }
}

/** @returns milliseconds from sending to the whole answer */
function post(target: LoadTarget, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const body = target.nextBody();
    const sentAt = performance.now();
    const outgoing = request(
      target.url,
      {
        method: 'POST',
        agent,
        timeout: REQUEST_TIMEOUT_MS,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (answer) => {
        answer.resume();
        answer.once('error', reject);
        answer.once('end', () => {
          if (answer.statusCode === 200) resolve(performance.now() - sentAt);
          else reject(new Error(`${target.url} answered ${answer.statusCode}`));
        });
      },
    );
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${target.url} did not answer in time`)));
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
