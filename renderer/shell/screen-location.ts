import { ScreenName } from '../../domain/protocol/screens.ts';

/** Which screen a path asks for: `/queue` → `queue`. Anything unknown is the totem, the screen that must never fail. */
export function screenOfPath(pathname: string): ScreenName {
  const parsed = ScreenName.safeParse(pathname.split('/')[1]);
  return parsed.success ? parsed.data : 'totem';
}
