import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon.tsx';

export type Tone = 'calm' | 'good' | 'warning' | 'danger';

interface Props {
  readonly icon: IconName;
  readonly title: string;
  readonly tone?: Tone;
  readonly children?: ReactNode;
}

/** A mark, a heading and what to know about it: the empty and error states. */
export function Message({ icon, title, tone = 'calm', children }: Props) {
  return (
    <div className={`message tone-${tone}`}>
      <span className="message-mark">
        <Icon name={icon} />
      </span>
      <h2 className="message-title">{title}</h2>
      {children}
    </div>
  );
}
