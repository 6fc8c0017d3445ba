import { Component, type ErrorInfo, type ReactNode } from 'react';
import type { ScreenName } from '../../domain/protocol/screens.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message } from '../ui/Message.tsx';
import { planReload } from './reload-plan.ts';

interface Props {
  readonly screen: ScreenName;
  readonly children: ReactNode;
}

/** Nobody stands by at a totem to press F5: a screen that breaks says so and loads itself anew. */
export class ScreenErrorBoundary extends Component<Props, { readonly broken: boolean }> {
  override state = { broken: false };
  private timer: number | undefined;

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(`screen ${this.props.screen} broke`, error, info.componentStack);
    const key = `totem.reloads.${this.props.screen}`;
    const { delayMs, reloads } = planReload(readTimes(sessionStorage.getItem(key)), Date.now());
    sessionStorage.setItem(key, JSON.stringify(reloads));
    this.timer = window.setTimeout(reload, delayMs);
  }

  override componentWillUnmount(): void {
    window.clearTimeout(this.timer);
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="full-page" role="alert">
        <Message icon="warning" title={text.broken.title} tone="warning">
          <p>{text.broken.detail}</p>
        </Message>
        <Button onPress={reload}>{text.broken.reload}</Button>
      </main>
    );
  }
}

function reload(): void {
  window.location.reload();
}

function readTimes(stored: string | null): number[] {
  try {
    const parsed: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(parsed) ? parsed.filter((entry) => typeof entry === 'number') : [];
  } catch {
    // Something else wrote there; the count of reloads starts anew.
    return [];
  }
}
