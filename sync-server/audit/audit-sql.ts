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

/** `{of, have, percent}` as JSON. Only all of it is 100 percent: what is missing must not be rounded away. */
export function shareOf(have: string, of = 'true'): string {
  const counted = `count(*) FILTER (WHERE ${of})`;
  const having = `count(*) FILTER (WHERE (${of}) AND (${have}))`;
  return `jsonb_build_object('of', ${counted}, 'have', ${having}, 'percent', CASE ${counted}
    WHEN 0 THEN NULL WHEN ${having} THEN 100 ELSE least(99.99, round(100.0 * ${having} / ${counted}, 2)) END)`;
}
