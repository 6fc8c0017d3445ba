import { z } from 'zod';
import { AuditReport } from '../../domain/protocol/audit.ts';
import { ManagedCatalog, type ServiceChange } from '../../domain/protocol/catalog-changes.ts';
import {
  CustomerExport,
  CustomerView,
  ErasureView,
  PersonAccessList,
} from '../../domain/protocol/customers.ts';
import { FulfilmentDetail } from '../../domain/protocol/fulfilment.ts';
import { EnrolmentResponse, KioskView } from '../../domain/protocol/identity.ts';
import { ErrorBody } from '../../domain/protocol/primitives.ts';
import {
  RecurrenceList,
  type RecurringRefundRequest,
  type ReturnClosed,
  SubscriptionList,
  type SubscriptionStatus,
} from '../../domain/protocol/recurring.ts';
import type { RefundReturned } from '../../domain/protocol/refunds.ts';
import { SettlementDifferences, SettlementReport } from '../../domain/protocol/settlement.ts';

const ClosedRefund = z.object({ refundId: z.string() });
const ClosedReturn = z.object({ returnId: z.string() });
const Retried = z.object({ refundIds: z.array(z.string()) });

/** Of what the money is that goes back: a sale's, or a subscription's. */
export type RefundKind = 'sale' | 'recurring';
const REFUNDS = { sale: '/v1/refunds', recurring: '/v1/recurring/refunds' } as const satisfies Record<
  RefundKind,
  string
>;

/** Longer than the server waits for its database. */
const TIMEOUT_MS = 20_000;
/** The audit reads a ledger of years whole. */
const AUDIT_TIMEOUT_MS = 15 * 60_000;

const AdminRefusal = z.enum([
  'unit_unknown',
  'kiosk_unknown',
  'service_unknown',
  'prefix_taken',
  'name_taken',
  'not_payable',
  'unknown_refund',
  'not_failed',
  'under_way',
  'unknown_receipt',
  'unknown_provider',
  'unknown_return',
  'not_refundable',
  'too_much',
  'too_late',
  'disputed',
  'request_conflict',
  'unknown_customer',
  'reason_is_personal',
  'too_many_attempts',
  'unknown_fulfilment',
  'nothing_failed',
  'server_unreachable',
]);
export type AdminRefusal = z.infer<typeof AdminRefusal> | 'internal_error';

export type AdminAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: AdminRefusal };

/** What a manager may do on the page. */
export interface AdminCommands {
  makeCode(unitId: string, kioskId: string): Promise<AdminAnswer<EnrolmentResponse>>;
  revoke(kioskId: string): Promise<AdminAnswer<KioskView>>;
  readCatalog(unitId: string): Promise<AdminAnswer<ManagedCatalog>>;
  changeService(serviceId: string, change: ServiceChange): Promise<AdminAnswer<ManagedCatalog>>;
  /** Somebody sent the money of a failed refund back by hand, or nobody is owed anything. */
  closeReturned(
    kind: RefundKind,
    returned: RefundReturned,
  ): Promise<AdminAnswer<{ readonly refundId: string }>>;
  /** Asks for a refund again that was given up; `not_failed` where it goes on, or its money is back already. */
  retryRefund(kind: RefundKind, refundId: string): Promise<AdminAnswer<{ readonly refundIds: string[] }>>;
  /** A refund of the provider's that did not arrive was looked at. */
  closeReturn(closed: ReturnClosed): Promise<AdminAnswer<{ readonly returnId: string }>>;
  /** @param status null: all of them */
  readSubscriptions(status: SubscriptionStatus | null): Promise<AdminAnswer<SubscriptionList>>;
  /** @param agreementId null: of those that name no agreement which is known */
  readRecurringPayments(agreementId: string | null): Promise<AdminAnswer<RecurrenceList>>;
  refundRecurring(request: RecurringRefundRequest): Promise<AdminAnswer<{ readonly refundId: string }>>;
  /** @param customerId null: of everybody */
  readAccesses(customerId: string | null): Promise<AdminAnswer<PersonAccessList>>;
  /** @param asked an e-mail, or a document with or without punctuation */
  findCustomer(asked: string): Promise<AdminAnswer<CustomerView>>;
  readCustomer(customerId: string): Promise<AdminAnswer<CustomerView>>;
  exportCustomer(customerId: string): Promise<AdminAnswer<CustomerExport>>;
  eraseCustomer(customerId: string, reason: string, by: string): Promise<AdminAnswer<ErasureView>>;
  /** Civil days, YYYY-MM-DD, both included. */
  readSettlement(from: string, to: string): Promise<AdminAnswer<SettlementReport>>;
  readDifferences(from: string, to: string): Promise<AdminAnswer<SettlementDifferences>>;
  /** Reads the whole ledger: takes seconds where it is long. */
  readAudit(): Promise<AdminAnswer<AuditReport>>;
  /** Has what failed behind a payment tried again. */
  resync(transactionId: string): Promise<AdminAnswer<FulfilmentDetail>>;
  /** The national price, at once. */
  changePrice(serviceId: string, amountCents: number): Promise<AdminAnswer<ManagedCatalog>>;
}

