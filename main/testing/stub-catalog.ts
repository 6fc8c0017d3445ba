import type { Catalog } from '../../domain/protocol/catalog.ts';

/** What the unit of the stub server sells. */
export const STUB_CATALOG: Catalog = {
  version: 1,
  unit: {
    unitId: '018f0000-0000-7000-8000-000000000001',
    merchantId: '018f0000-0000-7000-8000-000000000002',
    merchantName: 'Clínica Modelo',
    unitName: 'Unidade Centro',
    city: 'São Paulo',
    timeZone: 'America/Sao_Paulo',
    counters: ['Guichê 1', 'Guichê 2'],
  },
  services: [
    {
      serviceId: '018f0000-0000-7000-8000-00000000000a',
      name: 'Consulta',
      description: 'Atendimento geral',
      prefix: 'C',
      amountCents: 5_000,
      payAtCounter: false,
      currency: 'BRL',
      pix: true,
      card: null,
      estimatedMinutes: 15,
    },
  ],
};
