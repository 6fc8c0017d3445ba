/** `{count, cents, oldestAt}` of some rows, as JSON. @param where of which of them; @param at when each came to be */
export function moneyOf(at: string, where = 'true', cents = 'amount_cents'): string {
  return `jsonb_build_object(
    'count', count(*) FILTER (WHERE ${where}),
    'cents', (SELECT coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'cents', cents) ORDER BY currency), '[]') FROM (
      SELECT currency, sum(cents) AS cents FROM unnest(
        coalesce(array_agg(currency::text) FILTER (WHERE ${where}), '{}'),
        coalesce(array_agg(${cents}) FILTER (WHERE ${where}), '{}')) AS money (currency, cents) GROUP BY currency) AS sums),
    'oldestAt', floor(extract(epoch FROM min(${at}) FILTER (WHERE ${where})) * 1000))`;
}

/** `{of, have, percent}` as JSON. */
export function shareOf(have: string, of = 'true'): string {
  const counted = `count(*) FILTER (WHERE ${of})`;
  const having = `count(*) FILTER (WHERE (${of}) AND (${have}))`;
  return `jsonb_build_object('of', ${counted}, 'have', ${having},
    'percent', round(100.0 * ${having} / nullif(${counted}, 0), 2))`;
}
