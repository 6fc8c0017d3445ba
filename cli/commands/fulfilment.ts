import type { Command } from 'commander';
import { z } from 'zod';
import {
  BackfillAnswer,
  BackfillRequest,
  FulfilmentDetail,
  FulfilmentKick,
  FulfilmentList,
  type FulfilmentView,
  KickedCount,
  type StageView,
} from '../../domain/protocol/fulfilment.ts';
import type { Outcome, Terminal } from '../output.ts';
import { reportOutcome } from '../output.ts';
import { callServer, momentOf, moneyText, pathPart, timeText } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';

interface BackfillOptions extends AccessOptions {
  readonly since?: string;
}

interface ListOptions extends AccessOptions {
  readonly status?: string;
  readonly limit: string;
}

/** `fulfilment list|show|resync|kick|backfill`: what followed each payment. */
export function addFulfilmentCommands(program: Command, terminal: Terminal): void {
  const fulfilment = program
    .command('fulfilment')
    .description('what follows a payment: notice, ticket, paper, receipt');
  reportOutcome<ListOptions>(
    withAccess(fulfilment.command('list'))
      .description('list them, failures first')
      .option('--status <status>', 'failed_permanent, failed, open or completed')
      .option('--limit <n>', 'at most so many', '50'),
    terminal,
    (_args, options) => list(options),
  );
  reportOutcome<AccessOptions>(
    withAccess(fulfilment.command('show'))
      .description('one of them: its stages, and each message that went out')
      .argument('<transactionId>'),
    terminal,
    ([id], options) =>
      callServer(options, {
        path: `/v1/fulfilments/${pathPart(id)}`,
        answer: FulfilmentDetail,
        text: detailText,
      }),
  );
  reportOutcome<AccessOptions>(
    withAccess(fulfilment.command('resync'))
      .description('have what failed tried again at once; what is done stays done')
      .argument('<transactionId>'),
    terminal,
    ([id], options) =>
      callServer(options, {
        path: `/v1/fulfilments/${pathPart(id)}/resync`,
        body: { schema: z.object({}), value: {} },
        answer: FulfilmentDetail,
        text: detailText,
      }),
  );
  reportOutcome<AccessOptions>(
    withAccess(fulfilment.command('kick'))
      .description('have one, or all that are due, worked on now')
      .argument('[transactionId]'),
    terminal,
    ([transactionId], options) =>
      callServer(options, {
        path: '/v1/fulfilments/kick',
        body: { schema: FulfilmentKick, value: { transactionId } },
        answer: KickedCount,
        text: ({ count }) => `${count} are worked on now`,
      }),
  );
  reportOutcome<BackfillOptions>(
    withAccess(fulfilment.command('backfill'))
      .description('make those of payments that older releases took; without --since nobody is written to')
      .option(
        '--since <moment>',
        'write to the customers of payments from then on, as 2026-12-01T08:00-03:00',
      ),
    terminal,
    (_args, options) => backfill(options),
  );
}

/** A page at a time, until none is left. */
async function backfill({ since, ...options }: BackfillOptions): Promise<Outcome> {
  const total = { made: 0, withMessages: 0 };
  for (;;) {
    const page = await callServer(options, {
      path: '/v1/fulfilments/backfill',
      body: { schema: BackfillRequest, value: { since: momentOf(since) ?? null } },
      answer: BackfillAnswer,
      text: () => '',
    });
    if (!page.ok) return page;
    const { made, withMessages, isMore } = BackfillAnswer.parse(page.data);
    total.made += made;
    total.withMessages += withMessages;
    if (isMore) continue;
    const text = `${total.made} made; the customers of ${total.withMessages} are written to where an address is known`;
    return { ok: true, data: total, text };
  }
}

function list({ status, limit, ...options }: ListOptions): Promise<Outcome> {
  const query = new URLSearchParams({ limit, ...(status === undefined ? {} : { status }) });
  return callServer(options, { path: `/v1/fulfilments?${query}`, answer: FulfilmentList, text: listText });
}

function listText({ fulfilments, failedPermanent, retrying, open }: FulfilmentList): string {
  const counts = `${open} not completed: ${failedPermanent} given up, ${retrying} tried again by themselves`;
  return [...fulfilments.map(lineOf), counts].join('\n');
}

function lineOf(one: FulfilmentView): string {
  const amount = moneyText(one.amountCents, one.currency).padStart(14);
  return `${one.transactionId}  ${one.status.padEnd(25)} ${one.ticketLabel.padEnd(8)} ${amount}  ${timeText(one.changedAt)}`;
}

function detailText(one: FulfilmentDetail): string {
  const sends = one.sends.map(
    ({ kind, channel, attempt, addressMasked, startedAt, outcome, detail }) =>
      `  ${timeText(startedAt)}  ${kind.padEnd(17)} ${channel.padEnd(9)} try ${attempt}  ${addressMasked}  ` +
      `${outcome ?? 'not known'}${detail === null ? '' : `: ${detail}`}`,
  );
  return [
    lineOf(one),
    ...one.stages.map(stageText),
    ...(sends.length === 0 ? [] : ['messages:', ...sends]),
  ].join('\n');
}

function stageText({ stage, state, failures, dueAt, detail }: StageView): string {
  const facts = [
    ...(failures === 0 ? [] : [`${failures} failed`]),
    ...(dueAt === null ? [] : [`${state === 'failed' ? 'again' : 'until'} ${timeText(dueAt)}`]),
    ...(detail === null ? [] : [detail]),
  ];
  return `  ${stage.padEnd(16)} ${state.padEnd(17)} ${facts.join('; ')}`.trimEnd();
}
