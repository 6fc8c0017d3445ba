import type { Command } from 'commander';
import { z } from 'zod';
import {
  ManagedCatalog,
  PriceRequest,
  ServiceChange,
  ServiceHistory,
  ServiceRequest,
  type ServiceView,
  UnitChange,
  UnitList,
  UnitRequest,
} from '../../domain/protocol/catalog-changes.ts';
import { reportOutcome, type Terminal } from '../output.ts';
import { callServer, flagOf, momentOf, moneyText, numberOf, pathPart, timeText } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';
import { addMerchantCommand } from './catalog-merchant.ts';

interface UnitOptions extends AccessOptions {
  readonly name?: string;
  readonly city?: string;
  readonly timeZone?: string;
  readonly counter?: readonly string[];
  readonly unitId?: string;
}

interface ServiceOptions extends AccessOptions {
  readonly name?: string;
  readonly description?: string;
  readonly prefix?: string;
  readonly cents?: string;
  readonly payAtCounter?: string;
  readonly pix?: string;
  readonly minutes?: string;
  readonly position?: string;
  readonly serviceId?: string;
}

interface PriceOptions extends AccessOptions {
  readonly cents: string;
  readonly card?: boolean;
  readonly currency?: string;
  readonly from?: string;
}

/** `catalog …`: what the merchant sells, where, and for how much. */
export function addCatalogCommands(program: Command, terminal: Terminal): void {
  const catalog = program.command('catalog').description('what is sold, where, and for how much');
  addUnits(catalog, terminal);
  addServices(catalog, terminal);
  addPrices(catalog, terminal);
  addMerchantCommand(catalog, terminal);
}

function addUnits(catalog: Command, terminal: Terminal): void {
  reportOutcome<AccessOptions>(
    withAccess(catalog.command('units')).description('list the units'),
    terminal,
    (_args, options) => callServer(options, { path: '/v1/units', answer: UnitList, text: unitsText }),
  );
  reportOutcome<UnitOptions>(
    withAccess(catalog.command('unit-add'))
      .description('add a unit')
      .requiredOption('--name <text>', 'as customers know it')
      .requiredOption('--city <text>', 'stands in the PIX code')
      .option('--time-zone <name>', 'IANA name; it decides the business day (America/Sao_Paulo)')
      .option('--counter <name...>', 'where tickets are called to (Guichê 1)')
      .option('--unit-id <uuid>', 'the same id again is the same unit; without it a new one'),
    terminal,
    (_args, { name, city, timeZone, counter, unitId = crypto.randomUUID(), ...options }) =>
      callServer(options, {
        path: '/v1/units',
        body: { schema: UnitRequest, value: { unitId, name, city, timeZone, counters: counter } },
        answer: UnitList,
        text: unitsText,
      }),
  );
  reportOutcome<UnitOptions>(
    withAccess(catalog.command('unit-change'))
      .description('change a unit')
      .argument('<unitId>', 'as the list names it')
      .option('--name <text>', 'as customers know it')
      .option('--city <text>', 'stands in the PIX code')
      .option('--counter <name...>', 'all counters, in the place of those that there are'),
    terminal,
    ([unitId], { name, city, counter, ...options }) =>
      callServer(options, {
        path: `/v1/units/${pathPart(unitId)}`,
        body: { schema: UnitChange, value: { name, city, counters: counter } },
        answer: UnitList,
        text: unitsText,
      }),
  );
}

function addServices(catalog: Command, terminal: Terminal): void {
  reportOutcome<AccessOptions>(
    withAccess(catalog.command('list'))
      .description('list the services of a unit, also those that are not sold any more')
      .argument('<unitId>', 'as "catalog units" names it'),
    terminal,
    ([unitId], options) =>
      callServer(options, {
        path: `/v1/units/${pathPart(unitId)}/services`,
        answer: ManagedCatalog,
        text: catalogText,
      }),
  );
  reportOutcome<ServiceOptions>(
    withServiceOptions(withAccess(catalog.command('service-add')))
      .description('add a service, on sale at once')
      .argument('<unitId>', 'where it is sold')
      .requiredOption('--cents <n>', 'its price in reais’ cents; 0: free')
      .option('--service-id <uuid>', 'the same id again is the same service; without it a new one'),
    terminal,
    ([unitId], { cents, serviceId = crypto.randomUUID(), ...options }) =>
      callServer(options, {
        path: '/v1/services',
        body: {
          schema: ServiceRequest,
          value: { serviceId, unitId, amountCents: numberOf(cents), ...fieldsOf(options) },
        },
        answer: ManagedCatalog,
        text: catalogText,
      }),
  );
  const change = (name: string, description: string, active?: boolean): void => {
    const command = withAccess(catalog.command(name)).description(description);
    reportOutcome<ServiceOptions>(
      (active === undefined ? withServiceOptions(command) : command).argument(
        '<serviceId>',
        'as the list names it',
      ),
      terminal,
      ([serviceId], options) =>
        callServer(options, {
          path: `/v1/services/${pathPart(serviceId)}`,
          body: { schema: ServiceChange, value: { ...fieldsOf(options), active } },
          answer: ManagedCatalog,
          text: catalogText,
        }),
    );
  };
  change('service-change', 'change a service; its price with "service-price"');
  change('service-off', 'take a service off sale; its tickets and payments stay', false);
  change('service-on', 'sell a service again', true);
  reportOutcome<AccessOptions>(
    withAccess(catalog.command('service-history'))
      .description('what was changed of a service, by whom, and from when on')
      .argument('<serviceId>', 'as the list names it'),
    terminal,
    ([serviceId], options) =>
      callServer(options, {
        path: `/v1/services/${pathPart(serviceId)}/history`,
        answer: ServiceHistory,
        text: historyText,
      }),
  );
}

