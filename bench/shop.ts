import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { askEnrolmentCode } from '../scripts/manager-api.ts';
import { rendererDir } from '../scripts/project.ts';
import { loadSecrets, writeAccessFile } from '../scripts/start/demo-secrets.ts';
import { DEMO_SHOP } from '../sync-server/catalog/demo-shop.ts';
import { secretPath } from '../sync-server/providers/secret-path.ts';
import { openKioskLine } from './kiosk-line.ts';
import { addressOf, type Workplace } from './workplace.ts';

/** The demonstration shop's server side, as separate processes and as `npm start` runs them. */
export interface Shop {
  readonly syncServer: string;
  /** Where the provider posts its callbacks. */
  readonly webhookUrl: string;
  /** The simulated bank. */
  readonly bank: string;
  readonly databaseUrl: string;
  /** Who the kiosk is that a benchmark plays itself. */
  readonly kioskIdentityFile: string;
  /**
   * Starts the one kiosk, printing to `printer` (`tcp://host:port`), in place of the played one; answers the address of
   * its own HTTP host.
   */
  startKiosk(printer: string): Promise<string>;
}

export const KIOSK_ID = 'totem-1';

const HOST = '127.0.0.1';
const PIX_CLIENT_ID = 'totem-bench';
/** Any free port: each process tells which it took. */
const ANY_PORT = '0';

export async function openShop(workplace: Workplace): Promise<Shop> {
  const { folder } = workplace;
  const secrets = loadSecrets(folder);
  const databaseUrl = await workplace.createDatabase('shop');
  const pix = { TOTEM_PIX_CLIENT_ID: PIX_CLIENT_ID, TOTEM_PIX_CLIENT_SECRET: secrets.pixClientSecret };
  const provider = await workplace.start({
    name: 'provider',
    program: { node: 'simulators/provider/main.ts' },
    environment: {
      TOTEM_HOST: HOST,
      TOTEM_PROVIDER_PORT: ANY_PORT,
      TOTEM_DATA_DIR: dataDir(folder, 'provider'),
      ...pix,
    },
  });
  const bank = addressOf(provider, 'provider');
  const server = await workplace.start({
    name: 'sync-server',
    program: { node: 'sync-server/main.ts' },
    environment: {
      TOTEM_HOST: HOST,
      TOTEM_SERVER_PORT: ANY_PORT,
      TOTEM_DATA_DIR: dataDir(folder, 'server'),
      DATABASE_URL: databaseUrl,
      TOTEM_ACCESS_FILE: writeAccessFile(folder, secrets, DEMO_SHOP.merchantId),
      TOTEM_PIX_BASE_URL: addressOf(provider, 'api'),
      TOTEM_PIX_TOKEN_URL: addressOf(provider, 'token'),
      ...pix,
      TOTEM_PIX_SIMULATOR: '1',
      TOTEM_PIX_SIMULATOR_BANK_URL: bank,
      TOTEM_DEMO: '1',
    },
  });
  const syncServer = addressOf(server, 'syncServer');
  const newCode = async (): Promise<string> => {
    const made = await askEnrolmentCode(
      { server: syncServer, token: secrets.managerToken },
      DEMO_SHOP.unitId,
      KIOSK_ID,
    );
    if (!made.ok) throw new Error(`no enrolment code: ${made.message}`);
    return made.value.code;
  };
  const kioskIdentityFile = join(dataDir(folder, 'played-kiosk'), 'identity.json');
  const enrolled = await openKioskLine(kioskIdentityFile, syncServer).identity.enrol(await newCode());
  if (!enrolled.ok) throw new Error(`the kiosk could not be enrolled: ${enrolled.code}`);
  return {
    syncServer,
    webhookUrl: `${syncServer}/v1/webhooks/bacen-pix/${secretPath(secrets.pixClientSecret, PIX_CLIENT_ID)}/pix`,
    bank,
    databaseUrl,
    kioskIdentityFile,
    async startKiosk(printer) {
      const kiosk = await workplace.start({
        name: KIOSK_ID,
        program: { node: 'main/main.ts' },
        environment: {
          TOTEM_HOST: HOST,
          TOTEM_KIOSK_PORT: ANY_PORT,
          TOTEM_DATA_DIR: dataDir(folder, KIOSK_ID),
          TOTEM_SYNC_URL: syncServer,
          TOTEM_ENROLMENT_CODE: await newCode(),
          TOTEM_PRINTER: printer,
          TOTEM_RENDERER_DIR: rendererDir,
          TOTEM_TECHNICIAN_PIN: secrets.technicianPin,
        },
      });
      return new URL(addressOf(kiosk, 'totem')).origin;
    },
  };
}

function dataDir(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}
