import type { CanonicalStatus } from '../../../domain/payment-status.ts';
import type { Disposition } from '../../payments/judge-receipts.ts';
import type { ProviderCharge, ProviderDispute, ProviderRefund } from '../../providers/provider.ts';

type ToldStatus = NonNullable<ProviderCharge['status']>;

/** A status that the answer tells without new money; SUCCEEDED without money ends nothing and is told by none. */
type StatusEvent = `charge ${Exclude<ToldStatus, 'SUCCEEDED'>}`;
type RefundEvent = `refund ${Exclude<ProviderRefund['status'], 'settled'>}`;
type DisputeEvent = `dispute ${ProviderDispute['status']}`;

/** What an answer of a provider's can tell that changes something here. */
export type AnswerEvent =
  | StatusEvent
  | 'charge unknown word'
  /** Still open there, and its time is over. */
  | 'charge overdue'
  | 'exact money'
  /** After the charge's end, to a merchant that sends such money back. */
  | 'unwanted late money'
  | 'money of another amount'
  | 'money in another currency'
  | RefundEvent
  | 'refund of a part'
  | 'refund of all'
  | DisputeEvent;

/** How a refund that we asked for ends. */
export type OwnRefundEvent = 'our refund of a part' | 'our refund of all' | 'our refund refused';

/** A new word of a provider's answer in the types above has no place here, and does not compile. */
const ANSWER_EVENT_NAMES = {
  'charge PENDING': true,
  'charge PROCESSING': true,
  'charge AUTHORIZED': true,
  'charge FAILED': true,
  'charge EXPIRED': true,
  'charge CANCELED': true,
  'charge unknown word': true,
  'charge overdue': true,
  'exact money': true,
  'unwanted late money': true,
  'money of another amount': true,
  'money in another currency': true,
  'refund processing': true,
  'refund refused': true,
  'refund of a part': true,
  'refund of all': true,
  'dispute open': true,
  'dispute won': true,
  'dispute lost': true,
} as const satisfies Record<AnswerEvent, true>;
export const ANSWER_EVENTS = Object.keys(ANSWER_EVENT_NAMES) as AnswerEvent[];

const OWN_REFUND_EVENT_NAMES = {
  'our refund of a part': true,
  'our refund of all': true,
  'our refund refused': true,
} as const satisfies Record<OwnRefundEvent, true>;
export const OWN_REFUND_EVENTS = Object.keys(OWN_REFUND_EVENT_NAMES) as OwnRefundEvent[];

/** By which event, in which state, a receipt comes to be what it is: none is without a case. */
export const DISPOSITION_CASES = {
  settles: ['PENDING', 'exact money'],
  surplus: ['SUCCEEDED', 'exact money'],
  wrong_amount: ['PENDING', 'money of another amount'],
  late: ['PENDING', 'unwanted late money'],
  wrong_currency: ['PENDING', 'money in another currency'],
} as const satisfies Record<Disposition, readonly [CanonicalStatus, AnswerEvent]>;
