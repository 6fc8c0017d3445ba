/** What a person can do about it; in the report beside the reason. */
interface Meaning {
  /** Whether nothing is made of the row for it. */
  readonly stops: boolean;
  readonly hint: string;
}

const stop = (hint: string): Meaning => ({ stops: true, hint });
const note = (hint: string): Meaning => ({ stops: false, hint });

const UNPAID_BUT_PAID = stop(
  'its status and its payment disagree: look it up; if the date is another one, "columns": {"paidAt": "-"}',
);
const MAY_NOT_CHANGE = stop(
  'what an earlier row said is in the ledger and stays: correct it by hand if this one is right',
);
const REFUND_AMOUNT = stop('how much went back is not certain: correct it in the source');

/** Everything that may stand against a row, or was left out of it. A row of `unmapped` has at least one that stops it. */
export const REASONS = {
  not_onboarded: stop('name its clinic in "clinics", or onboard the merchant; then --step normalise'),
  no_email_or_document: stop('nobody could be found again by it'),
  surplus_cells: stop(
    'more cells than the header has: a separator inside a cell is not quoted; export again',
  ),
  masked_id: stop('read again from a copy without personal words, where its id was one: read the file again'),
  not_a_sale: stop(
    'a refund, payout or fee in a row of its own; if it is a sale, "types": {"<word>": "sale"}',
  ),
  is_test: stop('a test is no income; if all of it is money, "tests": "adopt"'),
  row_was_deleted: stop(
    'deleted in the old system; if its money counts all the same, "columns": {"deletedAt": "-"}',
  ),
  provider_missing: stop(
    'name its column in "columns": {"provider": "<column>"}, or for rows that name none "providers": {"*": "<name>"}',
  ),
  unknown_provider: stop('"providers": {"<word>": "<pagarme, stripe, … or a name of its own>"}'),
  status_missing: stop('name its column in "columns": {"status": "<column>"}'),
  unknown_status: stop('"statuses": {"<word>": "SUCCEEDED"}, or whatever it means'),
  status_columns_disagree: stop(
    'one column says paid, another does not; name the one that counts in "columns": {"status": "<column>"}',
  ),
  amount_missing: stop('name its column in "columns": {"amount": "<column>"}'),
  amount_unreadable: stop('no amount by the rule of --amounts'),
  amount_undecidable: stop(
    'thousands or decimals: say how with --amounts; a column of cents holds digits alone',
  ),
  amount_negative: stop('money that went back; its sale is adopted without it'),
  cents_with_decimals: stop(
    '150.00 in a column of cents: if they are reais, "columns": {"amount": "<column>"} and --amounts point; if cents, --amounts cents',
  ),
  amounts_disagree: stop(
    'two columns hold different amounts; name the one that counts in "columns": {"amount": "<column>"}',
  ),
  paid_amount_differs: stop(
    'another amount came than was asked for; if the asked one counts, "columns": {"paid": "-", "paidCents": "-"}',
  ),
  currency_unreadable: stop('no currency of ISO 4217'),
  currency_disagrees: stop('the amount is written in another currency than the row names'),
  no_date: stop('no day that it was made or paid; name its column in "columns": {"createdAt": "<column>"}'),
  date_in_future: stop(
    'a day that has not come; perhaps day and month are the other way round (--month-first)',
  ),
  created_but_paid: UNPAID_BUT_PAID,
  pending_but_paid: UNPAID_BUT_PAID,
  processing_but_paid: UNPAID_BUT_PAID,
  authorized_but_paid: UNPAID_BUT_PAID,
  failed_but_paid: UNPAID_BUT_PAID,
  expired_but_paid: UNPAID_BUT_PAID,
  canceled_but_paid: UNPAID_BUT_PAID,
  refunded_but_not_paid: stop('money went back that never came: look it up'),
  refund_date_without_refund: stop(
    'paid, with the day of a refund and no amount of it: look it up; if the day means nothing, "columns": {"refundedAt": "-"}',
  ),
  refund_amount_unknown: stop(
    'a part went back, and nothing says how much: name its column in "columns": {"refunded": "<column>"}',
  ),
  refund_not_read: stop(
    'a column that is not read sounds like money that went back, and says something: name its field in "columns" (refunded, refundedCents, refundedAt, refundStatus), or the column in "ignore"',
  ),
  refund_larger_than_amount: REFUND_AMOUNT,
  refund_words_disagree: stop('an amount went back, and its status says that it did not'),
  refund_amount_unreadable: REFUND_AMOUNT,
  refund_amount_undecidable: REFUND_AMOUNT,
  refund_amount_negative: REFUND_AMOUNT,
  refund_cents_with_decimals: REFUND_AMOUNT,
  payload_says_paid: stop(
    'the provider’s answer says paid, the status does not; if the answer is another’s, "columns": {"rawPayload": "-"}',
  ),
  payload_amount_differs: stop(
    'the provider’s answer has another amount; if it is of the whole order, "columns": {"rawPayload": "-"}',
  ),
  payload_refund_differs: stop('the provider’s answer tells of another refund than the row'),
  merchant_may_not_change: MAY_NOT_CHANGE,
  charge_may_not_change: stop(
    'one id for two charges: the source’s ids are damaged or used twice; export again',
  ),
  amount_may_not_change: MAY_NOT_CHANGE,
  currency_may_not_change: MAY_NOT_CHANGE,
  provider_may_not_change: MAY_NOT_CHANGE,
  status_may_not_change: MAY_NOT_CHANGE,
  refund_may_not_shrink: MAY_NOT_CHANGE,
  charge_adopted_already: stop('the same charge under another id: it counts once'),
  order_adopted_already: stop(
    'the same order and amount under another id, paid: it counts once, unless two charges name themselves',
  ),
  charge_of_another_merchant: stop('the same charge is another merchant’s: find out whose it is'),
  charge_is_of_this_system: stop('sold here: it has its own receipt'),

  unknown_subscription_status: stop('"subscriptionStatuses": {"<word>": "active"}, or whatever it means'),
  subscription_id_missing: stop(
    'a provider runs it, and its id there is missing: "columns": {"providerSubscriptionId": "<column>"}',
  ),
  card_unknown: stop('neither last digits nor the provider’s id: no card could be known again by it'),

  price_unreadable: note('left out'),
  period_unreadable: note('it ends before it begins, and is left out'),
  email_of_many: note('one e-mail with many names: an address that stands in for none makes nobody'),
  refund_not_applied: note('if no other row tells of it, its sale stands without its refund'),
  no_id: note('known again by its charge or its content alone'),
  test_adopted: note('a test, which "tests": "adopt" takes for money'),
  provider_customer_hidden: note(
    'the provider’s name of the customer is an e-mail, a document or a name, and is left out',
  ),
  id_hidden: note('an id that looks like a document or a card’s number is kept as its keyed hash'),
  refunded_at_missing: note('the day that the row was last changed, or paid, stands in'),
  id_rounded: note('a spreadsheet rounded the id (1,23E+15): export again, with ids as text'),
  broken_text: note('bytes that are no letters'),
  other_number_of_columns: note('fewer cells than the header has'),
  email_unreadable: note('left out'),
  document_unreadable: note('left out'),
  date_unreadable: note('left out; another day stands in'),
  created_at_missing: note('the day of payment stands in'),
  paid_at_missing: note('the day that it was made stands in'),
  paid_before_created: note('paid more than a day before it was made'),
  refunded_before_paid: note('went back more than a day before it was paid'),
  provider_words_disagree: note('the newer column counts'),
  unknown_provider_beside_known: note('the known word counts'),
  status_words_disagree: note('the word of higher authority counts'),
  unknown_status_beside_known: note('the known word counts'),
  unknown_method: note('kept as "other"'),
  unknown_type: note('taken as a sale; "types": {"<word>": "sale"} or "no_sale"'),
  parent_not_used: note('it names another transaction, which nothing is made of'),
  installments_unreadable: note('left out'),
  amount_beside_unreadable: note('another column holds an amount that cannot be read'),
  amounts_differ_unpaid: note('two amounts, of which none came'),
  refunded_less_than_amount: note('"refunded" with a smaller amount: a part went back'),
  refund_status_unknown: note('the word of the refund’s status is not known, and nothing is made of it'),
  refund_pending: note('a refund was asked for and is not done; a newer row has to tell'),
  raw_payload_unreadable: note('left out'),
  amount_from_payload: note('the provider’s answer stands in for an empty cell'),
  status_from_payload: note('the provider’s answer stands in for an empty cell'),
  date_from_payload: note('the provider’s answer stands in for an empty cell'),
  refund_from_payload: note('only the provider’s answer tells of the refund'),
  payload_tells_dispute: note('the provider’s answer tells of a dispute, the row does not'),
  charge_known_under_another_id: note('moves on the transaction of the same charge'),
  known_with_other_content: note('an earlier row had the same id'),
  same_row_again: note('word for word'),
} as const satisfies Readonly<Record<string, Meaning>>;

export type Reason = keyof typeof REASONS;

/** @returns undefined for a reason of an older version */
export function meaningOf(reason: string): Meaning | undefined {
  return (REASONS as Readonly<Record<string, Meaning>>)[reason];
}
