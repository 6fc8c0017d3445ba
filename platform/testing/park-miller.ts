/** Park and Miller's generator: from a printed seed the same numbers on every machine. @param state below 2^31 - 1 */
export function nextRandom(state: number): number {
  return (state * 48_271 + 1) % 2_147_483_647;
}