/** @param onRefused the server does not accept the token any more */
export function createAdminCommands(token: string, onRefused: () => void): AdminCommands {
  const ask = async <S extends z.ZodType>(
    answer: S,
    path: string,
    /** Absent: it is only read. */
    body?: unknown,
    timeoutMs = TIMEOUT_MS,
  ): Promise<AdminAnswer<z.infer<S>>> => {
    try {
      const response = await fetch(path, {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (response.status === 401 || response.status === 403) onRefused();
      const json: unknown = await response.json();
      if (!response.ok) return { ok: false, code: refusalOf(json) };
      return { ok: true, value: answer.parse(json) };
    } catch (error) {
      console.warn(`${path} was not answered`, error);
      return { ok: false, code: 'server_unreachable' };
    }
  };
  return {
    makeCode: (unitId, kioskId) => ask(EnrolmentResponse, '/v1/enrolments', { unitId, kioskId }),
    revoke: (kioskId) => ask(KioskView, `/v1/kiosks/${kioskId}/revoke`, {}),
    readCatalog: (unitId) => ask(ManagedCatalog, `/v1/units/${unitId}/services`),
    changeService: (serviceId, change) => ask(ManagedCatalog, `/v1/services/${serviceId}`, change),
    closeReturned: (kind, returned) => ask(ClosedRefund, `${REFUNDS[kind]}/returned`, returned),
    retryRefund: async (kind, refundId) => {
      const answer = await ask(Retried, `${REFUNDS[kind]}/retry`, { refundIds: [refundId] });
      return answer.ok && answer.value.refundIds.length === 0 ? { ok: false, code: 'not_failed' } : answer;
    },
    closeReturn: (closed) => ask(ClosedReturn, '/v1/recurring/returns/close', closed),
    readSubscriptions: (status) =>
      ask(
        SubscriptionList,
        `/v1/recurring/subscriptions?limit=200${status === null ? '' : `&status=${status}`}`,
      ),
    readRecurringPayments: (agreementId) =>
      ask(
        RecurrenceList,
        `/v1/recurring?limit=200&${agreementId === null ? 'loose=true' : `agreementId=${encodeURIComponent(agreementId)}`}`,
      ),
    refundRecurring: (request) => ask(ClosedRefund, '/v1/recurring/refunds', request),
    readAccesses: (customerId) =>
      ask(
        PersonAccessList,
        `/v1/customers/accesses?limit=50${customerId === null ? '' : `&customerId=${customerId}`}`,
      ),
    findCustomer: (asked) =>
      ask(CustomerView, '/v1/customers/find', asked.includes('@') ? { email: asked } : { document: asked }),
    readCustomer: (customerId) => ask(CustomerView, `/v1/customers/${customerId}`),
    exportCustomer: (customerId) => ask(CustomerExport, `/v1/customers/${customerId}/export`),
    eraseCustomer: (customerId, reason, by) =>
      ask(ErasureView, `/v1/customers/${customerId}/erase`, { reason, by }),
    readSettlement: (from, to) => ask(SettlementReport, `/v1/settlement?from=${from}&to=${to}`),
    readDifferences: (from, to) =>
      ask(SettlementDifferences, `/v1/settlement/differences?from=${from}&to=${to}`),
    readAudit: () => ask(AuditReport, '/v1/ledger/audit', undefined, AUDIT_TIMEOUT_MS),
    resync: (transactionId) => ask(FulfilmentDetail, `/v1/fulfilments/${transactionId}/resync`, {}),
    changePrice: (serviceId, amountCents) =>
      ask(ManagedCatalog, `/v1/services/${serviceId}/price`, { amountCents }),
  };
}

function refusalOf(json: unknown): AdminRefusal {
  const code = ErrorBody.safeParse(json).data?.error.code;
  if (code === 'database_unavailable') return 'server_unreachable';
  return AdminRefusal.safeParse(code).data ?? 'internal_error';
}
