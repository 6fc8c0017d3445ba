import { useMemo } from 'react';
import { qrPath } from './qr-path.ts';

interface Props {
  readonly text: string;
  readonly label: string;
}

export function QrCode({ text, label }: Props) {
  const { path, size } = useMemo(() => qrPath(text), [text]);
  return (
    <svg className="qr-code" viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" role="img">
      <title>{label}</title>
      <rect className="qr-ground" width={size} height={size} />
      <path d={path} />
    </svg>
  );
}
