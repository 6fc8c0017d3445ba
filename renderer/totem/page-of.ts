/** Six cards fill both a portrait and a landscape totem without scrolling. */
const PAGE_SIZE = 6;

export interface Page<T> {
  readonly items: readonly T[];
  /** From 0. */
  readonly page: number;
  readonly pages: number;
}

/** The wanted page of `all`; the nearest one when the list has become shorter. */
export function pageOf<T>(all: readonly T[], wanted: number): Page<T> {
  const pages = Math.max(1, Math.ceil(all.length / PAGE_SIZE));
  const page = Math.min(Math.max(0, wanted), pages - 1);
  return { items: all.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), page, pages };
}
