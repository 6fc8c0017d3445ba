import { describe, expect, it } from 'vitest';
import { FEED_PAYLOADS, FeedEntry } from '../domain/protocol/feed.ts';
import { OUTBOX_PAYLOADS, OutboxEvent } from '../domain/protocol/sync.ts';
import { sampleFeed, sampleOutbox } from './sample-events.ts';

const shop = { serviceId: '019a0000-0000-7000-8000-000000000001', kioskId: 'neighbour' };

describe('sampleOutbox', () => {
  it('is what the contract asks for, about 300 bytes an event', () => {
    const events = sampleOutbox(1_000, 1, shop);
    for (const event of events) {
      OutboxEvent.parse(event);
      const schema = Object.entries(OUTBOX_PAYLOADS).find(([kind]) => kind === event.kind)?.[1];
      expect(schema?.safeParse(event.payload).success).toBe(true);
    }
    expect(new Set(events.map((event) => event.id)).size).toBe(1_000);
    const bytes = Buffer.byteLength(JSON.stringify(events)) / events.length;
    expect(bytes).toBeGreaterThan(250);
    expect(bytes).toBeLessThan(350);
  });

  it('ends the very sessions that it has opened', () => {
    const sessions = sampleOutbox(100, 1, shop).map((event) => event.payload.sessionId);
    expect(sessions.filter((_, index) => index % 2 === 1)).toEqual(
      sessions.filter((_, index) => index % 2 === 0),
    );
    expect(new Set(sessions).size).toBe(50);
  });

  it('gives each round other ids, and the same round the same', () => {
    const ids = (round: number): string[] => sampleOutbox(50, round, shop).map((event) => event.id);
    expect(ids(1)).toEqual(ids(1));
    expect(ids(1).filter((id) => ids(2).includes(id))).toEqual([]);
  });
});

describe('sampleFeed', () => {
  it('is what the contract asks for, in one gapless sequence', () => {
    const entries = sampleFeed(1_000, 5, shop);
    for (const entry of entries) {
      FeedEntry.parse(entry);
      FEED_PAYLOADS['ticket.changed'].parse(entry.payload);
    }
    expect(entries.map((entry) => entry.seq)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 5));
  });
});
