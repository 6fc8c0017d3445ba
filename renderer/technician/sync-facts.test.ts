import { expect, it } from 'vitest';
import type { TechnicianSnapshot } from '../../domain/protocol/screens.ts';
import { syncFacts } from './sync-facts.ts';

const well: TechnicianSnapshot['sync'] = {
  server: 'online',
  serverUrl: 'http://127.0.0.1:4100',
  lastContactAt: 1,
  lastError: null,
  feedCursor: 7,
  outboxPending: 0,
  outboxOldestAgeMs: null,
  outboxRejected: 0,
  setAside: [],
  clockSkewMs: 120,
  catalogVersion: 3,
};
const troubledNames = (sync: TechnicianSnapshot['sync']): string[] =>
  syncFacts(sync)
    .filter((fact) => fact.troubled)
    .map((fact) => fact.name);

it('troubles nobody while all is well, events just leaving included', () => {
  expect(troubledNames(well)).toEqual([]);
  expect(troubledNames({ ...well, outboxPending: 3, outboxOldestAgeMs: 5_000 })).toEqual([]);
});

it('points at what is stuck, refused, missing or wrong', () => {
  const ill = {
    ...well,
    lastError: 'refused',
    outboxPending: 9,
    outboxOldestAgeMs: 61_000,
    outboxRejected: 1,
    clockSkewMs: -31_000,
    catalogVersion: null,
  };
  expect(troubledNames(ill)).toEqual([
    'Eventos a enviar',
    'Eventos recusados',
    'Catálogo',
    'Diferença de relógio',
    'Último erro',
  ]);
});
