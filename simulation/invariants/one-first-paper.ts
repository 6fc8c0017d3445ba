import type { Invariant } from './invariant.ts';

export const oneFirstPaper: Invariant = {
  name: 'one first paper',
  says: 'Of one ticket at most one paper comes out of any printer that is not marked as a copy.',
  afterStep({ hall }) {
    const seen = new Set<string>();
    for (const paper of hall.papers) {
      if (paper.isCopy) continue;
      if (seen.has(paper.ticketId))
        return `${paper.label} came out twice, the second time at ${paper.kioskId}`;
      seen.add(paper.ticketId);
    }
    return null;
  },
};
