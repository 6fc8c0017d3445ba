import type { Catalog, Service } from '../../domain/protocol/catalog.ts';
import { STUB_CATALOG } from './stub-catalog.ts';

const base = { description: '', currency: 'BRL', pix: true, card: null, estimatedMinutes: null } as const;

export const FREE: Service = {
  ...base,
  serviceId: '018f0000-0000-7000-8000-00000000000f',
  name: 'Informações',
  prefix: 'I',
  amountCents: 0,
  payAtCounter: false,
};
export const AT_COUNTER: Service = {
  ...base,
  serviceId: '018f0000-0000-7000-8000-00000000000b',
  name: 'Curativo',
  prefix: 'K',
  amountCents: 2_550,
  payAtCounter: true,
};

/** The stub's shop, which now also has what needs no PIX. */
export const LOCAL_CATALOG: Catalog = {
  ...STUB_CATALOG,
  version: 2,
  services: [...STUB_CATALOG.services, AT_COUNTER, FREE],
};
