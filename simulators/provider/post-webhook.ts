/** A receiver that has not answered by then is taken for deaf; banks are known to wait far less. */
const ANSWER_TIMEOUT_MS = 5000;

/** Sends one webhook, once. @returns why it was not taken, or null when the answer was 2xx */
export async function postWebhook(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      // A socket's time-out belongs to the network, not to the simulated time.
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok ? null : `HTTP ${response.status}`;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const cause = error.cause as { code?: string } | undefined;
    return cause?.code ?? error.message;
  }
}
