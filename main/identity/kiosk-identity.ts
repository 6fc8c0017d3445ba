import type { EnrolResponse } from '../../domain/protocol/identity.ts';
import type { Enrolment } from '../../domain/protocol/machine-state.ts';
import type { CommandRefusal } from '../../domain/protocol/screen-commands.ts';

/** Who this totem is at its server. */
export type Enrolled = Omit<EnrolResponse, 'serverTime'>;

export type EnrolRefusal = Extract<
  CommandRefusal,
  | 'invalid_code'
  | 'code_expired'
  | 'too_many_attempts'
  | 'server_unreachable'
  | 'other_totem'
  | 'out_of_service'
  | 'internal_error'
>;

export type EnrolResult = { readonly ok: true } | { readonly ok: false; readonly code: EnrolRefusal };

/** What a request to the server is signed with. */
export interface Credentials {
  status(): Enrolment;
  /** The value of the `Authorization` header; null while there is nothing to sign with, or no use in it. */
  authorization(): Promise<string | null>;
  /** The server answered 401 to `authorization`: the next one is signed anew; after `revoked` there is none. */
  refused(code: string, authorization: string): void;
}

/** The totem's identity. It is made by enrolling, and from then on replaced, never lost: see docs/kiosk.md. */
export interface KioskIdentity extends Credentials {
  /** Null until the first enrolment; of a revoked totem it stays what it was. */
  current(): Enrolled | null;
  /** What is wrong with how the private key rests, in English; null when nothing is. */
  warning(): string | null;
  /**
   * Makes the totem known to the server, by a code that a manager made; again, to give it a new key. `other_totem`:
   * the code is another totem's, and this one still has things to send, or belongs to another unit. `out_of_service`:
   * the identity could not be stored.
   */
  enrol(code: string): Promise<EnrolResult>;
  onChange(listener: () => void): () => void;
}

/** For what only an enrolled totem gets to: it is a bug to ask before. */
export function ownKioskId(identity: Pick<KioskIdentity, 'current'>): string {
  const current = identity.current();
  if (current === null) throw new Error('a totem that is not enrolled has no id');
  return current.kioskId;
}