function addPrices(catalog: Command, terminal: Terminal): void {
  reportOutcome<PriceOptions>(
    withAccess(catalog.command('service-price'))
      .description('set a price, at once or from a later moment on')
      .argument('<serviceId>', 'as the list names it')
      .requiredOption(
        '--cents <n>',
        'of the currency’s smallest unit; 0: free, or with --card not sold by card',
      )
      .option('--card', 'the price by card, instead of the national one')
      .option('--currency <code>', 'of the price by card, as USD (BRL)')
      .option('--from <time>', 'as 2026-12-01T08:00-03:00; without it at once'),
    terminal,
    ([serviceId], { cents, card = false, currency, from, ...options }) =>
      callServer(options, {
        path: `/v1/services/${pathPart(serviceId)}/price`,
        body: {
          schema: PriceRequest,
          value: { amountCents: numberOf(cents), international: card, currency, from: momentOf(from) },
        },
        answer: ManagedCatalog,
        text: catalogText,
      }),
  );
  reportOutcome<AccessOptions>(
    withAccess(catalog.command('price-withdraw'))
      .description('drop a planned price')
      .argument('<serviceId>', 'as the list names it')
      .argument('<planId>', 'as the history names it'),
    terminal,
    ([serviceId, planId], options) =>
      callServer(options, {
        path: `/v1/services/${pathPart(serviceId)}/plans/${pathPart(planId)}/withdraw`,
        body: { schema: z.object({}), value: {} },
        answer: ManagedCatalog,
        text: catalogText,
      }),
  );
}

function withServiceOptions(command: Command): Command {
  return command
    .option('--name <text>', 'as customers read it')
    .option('--description <text>', 'a line below the name')
    .option('--prefix <letters>', 'one to three, before the ticket’s number')
    .option('--pix <yes|no>', 'sold by PIX')
    .option('--pay-at-counter <yes|no>', 'the ticket may be paid at the counter')
    .option('--minutes <n>', 'how long it takes, roughly')
    .option('--position <n>', 'order on the screen');
}

function fieldsOf(options: ServiceOptions): Record<string, unknown> {
  const { name, description, prefix, pix, payAtCounter, minutes, position } = options;
  return {
    name,
    description,
    prefix,
    pix: flagOf(pix),
    payAtCounter: flagOf(payAtCounter),
    estimatedMinutes: numberOf(minutes),
    position: numberOf(position),
  };
}

function unitsText({ units }: UnitList): string {
  if (units.length === 0) return 'no units yet';
  return units
    .map(
      ({ unitId, name, city, counters, version }) =>
        `${unitId}  ${name}, ${city}  (${counters.join(', ')}; catalogue ${version})`,
    )
    .join('\n');
}

function catalogText({ unitName, version, services }: ManagedCatalog): string {
  const lines = services.flatMap((service) => [lineOf(service), ...service.planned.map(planLine)]);
  return [`${unitName}, catalogue ${version}`, ...(lines.length === 0 ? ['no services yet'] : lines)].join(
    '\n',
  );
}

function lineOf({
  serviceId,
  name,
  prefix,
  active,
  amountCents,
  currency,
  card,
  pix,
  payAtCounter,
}: ServiceView): string {
  const ways = [
    ...(pix && amountCents > 0 ? ['PIX'] : []),
    ...(card === null ? [] : [`card ${moneyText(card.amountCents, card.currency)}`]),
    ...(payAtCounter ? ['counter'] : []),
  ];
  const price = amountCents === 0 ? 'free' : moneyText(amountCents, currency);
  return `${serviceId}  ${prefix.padEnd(3)} ${name.padEnd(28)} ${price.padStart(12)}  ${ways.join(', ')}${active ? '' : '  OFF SALE'}`;
}

function planLine(plan: ServiceView['planned'][number]): string {
  const price = plan.amountCents === 0 ? 'nothing' : moneyText(plan.amountCents, plan.currency);
  return `  from ${timeText(plan.takesEffectAt)}: ${price}${plan.international ? ' by card' : ''}  (plan ${plan.planId})`;
}

function historyText({ changes, prices, planned }: ServiceHistory): string {
  return [
    ...prices.map(
      (price) =>
        `from ${timeText(price.validFrom)}: ${moneyText(price.amountCents, price.currency)}${price.international ? ' by card' : ''} (${price.by})`,
    ),
    ...planned.map(
      (plan) => `${planLine(plan).trim()} ${plan.status}${plan.detail === null ? '' : `: ${plan.detail}`}`,
    ),
    ...changes.map(
      ({ version, at, by, kind, before, after }) =>
        `${timeText(at)}  catalogue ${version}  ${kind} by ${by}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`,
    ),
  ].join('\n');
}
