import type { BankPix, PrintedPaper, ServerFacts, ServerTicket, Stores, TotemFacts } from './stores.ts';

/** What a screen said at a moment, as a witness outside wrote it down. */
export interface Told {
  readonly sessionId: string;
  /** Epoch ms of the same machine. */
  readonly at: number;
}

/** What only people outside know. */
export interface Testimony {
  /** Sessions whose screen spoke of a ticket. */
  readonly toldPaid: readonly Told[];
  /** Totems whose disk lost what it had stored, and when: what they had told nobody nobody can know. */
  readonly forgot: readonly { readonly kioskId: string; readonly at: number }[];
}

export interface Audit {
  /** Each broken promise in one line; empty when all were kept. */
  readonly violations: readonly string[];
  /** What a totem has yet to bring to its end, in one line each. */
  readonly underWay: readonly string[];
  readonly settledPix: number;
  readonly tickets: number;
  readonly refunds: number;
  readonly papers: number;
}

const NOBODY: Testimony = { toldPaid: [], forgot: [] };

/** Holds the stores of the bank, the server, the totems and the printers against each other, at rest. */
export function auditStores(stores: Stores, testimony: Testimony = NOBODY): Audit {
  const { bank, server, totems, papers } = stores;
  return {
    violations: [
      ...moneyBecomesOneThing(bank.pix, server),
      ...ticketsHaveTheirMoney(bank.pix, server),
      ...server.problems,
      ...oneCounterAtATime(server),
      ...totems.flatMap((totem) => totemAgrees(totem, server.tickets)),
      ...papersAreOfPaidTickets(papers, server.tickets, bank.pix, testimony),
      ...nobodyWasToldTooEarly(testimony.toldPaid, server.sessions, bank.pix),
      ...statusAgrees(stores),
      ...bank.damage,
    ],
    underWay: totems.flatMap(({ kioskId, underWay }) => underWay.map((what) => `${kioskId}: ${what}`)),
    settledPix: bank.pix.length,
    tickets: server.tickets.length,
    refunds: bank.pix.reduce((sum, pix) => sum + pix.refunds.length, 0),
    papers: papers.length,
  };
}

function moneyBecomesOneThing(bank: readonly BankPix[], server: ServerFacts): string[] {
  return bank.flatMap((pix) => {
    const what = `Pix ${pix.endToEndId} of ${pix.txid}`;
    const tickets = server.tickets.filter((ticket) => ticket.txid === pix.txid);
    if (server.settling.has(pix.endToEndId))
      return [
        ...(tickets.length === 1 ? [] : [`${what} settles a payment of ${tickets.length} tickets`]),
        ...(pix.refunds.length === 0 ? [] : [`${what} became a ticket and was refunded`]),
      ];
    const [refund] = pix.refunds;
    if (pix.refunds.length !== 1 || refund === undefined)
      return [`${what} bought nothing and has ${pix.refunds.length} refunds`];
    if (refund.amountCents !== pix.amountCents || refund.settledAt === null)
      return [`${what} of ${pix.amountCents} is refunded with ${refund.amountCents}, at ${refund.settledAt}`];
    return [];
  });
}

function ticketsHaveTheirMoney(bank: readonly BankPix[], { tickets }: ServerFacts): string[] {
  return tickets
    .filter(({ payment, txid }) => payment === 'pix' && !bank.some((pix) => pix.txid === txid))
    .map(({ label }) => `${label} is of a payment that the bank has not settled`);
}

const isAtCounter = (status: string): boolean => status === 'called' || status === 'in_progress';

/** A ticket that is missed, given back, and called by another counter is changed three times. */
const CHANGES_TO_ANOTHER_COUNTER = 3;

/** In the order in which all screens were told. */
function oneCounterAtATime({ told }: ServerFacts): string[] {
  const last = new Map<string, ServerFacts['told'][number]>();
  return told.flatMap((now) => {
    const before = last.get(now.ticketId);
    last.set(now.ticketId, now);
    if (before === undefined || !isAtCounter(before.status) || !isAtCounter(now.status)) return [];
    const wentOver = before.counter !== now.counter;
    return wentOver && now.revision - before.revision < CHANGES_TO_ANOTHER_COUNTER
      ? [`${now.label} went from ${before.counter} to ${now.counter} without being given back`]
      : [];
  });
}

/** Why the server may turn an event down: a race that the totem lost, and its people were told of. */
const EXPLAINED: readonly { readonly kind: string; readonly reason: RegExp }[] = [
  // A ticket that was rescued meanwhile is in the queue already, or further.
  { kind: 'ticket.queued', reason: /^not_allowed/ },
  // Another counter was faster than a totem that was cut off; or the press had reached the server before.
  {
    kind: 'queue.executed_locally',
    reason: /^(ticket_taken|counter_busy|not_allowed|refused_before: .*|called_another_ticket: .*)$/,
  },
];

