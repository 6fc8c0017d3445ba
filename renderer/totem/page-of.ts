/** Six cards fill both a portrait and a landscape totem without scrolling; one that is low and narrow holds four. */
export const PAGE_SIZE = { usual: 6, small: 4 } as const;

export interface Page<T> {
  readonly items: readonly T[];
  /** From 0. */
  readonly page: number;
  readonly pages: number;
}

/** The wanted page of `all`, of `size` items; the nearest one when the list has become shorter. */
export function pageOf<T>(all: readonly T[], wanted: number, size: number): Page<T> {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const page = Math.min(Math.max(0, wanted), pages - 1);
  return { items: all.slice(page * size, (page + 1) * size), page, pages };
}
