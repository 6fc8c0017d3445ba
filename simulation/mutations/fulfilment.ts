import type { Mutation } from '../mutations.ts';

const FOLLOWED = 'every sale is followed to its end';

/** What follows a payment. */
export const FULFILMENT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'nothing follows a payment',
    foundAt: 1,
    file: 'sync-server/payments/settle.ts',
    find: '  await insertFulfilment(context, transaction, payment, atMs);',
    replace: '  void insertFulfilment;',
    breaks: [FOLLOWED],
  },
  {
    name: 'a message under way is sent by whoever else looks',
    foundAt: 4,
    file: 'sync-server/fulfilment/work-on.ts',
    find: "      after = happen(after, stage, 'begin', { atMs, untilMs: atMs + CLAIM_MS });",
    replace: '',
    breaks: [FOLLOWED],
  },
];
