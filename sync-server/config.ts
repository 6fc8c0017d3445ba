import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Uuid } from '../domain/protocol/primitives.ts';
import { StartupFailure } from '../platform/service.ts';
import type { NotificationsConfig } from './notifications/open-channels.ts';
import { NotificationVariables, readNotifications } from './notifications/read-config.ts';
import type { WebhookListenerConfig } from './webhooks/mtls-listener.ts';

/** Hex SHA-256 of the token. */
const TokenHash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in 64 hexadecimal digits');

/** The people who may call the API: opaque bearer tokens, kept as SHA-256. A file, so that one can be withdrawn. */
export const AccessEntry = z.discriminatedUnion('role', [
  z.object({ role: z.literal('operator'), tokenSha256: TokenHash, merchantId: Uuid, unitId: Uuid }),
  z.object({ role: z.literal('manager'), tokenSha256: TokenHash, merchantId: Uuid }),
]);
export type AccessEntry = z.infer<typeof AccessEntry>;

/** What the file held before totems were enrolled. */
const KioskEntry = z.object({ role: z.literal('kiosk') });

const Environment = z.object({
  TOTEM_HOST: z.string().default('127.0.0.1'),
  TOTEM_SERVER_PORT: z.coerce.number().int().min(0).max(65535),
  /** The server's own folder: embedded PostgreSQL, keys. */
  TOTEM_DATA_DIR: z.string().min(1),
  /** Any PostgreSQL; without it the embedded one is started in the data folder. */
  DATABASE_URL: z.string().optional(),
  TOTEM_POSTGRES_PORT: z.coerce.number().int().min(0).max(65535).default(0),
  TOTEM_ACCESS_FILE: z.string().min(1),
  /** Where the provider can reach this server; the webhook's address is made from it. */
  TOTEM_PUBLIC_URL: z.url().optional(),
  /** A port of its own for webhooks, where providers can show a client certificate; all four, or none. */
  TOTEM_WEBHOOK_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  TOTEM_WEBHOOK_CERT_FILE: z.string().min(1).optional(),
  TOTEM_WEBHOOK_KEY_FILE: z.string().min(1).optional(),
  TOTEM_WEBHOOK_CLIENT_CA_FILE: z.string().min(1).optional(),
  /** Where providers reach that port. */
  TOTEM_WEBHOOK_PUBLIC_URL: z.url().optional(),
  /** The folder of the built screens; without it the server has an API and no admin page. */
  TOTEM_RENDERER_DIR: z.string().optional(),
  TOTEM_PIX_BASE_URL: z.url(),
  TOTEM_PIX_TOKEN_URL: z.url(),
  TOTEM_PIX_CLIENT_ID: z.string().min(1),
  TOTEM_PIX_CLIENT_SECRET: z.string().min(1),
  /** `1` when the provider is the simulator: opens the integration test and the simulated webhook. */
  TOTEM_PIX_SIMULATOR: z.enum(['0', '1']).default('0'),
  /** The simulator's bank, for `POST /v1/webhooks/simulate` and the integration test. */
  TOTEM_PIX_SIMULATOR_BANK_URL: z.url().optional(),
  TOTEM_PIX_EXPIRES_SECONDS: z.coerce.number().int().min(5).max(86_400).default(300),
  /** Longer than a PIX: the customer opens a page on a phone, types a card, and may have to prove who it is. */
  TOTEM_CARD_EXPIRES_SECONDS: z.coerce.number().int().min(60).max(86_400).default(600),
  /** More payment providers, or others, than the PIX of this environment: JSON, see docs/payments.md. */
  TOTEM_PROVIDERS_FILE: z.string().min(1).optional(),
  /** Days after which a customer without a newer payment is erased. */
  TOTEM_CUSTOMER_DAYS: z.coerce.number().int().min(1).max(36_500).default(730),
  /** Days after which the bodies of webhooks that are done with are deleted. */
  TOTEM_WEBHOOK_DAYS: z.coerce.number().int().min(1).max(36_500).default(90),
  /** `1` puts the demonstration shop into an empty database. */
  TOTEM_DEMO: z.enum(['0', '1']).default('0'),
  ...NotificationVariables.shape,
});

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly postgresPort: number;
  readonly publicUrl: string | undefined;
  /** The webhooks' own port; absent where there is none. */
  readonly webhookListener?: WebhookListenerConfig & { readonly publicUrl: string | undefined };
  readonly rendererDir: string | undefined;
  readonly access: readonly AccessEntry[];
  readonly demo: boolean;
  /** For how many days what is personal is kept. */
  readonly privacy: { readonly customerDays: number; readonly webhookDays: number };
  readonly pix: PixConfig;
  /** How long a card checkout may be paid; the totem is told with each one. */
  readonly card: { readonly expiresSeconds: number };
  readonly providers: ProvidersConfig;
  /** The ways to a customer; absent: none. */
  readonly notifications?: NotificationsConfig;
}

/** A provider's name and what else it wants to know, which its own folder reads. */
export const ProviderSettings = z.looseObject({ provider: z.string().min(1) });
export type ProviderSettings = z.infer<typeof ProviderSettings>;

/** A provider on trial: charges are made again there, in its sandbox, and never shown to anybody. */
export const ShadowSettings = ProviderSettings.extend({
  /** Said by whoever writes the file: with these settings nobody's money can move. */
  sandbox: z.literal(true, 'must be true: only a provider’s sandbox may be tried beside the live ones'),
  /** The key that the sandbox knows; without it the merchant's own. */
  pixKey: z.string().min(1).max(77).optional(),
});
export type ShadowSettings = z.infer<typeof ShadowSettings>;

