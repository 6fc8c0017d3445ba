import type { IntegrationHealth } from '../../domain/protocol/integration.ts';

const HEALTHY_FROM_PERCENT = 95;
const WARNING_FROM_PERCENT = 80;

/**
 * Of what was paid, how much became a ticket: 0–100, rounded down to two decimals so that a missing ticket never
 * rounds away. 100 while nothing was paid.
 */
export function conversionPercent(paid: number, tickets: number): number {
  return paid === 0 ? 100 : Math.floor((tickets * 10_000) / paid) / 100;
}

export function integrationHealth(percent: number): IntegrationHealth {
  if (percent >= HEALTHY_FROM_PERCENT) return 'healthy';
  return percent >= WARNING_FROM_PERCENT ? 'warning' : 'critical';
}
