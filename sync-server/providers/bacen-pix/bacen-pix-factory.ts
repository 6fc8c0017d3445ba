import { createMtlsFetch } from '../http/mtls-fetch.ts';
import type { NationalFactory } from '../provider-factory.ts';
import { readSettings } from '../provider-factory.ts';
import { createBacenPixProvider } from './bacen-pix.ts';
import { EVENT_KINDS } from './event-kinds.ts';
import { BacenPixSettings } from './settings.ts';

export const bacenPixFactory = {
  name: 'bacen-pix',
  eventKinds: EVENT_KINDS,
  open(given, { clock, fetch }) {
    const settings = readSettings('bacen-pix', BacenPixSettings, given);
    return createBacenPixProvider(
      { ...settings, fetch: settings.tls === undefined ? fetch : createMtlsFetch(settings.tls) },
      clock,
    );
  },
} as const satisfies NationalFactory;
