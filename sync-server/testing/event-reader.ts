import { createParser, type EventSourceMessage } from 'eventsource-parser';

export interface EventReader {
  /** The next event; rejects when the stream ends first. */
  next(): Promise<EventSourceMessage>;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Reads server-sent events over real HTTP, the way a kiosk does; the feed's beats only where they are asked for. */
export async function readEvents(
  url: string,
  headers: Record<string, string>,
  { beats = false }: { readonly beats?: boolean } = {},
): Promise<EventReader> {
  const abort = new AbortController();
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: abort.signal,
  });
  if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
  const waiting: EventSourceMessage[] = [];
  let arrived = Promise.withResolvers<void>();
  let over = false;
  const parser = createParser({
    onEvent: (event) => {
      if (event.event === 'beat' && !beats) return;
      waiting.push(event);
      arrived.resolve();
    },
  });
  const text = response.body.pipeThrough(new TextDecoderStream());
  const ended = (async () => {
    try {
      for await (const part of text) parser.feed(part);
    } catch (error) {
      // The test left, or the server was cut off: both end the stream.
      if (!abort.signal.aborted && !(error instanceof TypeError)) throw error;
    } finally {
      over = true;
      arrived.resolve();
    }
  })();
  return {
    ended,
    close: () => abort.abort(),
    async next() {
      while (waiting.length === 0) {
        if (over) throw new Error('the stream has ended');
        await arrived.promise;
        arrived = Promise.withResolvers<void>();
      }
      return waiting.shift() as EventSourceMessage;
    },
  };
}
