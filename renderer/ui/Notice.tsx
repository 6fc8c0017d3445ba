import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon.tsx';
import type { Tone } from './Message.tsx';

interface Props {
  readonly icon: IconName;
  readonly tone: Tone;
  readonly children: ReactNode;
  /** Interrupts a screen reader: for what went wrong with the reader's own action. */
  readonly urgent?: boolean;
  readonly id?: string;
}

/** One line across the page. */
export function Notice({ icon, tone, children, urgent = false, id }: Props) {
  return (
    <div id={id} className={`notice tone-${tone}`} role={urgent ? 'alert' : 'status'}>
      <Icon name={icon} />
      <div className="notice-text">{children}</div>
    </div>
  );
}
