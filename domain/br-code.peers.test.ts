/** Cross-checks against independent decoders and encoders of BR Codes, in both directions. */
import { generatePixPayload, getPixPayloadInfo, isValidPixPayload } from '@brazilian-utils/brazilian-utils';
import fc from 'fast-check';
import * as pixUtils from 'pix-utils';
import emvqr from 'steplix-emvqr';
import { describe, expect, it } from 'vitest';
import { encodeDynamicBrCode, encodeRecurrenceBrCode, encodeStaticBrCode, parseBrCode } from './br-code.ts';
import vectors from './fixtures/br-code-vectors.json' with { type: 'json' };

const word = fc.stringMatching(/^[A-Z][A-Z0-9]{0,14}$/);
const payee = fc.record({ merchantName: word, merchantCity: word });
const host = fc.constantFrom('pix.example.com', 'bx.com.br');
const url = fc
  .tuple(host, fc.stringMatching(/^[a-z0-9]{1,20}(\/[a-z0-9]{1,20})?$/))
  .map(([name, path]) => `${name}/${path}`);
const staticInput = fc
  .record(
    {
      key: fc.uuid({ version: 4 }),
      amountCents: fc.integer({ min: 1, max: 99_999_999 }),
      txid: fc.stringMatching(/^[A-Za-z0-9]{1,25}$/),
    },
    { requiredKeys: ['key', 'amountCents', 'txid'] },
  )
  .chain((input) => payee.map((who) => ({ ...input, ...who })));

describe('what we encode, they read alike', () => {
  it('static', () => {
    fc.assert(
      fc.property(staticInput, (input) => {
        const brCode = textOf(encodeStaticBrCode(input));
        expect(pixUtils.parsePix(brCode)).toMatchObject({
          type: pixUtils.PixElementType.STATIC,
          pixKey: input.key,
          transactionAmount: input.amountCents / 100,
          txid: input.txid,
          merchantName: input.merchantName,
          merchantCity: input.merchantCity,
        });
        expect(isValidPixPayload(brCode)).toBe(true);
        expect(getPixPayloadInfo(brCode)).toMatchObject({
          key: input.key,
          amount: input.amountCents / 100,
          txid: input.txid,
          merchantName: input.merchantName,
          merchantCity: input.merchantCity,
        });
        expect(emvqrField(brCode, '59')).toBe(input.merchantName);
      }),
    );
  });

  it('dynamic, with and without a recurrence', () => {
    fc.assert(
      fc.property(payee, url, fc.option(url, { nil: undefined }), (who, location, recurrenceUrl) => {
        const brCode = textOf(encodeDynamicBrCode({ ...who, url: location, recurrenceUrl }));
        expect(pixUtils.parsePix(brCode)).toMatchObject({
          type: pixUtils.PixElementType.DYNAMIC,
          url: location,
          ...(recurrenceUrl === undefined ? {} : { urlRec: recurrenceUrl }),
        });
        expect(getPixPayloadInfo(brCode)).toMatchObject({ url: location, pointOfInitiation: 'dynamic' });
        expect(emvqrField(brCode, '60')).toBe(who.merchantCity);
      }),
    );
  });

  it('recurrence alone', () => {
    fc.assert(
      fc.property(payee, url, (who, recurrenceUrl) => {
        const brCode = textOf(encodeRecurrenceBrCode({ ...who, recurrenceUrl }));
        expect(pixUtils.parsePix(brCode)).toMatchObject({
          type: pixUtils.PixElementType.RECURRENCE,
          urlRec: recurrenceUrl,
        });
      }),
    );
  });
});

describe('what they encode, we read alike', () => {
  it('pix-utils, static', () => {
    fc.assert(
      fc.property(staticInput, (input) => {
        const made = pixUtils.createStaticPix({
          merchantName: input.merchantName,
          merchantCity: input.merchantCity,
          pixKey: input.key,
          txid: input.txid,
          transactionAmount: input.amountCents / 100,
        });
        if (pixUtils.hasError(made)) throw new Error('the peer refused');
        expect(parseBrCode(made.toBRCode())).toMatchObject({
          ok: true,
          value: { kind: 'static', key: input.key, txid: input.txid, amountCents: input.amountCents },
        });
      }),
    );
  });

  it('brazilian-utils, static: the very same text as ours', () => {
    fc.assert(
      fc.property(staticInput, (input) => {
        const theirs = generatePixPayload({
          key: input.key,
          merchantName: input.merchantName,
          merchantCity: input.merchantCity,
          amount: input.amountCents / 100,
          txid: input.txid,
        });
        expect(theirs).toBe(textOf(encodeStaticBrCode(input)));
      }),
    );
  });

  it('both, dynamic', () => {
    fc.assert(
      fc.property(payee, url, (who, location) => {
        const made = pixUtils.createDynamicPix({ ...who, url: location });
        if (pixUtils.hasError(made)) throw new Error('the peer refused');
        const expected = { ok: true, value: { kind: 'dynamic', url: location } };
        expect(parseBrCode(made.toBRCode())).toMatchObject(expected);
        expect(parseBrCode(generatePixPayload({ ...who, url: location }) ?? '')).toMatchObject(expected);
      }),
    );
  });
});

describe('the vectors', () => {
  it.each(vectors.filter(({ valid }) => valid))('$id: pix-utils says the same', ({ code }) => {
    const ours = parseBrCode(code);
    const theirs = pixUtils.parsePix(code);
    if (!ours.ok || pixUtils.hasError(theirs)) throw new Error('refused');
    expect(ours.value).toMatchObject(wordsOf(theirs));
  });

  it.each(vectors.filter(({ valid }) => !valid))('$id: the peers refuse it too', ({ code }) => {
    expect(pixUtils.hasError(pixUtils.parsePix(code))).toBe(true);
    expect(isValidPixPayload(code)).toBe(false);
  });
});

/**
 * What steplix-emvqr reads in a field. It writes a CRC of 00XX with two digits and so refuses one code in 256 that
 * every other decoder accepts; those are left out.
 */
function emvqrField(brCode: string, id: string): unknown {
  fc.pre(!/00..$/.test(brCode));
  return emvqr.decode(brCode)[id]?.data;
}

/** The peer's answer in our terms; it writes every city in capitals, so the city is left out. */
function wordsOf(pix: pixUtils.PixObjects): Record<string, unknown> {
  if (pixUtils.isStaticPix(pix))
    return { kind: 'static', key: pix.pixKey, recurrenceUrl: pix.urlRec ?? null };
  if (pixUtils.isDynamicPix(pix)) return { kind: 'dynamic', url: pix.url, recurrenceUrl: pix.urlRec ?? null };
  if (pixUtils.isRecurrencePix(pix)) return { kind: 'rec-only', recurrenceUrl: pix.urlRec };
  throw new Error('the peer read nothing');
}

function textOf(result: ReturnType<typeof encodeStaticBrCode>): string {
  if (!result.ok) throw new Error(result.error.detail);
  return result.brCode;
}
