import { type ComponentType, type LazyExoticComponent, lazy, Suspense, useEffect } from 'react';
import type { ScreenName } from '../../domain/protocol/screens.ts';
import { text } from '../i18n/text.ts';
import { Loading } from '../ui/Loading.tsx';
import { ScreenErrorBoundary } from './ScreenErrorBoundary.tsx';
import { useScreen } from './use-screen.ts';

const SCREENS: Record<ScreenName, LazyExoticComponent<ComponentType>> = {
  totem: lazy(() => import('../totem/TotemScreen.tsx').then((m) => ({ default: m.TotemScreen }))),
  queue: lazy(() => import('../queue/QueueScreen.tsx').then((m) => ({ default: m.QueueScreen }))),
  panel: lazy(() => import('../panel/PanelScreen.tsx').then((m) => ({ default: m.PanelScreen }))),
  technician: lazy(() =>
    import('../technician/TechnicianScreen.tsx').then((m) => ({ default: m.TechnicianScreen })),
  ),
  admin: lazy(() => import('../admin/AdminScreen.tsx').then((m) => ({ default: m.AdminScreen }))),
};

export function App() {
  const screen = useScreen();
  useEffect(() => {
    // The style sheets size their type by the screen: a totem is read standing, a panel from across the room.
    document.documentElement.dataset['screen'] = screen;
    document.title = text.screenTitle[screen];
  }, [screen]);

  const Screen = SCREENS[screen];
  return (
    <ScreenErrorBoundary key={screen} screen={screen}>
      <Suspense fallback={<Loading>{text.common.loading}</Loading>}>
        <Screen />
      </Suspense>
    </ScreenErrorBoundary>
  );
}
