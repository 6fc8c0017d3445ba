import { expect, test } from 'vitest';
import { payPagePolicy } from './pay-page.ts';

const directives = (scriptUrl: string): Record<string, string> =>
  Object.fromEntries(
    payPagePolicy({ scriptUrl })
      .split('; ')
      .map((directive) => [directive.split(' ')[0] ?? '', directive.split(' ').slice(1).join(' ')]),
  );

test('lets in Stripe’s script, frames and API, as its security guide asks', () => {
  expect(directives('https://js.stripe.com/endive/stripe.js')).toEqual({
    'default-src': "'none'",
    'script-src': "'self' https://js.stripe.com https://*.js.stripe.com",
    'frame-src': 'https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com',
    'connect-src': "'self' https://api.stripe.com",
    'style-src': "'self'",
    'img-src': "'self'",
    'font-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  });
});

test('lets in a simulator’s origin alone, and nothing of Stripe’s, where that is configured', () => {
  const policy = payPagePolicy({ scriptUrl: 'http://127.0.0.1:4400/stripe/js' });
  expect(policy).toContain("script-src 'self' http://127.0.0.1:4400;");
  expect(policy).not.toContain('stripe.com');
  expect(policy).not.toMatch(/unsafe|data:|\*/);
});
