/** A horizontal bar, as long as its part of the whole. It only repeats a figure that stands beside it in words. */
export function Bar({ percent, tone = 'plain' }: { readonly percent: number; readonly tone?: string }) {
  return (
    <svg className={`bar bar-${tone}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect className="bar-ground" width="100" height="10" />
      <rect className="bar-part" width={Math.max(0, Math.min(100, percent))} height="10" />
    </svg>
  );
}
