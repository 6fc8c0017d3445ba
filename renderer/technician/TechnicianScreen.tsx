import '../ui/staff.css';
import './technician.css';
import { useEffect } from 'react';
import { bridge } from '../bridge.ts';
import { text } from '../i18n/text.ts';
import { useSubscription } from '../shell/screen-store.ts';
import { LinkBanner } from '../ui/LinkBanner.tsx';
import { Loading } from '../ui/Loading.tsx';
import { Diagnostics } from './Diagnostics.tsx';
import { PinPad } from './PinPad.tsx';
import { lock, pinStore, technicianStore } from './technician-store.ts';
import { useAutoLock } from './use-auto-lock.ts';

/** Behind its PIN: what the kiosk, its printer and its line to the server are doing. Whoever leaves it locks it. */
export function TechnicianScreen() {
  const pin = pinStore((state) => state.pin);
  useEffect(() => lock, []);
  return pin === null ? <PinPad /> : <Unlocked pin={pin} />;
}

function Unlocked({ pin }: { readonly pin: string }) {
  useSubscription(technicianStore, 'technician', bridge);
  useAutoLock();
  const { snapshot, link, unreadable } = technicianStore();
  return (
    <div className="staff">
      <LinkBanner link={link} unreadable={unreadable} />
      {snapshot === null ? (
        <Loading>{text.common.loading}</Loading>
      ) : (
        <Diagnostics snapshot={snapshot} pin={pin} />
      )}
    </div>
  );
}
