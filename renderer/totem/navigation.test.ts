import { describe, expect, it } from 'vitest';
import type { TotemSnapshot } from '../../domain/protocol/screens.ts';
import {
  AT_ATTRACT,
  awayFromPix,
  isOnOffer,
  type Navigation,
  printerNotice,
  totemView,
  waitsForCustomer,
} from './navigation.ts';

const service: TotemSnapshot['services'][number] = {
  serviceId: '018f4d2e-7c1a-7b3e-8a5d-000000000101',
  name: 'Consulta',
  description: '',
  prefix: 'C',
  amountCents: 12_000,
  payAtCounter: false,
  currency: 'BRL',
  pix: true,
  card: null,
  estimatedMinutes: null,
};

const well = { status: 'ok', since: 1, detail: null } as const;

function snapshot(changes: Partial<TotemSnapshot> = {}): TotemSnapshot {
  return {
    screen: 'totem',
    at: 1,
    kioskId: 'totem-01',
    enrolment: 'enrolled',
    unit: { merchantName: 'Clínica', unitName: 'Centro' },
    services: [service],
    server: 'online',
    printer: { kind: 'escpos', status: 'ready', detail: null, checkedAt: null },
    layers: { printer: well, network: well, server: well, provider: well },
    storage: well,
    pixAvailable: true,
    cardAvailable: true,
    checkout: { step: 'idle' },
    lateTicket: null,
    ...changes,
  };
}

const AWAY = { server: 'offline', pixAvailable: false } as const;

const at = (place: Navigation['at']): Navigation => ({
  ...AT_ATTRACT,
  at: place,
  serviceId: service.serviceId,
});
const inSession = { sessionId: service.serviceId, service, amountCents: 12_000 };

describe('totemView', () => {
  it('prepares until there is a catalogue', () => {
    expect(totemView(null, 'connecting', AT_ATTRACT).name).toBe('preparing');
    expect(totemView(snapshot({ unit: null }), 'connected', at('services')).name).toBe('preparing');
  });

  it('is out of service while nothing can be stored, and tells whoever may have paid not to pay again', () => {
    const storage = { ...well, status: 'full' } as const;
    const checkout = {
      step: 'awaiting_payment',
      ...inSession,
      brCode: 'code',
      expiresAt: 2,
    } as const;
    const shown = (changes: Partial<TotemSnapshot>) =>
      totemView(snapshot(changes), 'connected', at('review'));
    expect(shown({ storage })).toEqual({ name: 'out_of_service', money: 'untouched' });
    expect(shown({ storage, checkout })).toEqual({ name: 'out_of_service', money: 'kept' });
    const nearly = { ...well, status: 'nearly_full' } as const;
    expect(shown({ storage: nearly }).name).toBe('out_of_service');
    // What is under way still finds its room, and a ticket is never hidden.
    expect(shown({ storage: nearly, checkout }).name).toBe('checkout');
    expect(
      shown({ storage, checkout: { step: 'printing', ...inSession, ticketLabel: 'C001', payment: 'pix' } })
        .name,
    ).toBe('checkout');
  });

  it.each(['not_enrolled', 'revoked'] as const)('shows nothing else when the totem is %s', (enrolment) => {
    const view = { name: 'no_identity', enrolment };
    expect(totemView(snapshot({ enrolment, unit: null }), 'connected', AT_ATTRACT)).toEqual(view);
    expect(totemView(snapshot({ enrolment }), 'connected', at('review'))).toEqual(view);
    // Whoever has paid already sees how it ends.
    const ended = { step: 'cancelled', ...inSession } as const;
    expect(totemView(snapshot({ enrolment, checkout: ended }), 'connected', AT_ATTRACT).name).toBe(
      'checkout',
    );
  });

  it('says which layer is away, at the start', () => {
    expect(totemView(null, 'lost', AT_ATTRACT)).toEqual({ name: 'unavailable', layer: 'host' });
    expect(totemView(snapshot(), 'lost', AT_ATTRACT)).toEqual({ name: 'unavailable', layer: 'host' });
    expect(totemView(snapshot(AWAY), 'connected', AT_ATTRACT)).toEqual({
      name: 'unavailable',
      layer: 'server',
    });
    expect(totemView(snapshot({ server: 'connecting' }), 'connected', AT_ATTRACT).name).toBe('attract');
  });

  it('leaves a customer who is on the way where they are when the line breaks', () => {
    expect(totemView(snapshot({ server: 'offline' }), 'lost', at('review')).name).toBe('review');
  });

  it('lets a session decide over everything else', () => {
    const paying = snapshot({ server: 'offline', checkout: { step: 'expired', ...inSession } });
    expect(totemView(paying, 'lost', at('identify'))).toMatchObject({
      name: 'checkout',
      checkout: { step: 'expired' },
    });
  });

  it('goes back to the list when the chosen service is sold no more', () => {
    expect(totemView(snapshot({ services: [] }), 'connected', at('review')).name).toBe('services');
    expect(totemView(snapshot(), 'connected', at('identify'))).toMatchObject({ name: 'identify', service });
  });
});

describe('awayFromPix', () => {
  const bankAway = snapshot({
    pixAvailable: false,
    layers: { ...snapshot().layers, provider: { ...snapshot().layers.provider, status: 'down' } },
  });

  it.each([
    ['nothing', snapshot(), 'connected', null],
    ['nothing yet', snapshot({ server: 'connecting' }), 'connected', null],
    ['the server', snapshot(AWAY), 'connected', 'server'],
    ['the bank', bankAway, 'connected', 'provider'],
    ['the server, and with it the bank', { ...bankAway, ...AWAY }, 'connected', 'server'],
    ['the host', snapshot(), 'lost', 'host'],
  ] as const)('names %s', (_words, seen, link, expected) => {
    expect(awayFromPix(seen, link)).toBe(expected);
  });
});

describe('without a PIX', () => {
  const free = { ...service, amountCents: 0 };
  const atCounter = { ...service, payAtCounter: true };

  it('a free service and one to be paid at the counter are on offer, as long as the host is there', () => {
    expect([service, free, atCounter].map((each) => isOnOffer(each, 'server'))).toEqual([false, true, true]);
    expect([service, free, atCounter].map((each) => isOnOffer(each, 'host'))).toEqual([false, false, false]);
    expect(isOnOffer(service, null)).toBe(true);
  });

  it('the start stays open when there is anything on offer', () => {
    const view = totemView(snapshot({ ...AWAY, services: [service, free] }), 'connected', AT_ATTRACT);
    expect(view).toEqual({ name: 'attract' });
  });
});

describe('printerNotice', () => {
  it('is silent as long as there will be paper', () => {
    for (const status of ['ready', 'paper_low', 'unknown'] as const) {
      expect(printerNotice({ kind: 'escpos', status, detail: null, checkedAt: null })).toBeNull();
    }
  });

  it('VxSuite #439, #4838, #9187 (out of paper must be explicit): tells of missing paper and of a missing printer', () => {
    expect(printerNotice({ kind: 'escpos', status: 'paper_out', detail: null, checkedAt: null })).toBe(
      'paper_out',
    );
    expect(printerNotice({ kind: 'mock', status: 'ready', detail: null, checkedAt: null })).toBe('mock');
  });
});

it('asks for signs of life only where the customer has something to do', () => {
  expect(waitsForCustomer({ name: 'review', service })).toBe(true);
  expect(waitsForCustomer({ name: 'attract' })).toBe(false);
  expect(waitsForCustomer({ name: 'checkout', checkout: { step: 'expired', ...inSession } })).toBe(false);
});
