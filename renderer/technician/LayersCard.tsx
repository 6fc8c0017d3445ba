import type { Layer } from '../../domain/protocol/machine-state.ts';
import type { TechnicianSnapshot } from '../../domain/protocol/screens.ts';
import { formatDuration } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';

const LAYERS: readonly Layer[] = ['printer', 'network', 'server', 'provider'];
const TONES = { ok: 'good', down: 'danger', unknown: 'warning' } as const;

/** Printer, network, server and bank, each for itself: what is missing, since when, and what the system says. */
export function LayersCard({
  layers,
  at,
}: {
  readonly layers: TechnicianSnapshot['layers'];
  readonly at: number;
}) {
  const words = text.technician;
  return (
    <section className="card stack" aria-labelledby="layers-title">
      <h2 id="layers-title">{words.layers}</h2>
      <dl className="facts tabular">
        {LAYERS.map((layer) => {
          const { status, since, detail } = layers[layer];
          return (
            <div key={layer} className={status === 'down' ? 'troubled' : undefined} data-layer={layer}>
              <dt>{words.layer[layer]}</dt>
              <dd>
                <span className={`badge tone-${TONES[status]}`}>{words.layerStatus[status]}</span>{' '}
                {words.layerSince(formatDuration(Math.max(0, at - since)))}
                {detail !== null && <span className="soft technical"> {technicalWords(detail)}</span>}
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
