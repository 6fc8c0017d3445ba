import type { Clock } from '../../../domain/clock.ts';
import { createAccessTokens } from '../http/access-token.ts';
import { type AddressSettings, addressOf } from './profiles.ts';
import type { Endpoint } from './send.ts';

export interface EndpointSettings extends AddressSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly timeoutMs?: number | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** A customer waits for the QR code: a bank that needs longer is asked again rather than waited for. */
const DEFAULT_TIMEOUT_MS = 8_000;

/** A bank, as charges and agreements are asked for there, with one token for all. Throws when nothing says where it is. */
export function openEndpoint(settings: EndpointSettings, clock: Clock): Endpoint {
  const address = addressOf(settings);
  if (address === null) throw new Error('the settings were not checked: they do not say where the bank is');
  const http = {
    fetch: settings.fetch ?? globalThis.fetch,
    clock,
    timeoutMs: settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  };
  const { clientId, clientSecret } = settings;
  return {
    ...address,
    http,
    tokens: createAccessTokens(
      {
        tokenUrl: address.tokenUrl,
        parametersIn: address.tokenParametersIn,
        scope: address.scope,
        clientId,
        clientSecret,
        http,
      },
      clock,
    ),
  };
}
