import type { ReactNode } from 'react';

export interface ButtonProps {
  /** Left out where it sends its form: then the form's own handler does the work, also for Enter in a field. */
  readonly onPress?: () => void;
  readonly children: ReactNode;
  readonly variant?: 'primary' | 'secondary' | 'quiet' | 'danger';
  readonly size?: 'regular' | 'large';
  readonly disabled?: boolean;
  /** Under way: keeps its place and its focus, and does nothing when pressed. */
  readonly busy?: boolean;
  readonly label?: string;
  readonly keyShortcut?: string;
  readonly describedBy?: string;
  readonly autoFocus?: boolean;
}

/** Stays focusable when it cannot be pressed (aria-disabled), so that nobody loses their place on the screen. */
export function Button(props: ButtonProps) {
  const { variant = 'primary', size = 'regular', disabled = false, busy = false } = props;
  const inert = disabled || busy;
  return (
    <button
      type={props.onPress === undefined ? 'submit' : 'button'}
      className={`button button-${variant} button-${size}`}
      aria-disabled={inert || undefined}
      aria-busy={busy || undefined}
      aria-label={props.label}
      aria-keyshortcuts={props.keyShortcut}
      aria-describedby={props.describedBy}
      // biome-ignore lint/a11y/noAutofocus: only for the safe answer of a dialog, where the focus belongs
      autoFocus={props.autoFocus}
      onClick={inert ? (event) => event.preventDefault() : props.onPress}
    >
      {props.children}
    </button>
  );
}
