import type { Command } from 'commander';
import {
  CustomerExport,
  CustomerList,
  CustomerSearch,
  CustomerView,
  ErasureRequest,
  ErasureView,
  PersonAccessList,
} from '../../domain/protocol/customers.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';
import { callServer, numberOf, pathPart, timeText } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';

interface ListOptions extends AccessOptions {
  readonly limit?: string;
}

interface FindOptions extends AccessOptions {
  readonly email?: string;
  readonly document?: string;
}

interface AccessesOptions extends AccessOptions {
  readonly customer?: string;
  readonly limit?: string;
}

interface EraseOptions extends AccessOptions {
  readonly reason: string;
  readonly by?: string;
}

/** `customers list`, `show`, `find`, `export`, `accesses` and `erase`: what is held of people, and that it is held no more. */
export function addCustomersCommands(program: Command, terminal: Terminal): void {
  const customers = program.command('customers').description('a merchant’s customers, and their privacy');
  reportOutcome<ListOptions>(
    withAccess(customers.command('list'))
      .description('list them, those seen last first; e-mail and document masked')
      .option('--limit <n>', 'how many; 50 without it'),
    terminal,
    (_args, options) => list(options),
  );
  reportOutcome<AccessOptions>(
    withAccess(customers.command('show')).description('one of them').argument('<customerId>'),
    terminal,
    ([customerId], options) =>
      callServer(options, {
        path: `/v1/customers/${pathPart(customerId)}`,
        answer: CustomerView,
        text: viewText,
      }),
  );
  reportOutcome<FindOptions>(
    withAccess(customers.command('find'))
      .description('whoever has this e-mail or this document')
      .option('--email <address>')
      .option('--document <cpf or cnpj>', 'with or without punctuation'),
    terminal,
    (_args, { email, document, ...access }) =>
      callServer(access, {
        path: '/v1/customers/find',
        body: { schema: CustomerSearch, value: definedOf({ email, document }) },
        answer: CustomerView,
        text: viewText,
      }),
  );
  reportOutcome<AccessOptions>(
    withAccess(customers.command('export'))
      .description('all that is held of one person, as JSON, for that person')
      .argument('<customerId>'),
    terminal,
    ([customerId], options) =>
      callServer(options, {
        path: `/v1/customers/${pathPart(customerId)}/export`,
        answer: CustomerExport,
        text: (all) => JSON.stringify(all, null, 2),
      }),
  );
  reportOutcome<AccessesOptions>(
    withAccess(customers.command('accesses'))
      .description('who was shown people’s data, or took a copy of it, newest first')
      .option('--customer <id>', 'of one person')
      .option('--limit <n>', 'how many; 50 without it'),
    terminal,
    (_args, { customer, limit, ...access }) => {
      const given = definedOf({ customerId: customer, limit });
      return callServer(access, {
        path: `/v1/customers/accesses?${new URLSearchParams(given as Record<string, string>)}`,
        answer: PersonAccessList,
        text: ({ accesses, total }) => {
          if (accesses.length === 0) return 'nobody was shown anything';
          const more = total > accesses.length ? [`and ${total - accesses.length} more`] : [];
          const lines = accesses.map(
            ({ at, action, role, tokenMark, customerId }) =>
              `${timeText(at)}  ${action.padEnd(8)}  ${customerId}  ${role} ${tokenMark}`,
          );
          return [...lines, ...more].join('\n');
        },
      });
    },
  );
  reportOutcome<EraseOptions>(
    withAccess(customers.command('erase'))
      .description('erase what is personal of one, for good; payments, ledger and tickets stay')
      .argument('<customerId>')
      .requiredOption('--reason <text>', 'why; kept for good, so without the customer’s name')
      .option('--by <name>', 'who asks for it'),
    terminal,
    ([customerId], { reason, by, ...access }) =>
      callServer(access, {
        path: `/v1/customers/${pathPart(customerId)}/erase`,
        body: { schema: ErasureRequest, value: definedOf({ reason, by }) },
        answer: ErasureView,
        text: (erasure) =>
          `${erasure.customerId} is erased: asked for by ${erasure.requestedBy} at ${timeText(erasure.requestedAt)}, ` +
          `done at ${timeText(erasure.finishedAt)}`,
      }),
  );
}

function list({ limit, ...access }: ListOptions): Promise<Outcome> {
  const wanted = numberOf(limit);
  return callServer(access, {
    path: `/v1/customers${wanted === undefined ? '' : `?limit=${wanted}`}`,
    answer: CustomerList,
    text: ({ customers, total }) => {
      if (customers.length === 0) return 'no customers';
      const more = total > customers.length ? [`and ${total - customers.length} more`] : [];
      return [...customers.map(lineOf), ...more].join('\n');
    },
  });
}

function lineOf(customer: CustomerList['customers'][number]): string {
  const { customerId, status, name, document, email, lastSeenAt } = customer;
  const who =
    status === 'erased' ? '(erased)' : [name, document, email].map((word) => word ?? '-').join('  ');
  return `${customerId}  ${timeText(lastSeenAt)}  ${who}`;
}

function viewText(customer: CustomerView): string {
  const { customerId, status, erasedAt, name, document, email, emails, phone, createdAt, lastSeenAt } =
    customer;
  const others = emails.filter((each) => each !== email);
  const facts = [
    ['customer', customerId],
    ['status', status === 'erased' ? `erased at ${timeText(erasedAt)}` : status],
    ['name', name],
    ['document', document],
    ['e-mail', email === null ? null : [email, ...others].join(', ')],
    ['phone', phone],
    ['first seen', timeText(createdAt)],
    ['last seen', timeText(lastSeenAt)],
  ] as const;
  return facts.map(([label, value]) => `${label.padEnd(12)}${value ?? '-'}`).join('\n');
}

/** Without what was not said. */
function definedOf(
  options: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
