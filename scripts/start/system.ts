import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from '../../platform/folder-lock.ts';
import { StartupFailure } from '../../platform/service.ts';
import { DEMO_MERCHANT_ID } from '../../sync-server/catalog/demo-shop.ts';
import { rendererDir } from '../project.ts';
import {
  loadSecrets,
  registerStripeWebhook,
  type Secrets,
  writeAccessFile,
  writeProvidersFile,
} from './demo-secrets.ts';
import { enrolmentCodeFor } from './enrolment.ts';
import type { StartOptions } from './options.ts';
import { assignPorts, type Ports } from './ports.ts';
import { type ServiceDefinition, type SupervisedService, superviseService } from './supervisor.ts';

const HOST = '127.0.0.1';
const PIX_CLIENT_ID = 'totem-demo';
const MAIL_FROM = 'Clínica Aurora <nao-responda@clinica-aurora.example>';

/** Where everything of a running shop can be reached. */
export interface SystemAddresses {
  readonly totem: string;
  readonly queue: string;
  readonly panel: string;
  readonly technician: string;
  readonly admin: string;
  readonly syncServer: string;
  readonly provider: string;
  /** The virtual printer's page; what was asked for where another printer is used. */
  readonly printer: string;
  /** Where the demonstration's mails are read; null where the environment names a mail server of one's own. */
  readonly mail: string | null;
  /** The demonstration manager's bearer token. */
  readonly token: string;
  readonly technicianPin: string;
  readonly data: string;
  /** Every totem of the unit, the first included. */
  readonly totems: readonly {
    readonly kioskId: string;
    readonly totem: string;
    readonly queue: string;
    readonly panel: string;
    readonly technician: string;
    readonly printer: string;
  }[];
}

export interface RunningSystem {
  readonly addresses: SystemAddresses;
  /** One of its processes: `provider`, `sync-server`, `totem-1`, `printer-1`, … */
  service(name: string): SupervisedService;
  stop(): Promise<void>;
}

/** What lies between two services: answers the address at which `from` is to reach `to`, which listens at `address`. */
export type Line = (from: string, to: string, address: string) => Promise<string>;

const directLine: Line = (_from, _to, address) => Promise.resolve(address);

/**
 * Starts the whole shop in one data folder: virtual printers, PIX provider simulator, sync server, totems.
 * @param electronBinary opens the first totem in a window; null serves it for a browser, as the others always are
 * @param line tests put a faulty network in here
 * @throws StartupFailure with one line that says what to do; whatever had started has then been stopped
 */
