/** How long any of the processes may take for one request before the benchmark is given up. */
const TIMEOUT_MS = 15_000;

/**
 * One request with a JSON answer.
 * @throws Error with the status and the answer's text when it is not 2xx
 */
export async function ask(
  method: 'GET' | 'POST',
  url: string,
  body?: unknown,
  token?: string,
): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return JSON.parse(text) as unknown;
}
