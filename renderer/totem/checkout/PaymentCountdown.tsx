import { formatCountdown } from '../../i18n/format.ts';
import { text } from '../../i18n/text.ts';
import { useHostNow } from '../../shell/use-now.ts';
import { Icon } from '../../ui/Icon.tsx';
import { totemStore } from '../stores.ts';
import { PAYMENT_URGENT_MS } from '../timing.ts';

/** @param expiresAt epoch ms by the kiosk's clock; so is the time that is left */
export function PaymentCountdown({ expiresAt }: { readonly expiresAt: number }) {
  const now = useHostNow(totemStore);
  const remainingMs = now === null ? 0 : expiresAt - now;
  const urgent = remainingMs <= PAYMENT_URGENT_MS;
  return (
    <div className={urgent ? 'countdown urgent' : 'countdown'}>
      <div className="countdown-figure">
        <Icon name="clock" />
        <span>{text.totem.paying.timeLeft}</span>
        <span className="countdown-time tabular" role="timer">
          {formatCountdown(remainingMs)}
        </span>
      </div>
      <p className="soft" role="status">
        {remainingMs <= 0 ? text.totem.paying.checking : text.totem.paying.waiting}
      </p>
      {/* Spoken once; the ticking figure itself must not be. */}
      <p className="visually-hidden" role="status">
        {urgent && remainingMs > 0 ? text.totem.paying.oneMinuteLeft : ''}
      </p>
    </div>
  );
}
