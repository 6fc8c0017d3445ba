import type { RecurrenceStatus } from '../../../domain/protocol/recurring.ts';
import type { ProviderRecurrence, ReadRecurrenceOutcome } from '../recurrence.ts';
import type { RecurrenceHint } from '../webhook-intake.ts';
import type { Agreement, Confirmation, PixAutomatic, RecurringCharge } from './automatic-types.ts';

/** A txid of any other length is of no recurring charge: the bank need not be asked. */
const CHARGE_TXID = /^[a-zA-Z0-9]{26,35}$/;

const AGREEMENT_STATUS = {
  created: 'created',
  approved: 'active',
  rejected: 'rejected',
  expired: 'expired',
  canceled: 'canceled',
} as const satisfies Record<NonNullable<Agreement['status']>, RecurrenceStatus>;

const CONFIRMATION_STATUS = {
  created: 'created',
  sent: 'created',
  received: 'created',
  accepted: 'active',
  rejected: 'rejected',
  expired: 'expired',
  canceled: 'canceled',
} as const satisfies Record<NonNullable<Confirmation['status']>, RecurrenceStatus>;

/** Pix Automático, read back from the bank. */
export async function readRecurrence(
  automatic: PixAutomatic,
  { kind, id }: RecurrenceHint,
): Promise<ReadRecurrenceOutcome> {
  switch (kind) {
    case 'agreement': {
      const outcome = await automatic.fetchAgreement(id);
      return outcome.kind === 'found' ? found(ofAgreement(outcome.agreement)) : asRead(outcome);
    }
    case 'request': {
      const outcome = await automatic.fetchConfirmation(id);
      return outcome.kind === 'found' ? found(ofConfirmation(outcome.confirmation)) : asRead(outcome);
    }
    case 'charge': {
      if (!CHARGE_TXID.test(id)) return { kind: 'not_found' };
      const outcome = await automatic.fetchCharge(id);
      return outcome.kind === 'found' ? found(ofCharge(outcome.charge)) : asRead(outcome);
    }
  }
}

function found(recurrence: ProviderRecurrence): ReadRecurrenceOutcome {
  return { kind: 'found', recurrence };
}

/** Reads are safe to repeat: one without an answer says nothing. */
function asRead<T extends { readonly kind: string; readonly detail?: string }>(
  outcome: T,
): Exclude<T, { kind: 'unknown' }> | { readonly kind: 'unavailable'; readonly detail: string } {
  return outcome.kind === 'unknown'
    ? { kind: 'unavailable', detail: outcome.detail ?? '' }
    : (outcome as Exclude<T, { kind: 'unknown' }>);
}

export function ofAgreement(agreement: Agreement): ProviderRecurrence {
  return {
    kind: 'agreement',
    id: agreement.agreementId,
    agreementId: null,
    reference: agreement.contract,
    status: agreement.status === null ? null : AGREEMENT_STATUS[agreement.status],
    providerStatus: withReason(agreement.providerStatus, agreement.endedFor),
    amountCents: agreement.amount.kind === 'fixed' ? agreement.amount.amountCents : null,
    currency: 'BRL',
    dueOn: null,
    receipts: [],
    ...(agreement.facts === undefined ? {} : { facts: agreement.facts }),
  };
}

function ofConfirmation(confirmation: Confirmation): ProviderRecurrence {
  return {
    kind: 'request',
    id: confirmation.confirmationId,
    agreementId: confirmation.agreementId,
    reference: null,
    status: confirmation.status === null ? null : CONFIRMATION_STATUS[confirmation.status],
    providerStatus: confirmation.providerStatus,
    amountCents: null,
    currency: 'BRL',
    dueOn: null,
    receipts: [],
  };
}

export function ofCharge(charge: RecurringCharge): ProviderRecurrence {
  const rejectedFor = charge.attempts.at(-1)?.rejectedFor ?? null;
  return {
    kind: 'charge',
    id: charge.txid,
    agreementId: charge.agreementId,
    reference: null,
    status: charge.status,
    providerStatus: withReason(charge.providerStatus, rejectedFor),
    amountCents: charge.amountCents,
    currency: 'BRL',
    dueOn: charge.dueDay,
    receipts: charge.receipts,
    refunds: charge.refunds,
    disputes: charge.disputes,
  };
}

function withReason(word: string, code: string | null): string {
  return code === null ? word : `${word} ${code}`;
}