/** The providers by flow: PIX, and cards of abroad. */
const ProvidersFile = z.strictObject({
  national: z.array(ProviderSettings).default([]),
  international: ProviderSettings.nullable().default(null),
  shadow: z.array(ShadowSettings).optional(),
});
export type ProvidersConfig = z.infer<typeof ProvidersFile>;

export interface PixConfig {
  readonly baseUrl: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly expiresSeconds: number;
  /** Null when the provider is a real bank. */
  readonly simulatorBankUrl: string | null;
}

/** @throws StartupFailure naming the variable that is missing or wrong */
export function readConfig(environment: NodeJS.ProcessEnv): ServerConfig {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new StartupFailure(`configuration: ${problems.join('; ')} (see docs/sync-server.md)`);
  }
  const values = parsed.data;
  return {
    host: values.TOTEM_HOST,
    port: values.TOTEM_SERVER_PORT,
    dataDir: values.TOTEM_DATA_DIR,
    databaseUrl: values.DATABASE_URL,
    postgresPort: values.TOTEM_POSTGRES_PORT,
    publicUrl: values.TOTEM_PUBLIC_URL,
    ...webhookListenerOf(values),
    rendererDir: values.TOTEM_RENDERER_DIR,
    access: readAccessFile(values.TOTEM_ACCESS_FILE),
    demo: values.TOTEM_DEMO === '1',
    privacy: { customerDays: values.TOTEM_CUSTOMER_DAYS, webhookDays: values.TOTEM_WEBHOOK_DAYS },
    pix: {
      baseUrl: values.TOTEM_PIX_BASE_URL,
      tokenUrl: values.TOTEM_PIX_TOKEN_URL,
      clientId: values.TOTEM_PIX_CLIENT_ID,
      clientSecret: values.TOTEM_PIX_CLIENT_SECRET,
      expiresSeconds: values.TOTEM_PIX_EXPIRES_SECONDS,
      simulatorBankUrl:
        values.TOTEM_PIX_SIMULATOR === '1' ? (values.TOTEM_PIX_SIMULATOR_BANK_URL ?? null) : null,
    },
    card: { expiresSeconds: values.TOTEM_CARD_EXPIRES_SECONDS },
    providers: readProviders(values),
    notifications: readNotifications(values),
  };
}

/** The PIX of the environment comes first, unless the file has its own settings for that provider. */
function readProviders(values: z.infer<typeof Environment>): ProvidersConfig {
  const fromEnvironment: ProviderSettings = {
    provider: 'bacen-pix',
    baseUrl: values.TOTEM_PIX_BASE_URL,
    tokenUrl: values.TOTEM_PIX_TOKEN_URL,
    clientId: values.TOTEM_PIX_CLIENT_ID,
    clientSecret: values.TOTEM_PIX_CLIENT_SECRET,
  };
  const file = values.TOTEM_PROVIDERS_FILE;
  if (file === undefined) return { national: [fromEnvironment], international: null };
  const parsed = ProvidersFile.safeParse(readJson(`providers file ${file}`, file));
  if (!parsed.success)
    throw new StartupFailure(
      `providers file ${file}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`,
    );
  const named = parsed.data.national.some(({ provider }) => provider === fromEnvironment.provider);
  return {
    ...parsed.data,
    national: named ? parsed.data.national : [fromEnvironment, ...parsed.data.national],
  };
}

/** @param what names the file in the error */
function readJson(what: string, file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupFailure(`${what} cannot be read: ${(error as Error).message}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StartupFailure(`${what} is not JSON: ${(error as Error).message}`);
  }
}

function webhookListenerOf(values: z.infer<typeof Environment>): Pick<ServerConfig, 'webhookListener'> {
  const {
    TOTEM_WEBHOOK_PORT: port,
    TOTEM_WEBHOOK_CERT_FILE: certificateFile,
    TOTEM_WEBHOOK_KEY_FILE: keyFile,
    TOTEM_WEBHOOK_CLIENT_CA_FILE: clientCaFile,
  } = values;
  const all = [port, certificateFile, keyFile, clientCaFile];
  if (all.every((each) => each === undefined)) return {};
  if (
    port === undefined ||
    certificateFile === undefined ||
    keyFile === undefined ||
    clientCaFile === undefined
  )
    throw new StartupFailure(
      'configuration: a port for webhooks needs TOTEM_WEBHOOK_PORT, TOTEM_WEBHOOK_CERT_FILE, TOTEM_WEBHOOK_KEY_FILE ' +
        'and TOTEM_WEBHOOK_CLIENT_CA_FILE (see docs/sync-server.md)',
    );
  const publicUrl = values.TOTEM_WEBHOOK_PUBLIC_URL;
  return {
    webhookListener: { host: values.TOTEM_HOST, port, certificateFile, keyFile, clientCaFile, publicUrl },
  };
}

function readAccessFile(file: string): AccessEntry[] {
  const entries = readJson(`access file ${file}`, file);
  if (
    z
      .array(z.unknown())
      .safeParse(entries)
      .data?.some((entry) => KioskEntry.safeParse(entry).success)
  )
    throw new StartupFailure(
      `access file ${file}: totems have no tokens here any more; remove the entries of role "kiosk" and enrol each ` +
        'with "npm run totem -- enrol" (see docs/sync-server.md)',
    );
  const parsed = z.array(AccessEntry).safeParse(entries);
  if (!parsed.success)
    throw new StartupFailure(`access file ${file}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  return parsed.data;
}
