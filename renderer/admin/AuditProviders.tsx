import type { AuditReport } from '../../domain/protocol/audit.ts';
import { formatCount, formatDuration, formatPercent } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Amounts } from './Amounts.tsx';
import { Bar } from './Bar.tsx';

/** The providers side by side: how much of what they were asked for was paid, and how fast they told of it. */
export function AuditProviders({ providers }: Pick<AuditReport, 'providers'>) {
  const words = text.admin.audit;
  return (
    <>
      <h3>{words.providersTitle}</h3>
      {providers.length === 0 ? (
        <p className="soft">{words.noProviders}</p>
      ) : (
        <div className="table-frame">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{words.provider}</th>
                <th scope="col">{words.succeeded}</th>
                <th scope="col">{words.volume}</th>
                <th scope="col">{words.webhook}</th>
                <th scope="col">{words.readBack}</th>
              </tr>
            </thead>
            <tbody>
              {providers.map((one) => (
                <tr key={one.provider}>
                  <th scope="row" className="table-label">
                    <span className="no-wrap">{one.provider}</span>{' '}
                    <span className="soft">
                      {words.transactionCount(formatCount(one.transactions), one.transactions)}
                    </span>
                  </th>
                  <td className="bar-cell">
                    {one.succeeded.percent === null ? (
                      <span className="soft">{words.ofNone}</span>
                    ) : (
                      <>
                        <span>{formatPercent(one.succeeded.percent)}</span>
                        <Bar percent={one.succeeded.percent} tone="good" />
                        {one.succeededLast7Days.percent !== null && (
                          <span className="soft no-wrap">
                            {words.lastWeek(formatPercent(one.succeededLast7Days.percent))}
                          </span>
                        )}
                      </>
                    )}
                  </td>
                  <td>
                    <Amounts sums={one.volume} />
                  </td>
                  <td>
                    <span className="no-wrap">{latencies(one.webhookP50Ms, one.webhookP95Ms)}</span>{' '}
                    <span className="soft">{words.withoutCount(formatCount(one.withoutWebhook))}</span>
                  </td>
                  <td>{latencies(one.readBackP50Ms, one.readBackP95Ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function latencies(p50Ms: number | null, p95Ms: number | null): string {
  return p50Ms === null || p95Ms === null ? '—' : `${latency(p50Ms)} / ${latency(p95Ms)}`;
}

/** Milliseconds where seconds would all be zero. */
function latency(ms: number): string {
  return ms < 1_000
    ? `${ms} ms`
    : ms < 10_000
      ? `${(ms / 1_000).toFixed(1).replace('.', ',')} s`
      : formatDuration(ms);
}
