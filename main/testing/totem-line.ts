/** The line of one totem, which a test cuts, or through which nothing comes for a while. */
export class TotemLine {
  up = true;
  /** Requests that do not arrive. */
  loses: (path: string) => boolean = () => false;
  /** Answers that do not come back, of requests that arrived. */
  losesAnswerOf: (path: string) => boolean = () => false;
  /** Arrived at the machine, not yet read by the process. */
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | null = null;
  readonly #open = new Set<AbortController>();

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const path = new URL(request.url).pathname;
    if (!this.up || this.loses(path)) throw new TypeError('fetch failed: the line is cut');
    const cut = new AbortController();
    this.#open.add(cut);
    const response = await fetch(request, { signal: AbortSignal.any([request.signal, cut.signal]) });
    if (this.losesAnswerOf(path)) {
      await response.text();
      throw new TypeError('fetch failed: the answer was lost');
    }
    const gated = response.body?.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: async (chunk, controller) => {
          await this.#gate?.opened;
          controller.enqueue(chunk);
        },
      }),
    );
    return new Response(gated ?? null, response);
  };

  cut(): void {
    this.up = false;
    for (const open of this.#open) open.abort(new TypeError('terminated: the line was cut'));
    this.#open.clear();
  }

  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = { opened: promise, open: resolve };
  }

  release(): void {
    this.#gate?.open();
    this.#gate = null;
  }
}
