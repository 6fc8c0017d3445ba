import type { Hall } from '../hall.ts';
import { PIN } from '../sides/kiosk-side.ts';

const ROUND_MS = { from: 15_000, to: 40_000 };

/** Goes round the totems: what was set aside is sent once more, a paper that needs somebody is printed now and then. */
export function technicianWorks(hall: Hall): void {
  const { world, kiosks } = hall;
  const round = (): void => {
    for (const { engine, kioskId } of kiosks) {
      if (engine === null) continue;
      const { sync, needsAttention } = engine.snapshot('technician');
      if (sync.setAside.some(({ outcome }) => outcome === 'set_aside')) {
        world.tell('technician', `sends again what ${kioskId} has set aside`);
        void engine.execute({ kind: 'technician.retry_set_aside', pin: PIN });
      }
      const ticketId = needsAttention[0]?.ticketId ?? null;
      if (ticketId === null || !world.random.chance(0.3)) continue;
      world.tell('technician', `reprints ${needsAttention[0]?.label} at ${kioskId}`);
      void engine.execute({ kind: 'technician.reprint', pin: PIN, ticketId });
    }
    world.agenda.after(world.random.int(ROUND_MS.from, ROUND_MS.to), 'technician', round);
  };
  world.agenda.after(world.random.int(ROUND_MS.from, ROUND_MS.to), 'technician', round);
}
