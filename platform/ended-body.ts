/**
 * The body, which `signal` ends. Left to fetch it would not: the way from the signal to a body that is being read
 * leads over the request, which nothing holds after the headers; once it is collected, a silent server is waited for
 * without end.
 */
export function endedBy(body: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let forget = (): void => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = (): void => {
          forget();
          controller.error(signal.reason);
          // The connection is thrown away: who reads has been told why, and how it ends is nobody's concern.
          reader.cancel(signal.reason).catch(() => {});
        };
        signal.addEventListener('abort', end);
        forget = () => signal.removeEventListener('abort', end);
        if (signal.aborted) end();
      },
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (signal.aborted) return;
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        forget();
      },
      cancel(reason) {
        forget();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
