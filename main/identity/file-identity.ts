import type { Clock, RandomBytes } from '../../domain/clock.ts';
import { EnrolmentCode, type EnrolRequest, type EnrolResponse } from '../../domain/protocol/identity.ts';
import type { Log } from '../../platform/log.ts';
import type { ServerAnswer, ServerFailure } from '../sync/server-client.ts';
import type { ServerTime } from '../sync/server-time.ts';
import { createIdentityFile, type EnrolmentAttempt, type StoredIdentity } from './identity-file.ts';
import { newKeyPair } from './key-pair.ts';
import type { Enrolled, EnrolRefusal, EnrolResult, KioskIdentity } from './kiosk-identity.ts';
import { createTokenSource, type TokenSource } from './token-source.ts';

/** The server counts failed enrolments, of a totem that asks by itself as of a person who guesses. */
const ASK_AGAIN_EVERY_MS = 120_000;

export interface FileIdentityOptions {
  /** `identity.json` in the data folder. */
  readonly file: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly randomBytes: RandomBytes;
  readonly serverTime: ServerTime;
  /** `POST /v1/enrol`, one attempt. */
  readonly ask: (request: EnrolRequest) => Promise<ServerAnswer<EnrolResponse>>;
  /** Whether what the data folder holds lets the totem be this one from now on. */
  readonly mayBecome: (next: Enrolled, before: Enrolled | null) => boolean;
  readonly log: Log;
}

/**
 * The identity that rests in a file.
 * @throws StartupFailure when the file is there and cannot be used
 */
export function createFileIdentity(options: FileIdentityOptions): KioskIdentity {
  const { clock, randomBytes, serverTime, ask, mayBecome, log } = options;
  const file = createIdentityFile(options.file);
  const listeners = new Set<() => void>();
  let stored: StoredIdentity | null = file.read();
  let tokens: TokenSource | null = tokensOf(stored);
  /** The key of an attempt whose answer may be lost: the server answers the same code and key once more. */
  let attempted: EnrolmentAttempt | null = file.readAttempt();
  let underWay: Promise<unknown> = Promise.resolve();
  let askedAgainAtMs = Number.NEGATIVE_INFINITY;

  function tokensOf(identity: StoredIdentity | null): TokenSource | null {
    if (identity === null) return null;
    const serverNowMs = (): number => serverTime.estimateMs() ?? clock.nowMs();
    return createTokenSource(identity.keys, identity.enrolled.kioskId, serverNowMs);
  }

  function become(next: StoredIdentity): void {
    stored = next;
    tokens = tokensOf(next);
    for (const listener of listeners) listener();
  }

  function status() {
    if (stored === null) return 'not_enrolled';
    return stored.revokedAt === null ? 'enrolled' : 'revoked';
  }

  /**
   * One after the other: of two at once the answer to the first could come last, and the totem would be left with a
   * key that the server has already replaced.
   */
  function enrol(typed: string): Promise<EnrolResult> {
    const result = underWay.then(() => enrolNow(typed));
    underWay = result.catch(() => undefined);
    return result;
  }

  async function enrolNow(typed: string): Promise<EnrolResult> {
    const code = EnrolmentCode.safeParse(typed);
    if (!code.success) return refusal('invalid_code');
    if (attempted?.code !== code.data) {
      attempted = { code: code.data, keys: newKeyPair(randomBytes) };
      rememberAttempt(attempted);
    }
    const { keys } = attempted;
    const proof = await keys.sign(null, serverTime.estimateMs() ?? clock.nowMs());
    const answer = await ask({ code: code.data, publicKey: keys.publicKey, proof });
    if (!answer.ok) {
      log.warn({ failure: answer.failure }, 'not enrolled');
      const code = refusalOf(answer.failure);
      // The server has not taken this key, and never will: asking again would only use up a person's tries.
      if (code === 'invalid_code' || code === 'code_expired') forgetAttempt();
      return refusal(code);
    }
    const { serverTime: _heard, ...enrolled } = answer.value;
    if (enrolled.keyId !== keys.keyId) throw new Error('the server enrolled another key than ours');
    if (!mayBecome(enrolled, stored?.enrolled ?? null)) {
      log.warn({ kioskId: enrolled.kioskId }, 'not enrolled: the data folder is another totem’s');
      return refusal('other_totem');
    }
    return keep({ enrolled, keys, revokedAt: null });
  }

  /**
   * Our key is not the server's any more, and there is another that it may have taken in its place, with an answer that
   * never came: the same code and key are answered once more.
   */
  function askAgain(code: string): void {
    const sinceMs = Math.abs(clock.nowMs() - askedAgainAtMs);
    if (sinceMs < ASK_AGAIN_EVERY_MS) return;
    askedAgainAtMs = clock.nowMs();
    enrol(code).catch((error: unknown) => log.error({ err: error }, 'the enrolment could not be finished'));
  }

  /** A totem that dies while it waits for the answer finds its way with the key that it had sent. */
  function rememberAttempt(attempt: EnrolmentAttempt | null): void {
    try {
      file.writeAttempt(attempt);
    } catch (error) {
      // It serves a restart alone; what a full disk means for the identity itself is seen when that is written.
      log.warn({ err: error }, 'the attempt to enrol could not be noted');
    }
  }

  function forgetAttempt(): void {
    attempted = null;
    rememberAttempt(null);
  }

  function keep(next: StoredIdentity): EnrolResult {
    try {
      file.write(next);
    } catch (error) {
      // The attempt's key is kept: once the disk takes it, the same code leads to the same identity.
      log.error({ err: error }, 'the identity could not be stored');
      return refusal('out_of_service');
    }
    forgetAttempt();
    log.info({ kioskId: next.enrolled.kioskId, keyId: next.enrolled.keyId }, 'enrolled');
    become(next);
    return { ok: true };
  }

  function revoked(): void {
    if (stored === null || stored.revokedAt !== null) return;
    log.error({ kioskId: stored.enrolled.kioskId, keyId: stored.enrolled.keyId }, 'this totem was revoked');
    const next = { ...stored, revokedAt: clock.nowMs() };
    try {
      file.write(next);
    } catch (error) {
      // It holds for this process all the same, and the server says it again to the next one.
      log.error({ err: error }, 'the end of the identity could not be stored');
    }
    become(next);
  }

  return {
    current: () => stored?.enrolled ?? null,
    status,
    warning: file.warning,
    enrol,
    authorization: async () => (status() === 'enrolled' && tokens !== null ? tokens.authorization() : null),
    refused(code, authorization) {
      // An answer to the key before this one says nothing of this one.
      if (tokens?.drop(authorization) !== true) return;
      if (code === 'revoked') revoked();
      else if (attempted !== null) askAgain(attempted.code);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const refusal = (code: EnrolRefusal): EnrolResult => ({ ok: false, code });

function refusalOf(failure: ServerFailure): EnrolRefusal {
  if (failure.kind === 'unreachable' || failure.status >= 500) return 'server_unreachable';
  if (failure.status === 429) return 'too_many_attempts';
  return failure.code === 'invalid_code' || failure.code === 'code_expired' ? failure.code : 'internal_error';
}