function totemAgrees(totem: TotemFacts, serverTickets: readonly ServerTicket[]): string[] {
  const { kioskId, screen } = totem;
  const bySession = new Map(serverTickets.map((ticket) => [ticket.sessionId, ticket]));
  const here = new Set(totem.tickets.map((ticket) => ticket.id));
  const labels = (tickets: readonly { readonly label: string }[]): string =>
    tickets
      .map(({ label }) => label)
      .sort()
      .join();
  const shown = labels(screen.waiting);
  const waiting = labels(serverTickets.filter(({ status }) => status === 'in_queue'));
  return [
    ...totem.damage,
    ...totem.events
      .filter(
        ({ kind, outcome, reason }) =>
          outcome !== 'rejected' ||
          !EXPLAINED.some((known) => known.kind === kind && known.reason.test(reason ?? '')),
      )
      .map(
        ({ kind, outcome, reason }) => `${kioskId}: outbox ${kind} is ${outcome ?? 'not sent'} (${reason})`,
      ),
    ...totem.tickets.flatMap(({ id, sessionId, label, status }) => {
      const known = bySession.get(sessionId);
      if (known?.ticketId === id && known.label === label && known.status === status) return [];
      const there = known === undefined ? 'unknown' : `${known.label} ${known.status}`;
      return [`${kioskId}: ${label} (${sessionId}) is ${status}, at the server ${there}`];
    }),
    ...serverTickets
      .filter(({ ticketId }) => !here.has(ticketId))
      .map(({ label }) => `${kioskId}: does not know ${label}`),
    ...(shown === waiting ? [] : [`${kioskId}: its queue shows ${shown}, the server has ${waiting}`]),
    ...screen.rescuable.map(({ label }) => `${kioskId}: paid without a ticket: ${label}`),
  ];
}

function papersAreOfPaidTickets(
  papers: readonly PrintedPaper[],
  tickets: readonly ServerTicket[],
  bank: readonly BankPix[],
  { forgot }: Testimony,
): string[] {
  const firsts = new Map<string, PrintedPaper>();
  const oldestFirst = [...papers].sort((one, other) => one.at - other.at);
  const hasForgotten = ({ kioskId, at }: PrintedPaper, until = Number.POSITIVE_INFINITY): boolean =>
    forgot.some((loss) => loss.kioskId === kioskId && loss.at >= at && loss.at <= until);
  return oldestFirst.flatMap((paper) => {
    const where = `paper ${paper.paperId} of ${paper.kioskId}`;
    // A strip that was torn off after the number and before the code is a paper in somebody's hand all the same.
    const ticket = tickets.find(({ ticketId, label }) =>
      paper.ticketId === null ? label === paper.label : ticketId === paper.ticketId,
    );
    if (ticket === undefined) {
      if ((paper.ticketId === null && paper.label === null) || hasForgotten(paper)) return [];
      return [`${where} (${paper.label}) is of ticket ${paper.ticketId}, which the server does not know`];
    }
    const problems: string[] = [];
    const before = firsts.get(ticket.ticketId);
    if (paper.isFirst) {
      if (before !== undefined && !hasForgotten(before, paper.at))
        problems.push(
          `${ticket.label} has two first papers: ${before.paperId} of ${before.kioskId}, ${where}`,
        );
      firsts.set(ticket.ticketId, paper);
    }
    if (
      ticket.payment === 'pix' &&
      !bank.some((pix) => pix.txid === ticket.txid && pix.settledAt <= paper.at)
    )
      problems.push(`${where} (${ticket.label}) came out at ${paper.at}, before the bank had settled`);
    return problems;
  });
}

function nobodyWasToldTooEarly(
  told: readonly Told[],
  sessions: ReadonlyMap<string, string>,
  bank: readonly BankPix[],
): string[] {
  return told.flatMap(({ sessionId, at }) => {
    const txid = sessions.get(sessionId);
    if (bank.some((pix) => pix.txid === txid && pix.settledAt <= at)) return [];
    return [`session ${sessionId} was told paid at ${at}, before the bank had settled`];
  });
}

function statusAgrees({ status, server }: Stores): string[] {
  const pixTickets = server.tickets.filter(({ payment }) => payment === 'pix').length;
  return [
    ...(status.paid === server.settling.size && status.tickets === pixTickets
      ? []
      : [
          `the status tells ${status.paid} paid and ${status.tickets} tickets, ` +
            `the stores ${server.settling.size} and ${pixTickets}`,
        ]),
    ...status.issues.map(({ kind, sessionId }) => `the status has an issue: ${kind} of ${sessionId}`),
    ...(status.refundsOpen === 0 ? [] : [`the status has ${status.refundsOpen} refunds open`]),
  ];
}