export async function startSystem(
  options: StartOptions,
  say: (line: string) => void,
  electronBinary: string | null,
  line: Line = directLine,
): Promise<RunningSystem> {
  prepareFolder(options.dataDir);
  const lock = lockFolder(options.dataDir);
  if (lock === null)
    throw new StartupFailure(
      `Totem is already running on ${options.dataDir}: stop it first, or choose another folder with --data`,
    );
  const started: SupervisedService[] = [];
  const stop = async (): Promise<void> => {
    // Totems first, so that what they still have to tell finds the server there.
    for (const service of started.toReversed()) await service.stop();
    lock.release();
  };
  try {
    const ports = await assignPorts(options.portBase, options.totems);
    const kioskIds = ports.totems.map((_, index) => `totem-${index + 1}`);
    const secrets = loadSecrets(options.dataDir);
    const supervise = async (definition: ServiceDefinition): Promise<SupervisedService> => {
      const service = await superviseService(definition, options.dataDir, say);
      started.push(service);
      return service;
    };

    const providerStarting = supervise(providerService(options, ports, secrets));
    const printersStarting = ports.totems.map((_, index) =>
      options.printer === 'virtual' ? supervise(printerService(options, ports, index)) : null,
    );
    // Whoever names a mail server of their own has their mails sent by that one.
    const mailStarting = process.env['TOTEM_SMTP_URL'] === undefined ? supervise(mailService(ports)) : null;
    await allTried([providerStarting, mailStarting, ...printersStarting]);
    const provider = await providerStarting;
    const mail = await mailStarting;
    const printers = await Promise.all(printersStarting);
    const serverAddress = `http://${HOST}:${ports.server}`;
    const toServer = (from: string): Promise<string> => line(from, 'sync-server', serverAddress);
    const toBank = (address = ''): Promise<string> => line('sync-server', 'provider', address);
    const publicUrl = await toServer('provider');
    const stripe = provider.addresses['stripe'] ?? '';
    await registerStripeWebhook(stripe, secrets, publicUrl);
    const server = await supervise(
      serverService(options, ports, secrets, {
        publicUrl,
        providersFile: writeProvidersFile(options.dataDir, secrets, {
          apiBaseUrl: await toBank(stripe),
          scriptUrl: `${stripe}/js`,
        }),
        api: await toBank(provider.addresses['api']),
        token: await toBank(provider.addresses['token']),
        bank: provider.addresses['provider'] ?? '',
        smtp: mail?.addresses['smtp'] ?? null,
      }),
    );
    const kiosks = await allTried(
      kioskIds.map(async (kioskId, index) => {
        const escpos = printers[index]?.addresses['escpos'];
        const printer =
          escpos === undefined ? options.printer : await line(kioskId, `printer-${index + 1}`, escpos);
        const program =
          index === 0 && electronBinary !== null ? { electronBinary } : { node: 'main/main.ts' };
        const enrolmentCode = await enrolmentCodeFor(kioskId, options.dataDir, {
          server: server.addresses['syncServer'] ?? '',
          token: secrets.managerToken,
        });
        const syncUrl = await toServer(kioskId);
        return supervise(
          kioskService({ options, ports, secrets, kioskId, syncUrl, enrolmentCode, index, printer, program }),
        );
      }),
    );

    const totems = kiosks.map((kiosk, index) => ({
      kioskId: kioskIds[index] ?? '',
      totem: kiosk.addresses['totem'] ?? '',
      queue: kiosk.addresses['queue'] ?? '',
      panel: kiosk.addresses['panel'] ?? '',
      technician: kiosk.addresses['technician'] ?? '',
      printer: printers[index]?.addresses['printer'] ?? options.printer,
    }));
    const [first] = totems;
    if (first === undefined) throw new Error('a shop has at least one totem');
    return {
      stop,
      service: (name) => {
        const found = started.find((one) => one.name === name);
        if (found === undefined) throw new Error(`there is no service ${name}`);
        return found;
      },
      addresses: {
        totem: first.totem,
        queue: first.queue,
        panel: first.panel,
        technician: first.technician,
        admin: server.addresses['admin'] ?? '',
        syncServer: server.addresses['syncServer'] ?? '',
        provider: provider.addresses['provider'] ?? '',
        printer: first.printer,
        mail: mail?.addresses['mail'] ?? null,
        token: secrets.managerToken,
        technicianPin: secrets.technicianPin,
        data: options.dataDir,
        totems,
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for all, also where one fails: what is still starting then could not be stopped, and would be left behind. */
async function allTried<T>(starting: readonly T[]): Promise<Awaited<T>[]> {
  await Promise.allSettled(starting);
  return Promise.all(starting);
}

function prepareFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new StartupFailure(
      `the data folder ${dataDir} cannot be made (${(error as Error).message}): choose another with --data`,
    );
  }
}

function providerService(options: StartOptions, ports: Ports, secrets: Secrets): ServiceDefinition {
  return {
    name: 'provider',
    program: { node: 'simulators/provider/main.ts' },
    environment: {
      TOTEM_HOST: HOST,
      TOTEM_PROVIDER_PORT: String(ports.provider),
      TOTEM_DATA_DIR: join(options.dataDir, 'provider'),
      TOTEM_PIX_CLIENT_ID: PIX_CLIENT_ID,
      TOTEM_PIX_CLIENT_SECRET: secrets.pixClientSecret,
    },
  };
}

function mailService(ports: Ports): ServiceDefinition {
  return {
    name: 'mail',
    program: { node: 'simulators/mail/main.ts' },
    environment: {
      TOTEM_HOST: HOST,
      TOTEM_MAIL_PORT: String(ports.mail),
      TOTEM_MAIL_PAGE_PORT: String(ports.mailPage),
    },
  };
}

function printerService(options: StartOptions, ports: Ports, index: number): ServiceDefinition {
  return {
    name: `printer-${index + 1}`,
    program: { node: 'simulators/printer/main.ts' },
    environment: {
      TOTEM_HOST: HOST,
      TOTEM_PRINTER_PORT: String(ports.totems[index]?.printer),
      TOTEM_PRINTER_PAGE_PORT: String(ports.totems[index]?.printerPage),
      TOTEM_DATA_DIR: join(options.dataDir, `printer-${index + 1}`),
    },
  };
}

function serverService(
  options: StartOptions,
  ports: Ports,
  secrets: Secrets,
  reached: Readonly<Record<'publicUrl' | 'providersFile' | 'api' | 'token' | 'bank', string>> & {
    readonly smtp: string | null;
  },
): ServiceDefinition {
  return {
    name: 'sync-server',
    program: { node: 'sync-server/main.ts' },
    environment: {
      TOTEM_HOST: HOST,
      TOTEM_SERVER_PORT: String(ports.server),
      TOTEM_POSTGRES_PORT: String(ports.postgres),
      TOTEM_DATA_DIR: join(options.dataDir, 'server'),
      TOTEM_ACCESS_FILE: writeAccessFile(options.dataDir, secrets, DEMO_MERCHANT_ID),
      TOTEM_RENDERER_DIR: rendererDir,
      TOTEM_PUBLIC_URL: reached.publicUrl,
      TOTEM_PROVIDERS_FILE: reached.providersFile,
      TOTEM_PIX_BASE_URL: reached.api,
      TOTEM_PIX_TOKEN_URL: reached.token,
      TOTEM_PIX_CLIENT_ID: PIX_CLIENT_ID,
      TOTEM_PIX_CLIENT_SECRET: secrets.pixClientSecret,
      TOTEM_PIX_SIMULATOR: '1',
      TOTEM_PIX_SIMULATOR_BANK_URL: reached.bank,
      TOTEM_PIX_EXPIRES_SECONDS: String(options.pixExpiresSeconds),
      TOTEM_DEMO: '1',
      ...(reached.smtp === null ? {} : { TOTEM_SMTP_URL: reached.smtp, TOTEM_MAIL_FROM: MAIL_FROM }),
    },
  };
}

function kioskService(about: {
  readonly options: StartOptions;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly kioskId: string;
  readonly syncUrl: string;
  /** Null for a totem that is enrolled already. */
  readonly enrolmentCode: string | null;
  readonly index: number;
  readonly printer: string;
  readonly program: ServiceDefinition['program'];
}): ServiceDefinition {
  const { options, ports, secrets, kioskId, syncUrl, enrolmentCode, index, printer, program } = about;
  return {
    name: kioskId,
    program,
    environment: {
      TOTEM_HOST: HOST,
      TOTEM_KIOSK_PORT: String(ports.totems[index]?.kiosk),
      TOTEM_DATA_DIR: join(options.dataDir, kioskId),
      TOTEM_SYNC_URL: syncUrl,
      ...(enrolmentCode === null ? {} : { TOTEM_ENROLMENT_CODE: enrolmentCode }),
      TOTEM_PRINTER: printer,
      TOTEM_RENDERER_DIR: rendererDir,
      TOTEM_TECHNICIAN_PIN: secrets.technicianPin,
    },
  };
}
