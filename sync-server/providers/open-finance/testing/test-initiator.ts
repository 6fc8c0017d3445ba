import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { silentLog } from '../../../../platform/log.ts';
import { systemClock, systemRandom } from '../../../../platform/system.ts';
import type { ManualClock } from '../../../../platform/testing/manual-clock.ts';
import {
  type InitiatorSimulator,
  startInitiatorSimulator,
} from '../../../../simulators/provider/open-finance/initiator.ts';
import type { NationalProvider } from '../../provider.ts';
import { openFinanceFactory } from '../open-finance.ts';

export const PIX_KEY = '7d9f0335-8dcc-4054-9bf9-0dbd61d36906';
export const SECRET = 'a-webhook-secret-of-at-least-32-characters';
const ORGANISATION = '74e929d9-33b6-4d85-8ba7-c146c867a817';

export interface TestInitiator {
  readonly initiator: InitiatorSimulator;
  /** @param change of the settings */
  open(change?: Record<string, unknown>, fetch?: typeof globalThis.fetch): NationalProvider;
  close(): Promise<void>;
}

/** The simulated initiator over real HTTP, and providers that speak to it with keys that it knows. */
export async function startTestInitiator(clock: ManualClock): Promise<TestInitiator> {
  const folder = mkdtempSync(join(tmpdir(), 'totem-open-finance-'));
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signingKeyFile = join(folder, 'signing.pem');
  writeFileSync(signingKeyFile, keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const initiator = await startInitiatorSimulator({
    clock,
    randomBytes: systemRandom,
    clientId: 'totem',
    clientSecret: 'secret',
    clientKey: { ...(keys.publicKey.export({ format: 'jwk' }) as JWK), kid: 'totem-1' },
    clientOrganisationId: ORGANISATION,
  });
  return {
    initiator,
    open: (change = {}, fetch = globalThis.fetch) =>
      openFinanceFactory.open(
        {
          baseUrl: initiator.baseUrl,
          tokenUrl: initiator.tokenUrl,
          answerKeysUrl: initiator.answerKeysUrl,
          clientId: 'totem',
          clientSecret: 'secret',
          organisationId: ORGANISATION,
          signingKeyId: 'totem-1',
          signingKeyFile,
          authorisationUrl: 'https://initiator.example/authorise?consent={consentId}',
          initiatorCnpj: '50685362000135',
          initiatorIspb: '90400888',
          creditors: [
            {
              pixKey: PIX_KEY,
              personType: 'PESSOA_JURIDICA',
              cpfCnpj: '58764789000137',
              name: 'Clínica Aurora',
              account: { ispb: '12345678', issuer: '1774', number: '1234567890', accountType: 'CACC' },
            },
          ],
          webhookSecret: SECRET,
          ...change,
        },
        {
          // The hours by hand; a call to a socket is cut in real time.
          clock: {
            nowMs: () => clock.nowMs(),
            monotonicMs: () => clock.monotonicMs(),
            schedule: systemClock.schedule,
          },
          randomBytes: systemRandom,
          log: silentLog,
          fetch,
        },
      ),
    async close() {
      await initiator.close();
      rmSync(folder, { recursive: true });
    },
  };
}
