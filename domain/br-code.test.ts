import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc16 } from './br-code/crc16.ts';
import {
  type BrCode,
  type BrCodeResult,
  encodeDynamicBrCode,
  encodeRecurrenceBrCode,
  encodeStaticBrCode,
  parseBrCode,
  pixKeyKind,
  type TlvField,
} from './br-code.ts';
import vectors from './fixtures/br-code-vectors.json' with { type: 'json' };

const EVP = '123e4567-e12b-12d1-a456-426655440000';
const payee = { merchantName: 'Fulano de Tal', merchantCity: 'BRASILIA' };

describe('crc16', () => {
  it('has the check value of CRC-16/CCITT-FALSE', () => {
    expect(crc16('123456789')).toBe('29B1');
    expect(crc16('')).toBe('FFFF');
  });

  it('runs over the bytes that TextEncoder gives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const asLatin1 = String.fromCharCode(...new TextEncoder().encode(text));
        expect(crc16(text)).toBe(crcOfBytes(asLatin1));
      }),
    );
  });
});

describe('vectors from the field', () => {
  it.each(vectors.filter((vector) => vector.valid))('$id: $note', (vector) => {
    const result = parseBrCode(vector.code);
    expect(result).toMatchObject({ ok: true });
    const value = accepted(result);
    expect(treeOf(value.fields)).toEqual(vector.decoded);
    const kind = value.kind !== 'rec-only' && value.recurrenceUrl !== null ? `${value.kind}+rec` : value.kind;
    expect(kind).toBe(vector.kind);
  });

  it.each(vectors.filter((vector) => !vector.valid))('$id is refused: $note', (vector) => {
    expect(parseBrCode(vector.code)).toMatchObject({
      ok: false,
      error: { code: 'crc_mismatch', field: '63' },
    });
  });

  it('reads what they say', () => {
    expect(parsed('static-040C')).toMatchObject({
      key: '11111111111',
      info: 'Vacina covid',
      amountCents: 10_000,
      txid: 'b4b4c4',
    });
    expect(parsed('static-1D3D')).toMatchObject({ key: EVP, amountCents: null, txid: null, info: null });
    expect(parsed('static-B4F6').merchant.city).toBe('BRASÍLIA');
    expect(parsed('static-354C').merchant).toEqual({
      name: 'MATHEUS',
      city: 'SAOPAULO',
      postalCode: '12345678',
      categoryCode: '0000',
    });
    expect(parsed('dynamic+rec-7741')).toMatchObject({
      url: 'pix.example.com/qr/v2/8b3da2f39a4140d1a91abd93113bd441',
      recurrenceUrl: 'pix.example.com/qr/v2/rec/94ed2badcbc04c15b0bb7fa353194890',
    });
  });

  it('does not expose an amount or txid that a dynamic code must not be believed', () => {
    const value = parsed('dynamic-45C8');
    expect(value).not.toHaveProperty('amountCents');
    expect(value).not.toHaveProperty('txid');
  });
});

describe('parseBrCode refuses, and says where', () => {
  const head = '000201';
  const account = field('26', field('00', 'br.gov.bcb.pix') + field('01', EVP));
  const rest = '5204000053039865802BR5913Fulano de Tal6008BRASILIA';
  const txid = field('62', field('05', '***'));

  it.each<[string, string, string, string | null]>([
    ['nothing', '', 'crc_missing', '63'],
    ['a code cut off', `${head}${account}${rest}`, 'crc_missing', '63'],
    ['too much', sealed(`${head}${account}${rest}${'6'.repeat(500)}`), 'too_long', null],
    ['no format indicator', sealed(`${account}${rest}${txid}`), 'invalid_field', '00'],
    ['another format', sealed(`000202${account}${rest}${txid}`), 'invalid_field', '00'],
    ['a length beyond the end', sealed(`${head}${account}${rest}6299`), 'malformed_tlv', '62'],
    ['a length that is no number', sealed(`${head}${account}${rest}62x7`), 'malformed_tlv', null],
    ['a CRC inside another field', sealed(`${head}${account}${rest}6208`), 'crc_missing', '63'],
    ['a field twice', sealed(`${head}${account}${rest}${txid}${txid}`), 'duplicate_field', '62'],
    [
      'a broken PIX template',
      sealed(`${head}${field('26', '0014br.gov.bcb.pix0199x')}${rest}`),
      'malformed_tlv',
      '26.01',
    ],
    ['a broken field 62', sealed(`${head}${account}${rest}${field('62', '05')}`), 'malformed_tlv', '62'],
    ['dollars', sealed(`${head}${account}${rest.replace('986', '840')}`), 'invalid_field', '53'],
    ['another country', sealed(`${head}${account}${rest.replace('02BR', '02AR')}`), 'invalid_field', '58'],
    ['no payee', sealed(`${head}${account}5204000053039865802BR`), 'missing_field', '59'],
    [
      'a long payee',
      sealed(`${head}${account}5204000053039865802BR${field('59', 'a'.repeat(26))}6001x`),
      'invalid_field',
      '59',
    ],
    [
      'a long city',
      sealed(`${head}${account}5204000053039865802BR5901x${field('60', 'a'.repeat(16))}`),
      'invalid_field',
      '60',
    ],
    ['a long CEP', sealed(`${head}${account}${rest}${field('61', '12345678901')}`), 'invalid_field', '61'],
    [
      'a long txid',
      sealed(`${head}${account}${rest}${field('62', field('05', 'a'.repeat(26)))}`),
      'invalid_field',
      '62.05',
    ],
    [
      'an amount with a comma',
      sealed(`${head}${account}${rest}${field('54', '1,00')}`),
      'invalid_field',
      '54',
    ],
    [
      'an amount of 14',
      sealed(`${head}${account}${rest}${field('54', '12345678901.00')}`),
      'invalid_field',
      '54',
    ],
    [
      'an empty key',
      sealed(`${head}${field('26', field('00', 'br.gov.bcb.pix') + field('01', ''))}${rest}`),
      'invalid_field',
      '26.01',
    ],
    [
      'an empty URL',
      sealed(`${head}${field('26', field('00', 'br.gov.bcb.pix') + field('25', ''))}${rest}`),
      'invalid_field',
      '26.25',
    ],
    [
      'a URL with its scheme',
      sealed(
        `${head}${field('26', field('00', 'br.gov.bcb.pix') + field('25', 'https://pix.example.com/1'))}${rest}`,
      ),
      'invalid_field',
      '26.25',
    ],
    [
      'a short ISPB',
      sealed(
        `${head}${field('26', `${field('00', 'br.gov.bcb.pix')}${field('01', EVP)}${field('03', '123')}`)}${rest}`,
      ),
      'invalid_field',
      '26.03',
    ],
    ['another scheme', sealed(`${head}${field('26', '0014br.gov.bcb.xyz')}${rest}`), 'not_pix', null],
    [
      'neither key nor URL',
      sealed(`${head}${field('26', '0014br.gov.bcb.pix')}${rest}`),
      'missing_field',
      '26.01',
    ],
    [
      'key and URL',
      sealed(
        `${head}${field('26', `${field('00', 'br.gov.bcb.pix')}${field('01', 'a@b.c')}${field('25', 'a/b')}`)}${rest}`,
      ),
      'ambiguous',
      '26',
    ],
    ['two PIX accounts', sealed(`${head}${account}${account.replace('26', '27')}${rest}`), 'ambiguous', '27'],
    [
      'ID 80 without its URL',
      sealed(`${head}${account}${rest}${field('80', '0014br.gov.bcb.pix')}`),
      'missing_field',
      '80.25',
    ],
  ])('%s', (_, text, code, where) => {
    expect(parseBrCode(text)).toMatchObject({ ok: false, error: { code, field: where } });
  });

  it('the same parts in the right order are a code (so the refusals above are for their own reason)', () => {
    expect(parseBrCode(sealed(`${head}${account}${rest}${txid}`))).toMatchObject({ ok: true });
  });
});

describe('parseBrCode tolerates what the field does', () => {
  const base = '5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***';
  const account = field('26', field('00', 'br.gov.bcb.pix') + field('01', EVP));

  it('any point of initiation', () => {
    for (const initiation of ['', '010211', '010212', '010299']) {
      expect(parseBrCode(sealed(`000201${initiation}${account}${base}`))).toMatchObject({ ok: true });
    }
  });

  it('the identifier in capitals, in any template from 26 to 51', () => {
    for (const id of ['26', '33', '51']) {
      const text = sealed(`000201${field(id, `${field('00', 'BR.GOV.BCB.PIX')}${field('01', EVP)}`)}${base}`);
      expect(parseBrCode(text)).toMatchObject({ ok: true, value: { kind: 'static', key: EVP } });
    }
  });

  it('other schemes beside PIX, even with values that are no TLV', () => {
    const text = sealed(
      `0002010415123456789012345${account}${field('27', 'opaque')}${base}${field('85', 'x')}`,
    );
    expect(parseBrCode(text)).toMatchObject({ ok: true, value: { key: EVP } });
  });

  it('a code without field 62, and a CRC in lower case', () => {
    const text = sealed(`000201${account}5204000053039865802BR5901x6001y`);
    const lower = text.slice(0, -4) + text.slice(-4).toLowerCase();
    expect(parseBrCode(lower)).toEqual(parseBrCode(text));
    expect(parseBrCode(text)).toMatchObject({ ok: true, value: { txid: null } });
  });

  it.each([
    ['10', 1000],
    ['10.5', 1050],
    ['10.50', 1050],
  ])('the amount %s', (amount, amountCents) => {
    const text = sealed(`000201${account}520400005303986${field('54', amount)}5802BR5901x6001y`);
    expect(parseBrCode(text)).toMatchObject({ ok: true, value: { amountCents } });
  });

  it('a Pix Saque, with its alphanumeric ISPB', () => {
    const saque = field(
      '26',
      `${field('00', 'br.gov.bcb.pix')}${field('01', EVP)}${field('03', '1234567A')}`,
    );
    expect(parseBrCode(sealed(`000201${saque}${base}`))).toMatchObject({
      value: { withdrawalIspb: '1234567A' },
    });
  });
});

describe('encode', () => {
  it('reproduces the example of the Manual do BR Code', () => {
    expect(encodeStaticBrCode({ key: EVP, ...payee })).toEqual({ ok: true, brCode: codeOf('static-1D3D') });
  });

  it('reproduces the examples of the API Pix specification (dynamic + recurrence, recurrence alone)', () => {
    expect(
      encodeDynamicBrCode({
        url: 'pix.example.com/qr/v2/8b3da2f39a4140d1a91abd93113bd441',
        recurrenceUrl: 'pix.example.com/qr/v2/rec/94ed2badcbc04c15b0bb7fa353194890',
        ...payee,
      }),
    ).toEqual({ ok: true, brCode: codeOf('dynamic+rec-7741') });
    expect(
      encodeRecurrenceBrCode({
        recurrenceUrl: 'pix.example.com/qr/v2/rec/2353c790eefb11eaadc10242ac120002',
        ...payee,
      }),
    ).toEqual({ ok: true, brCode: codeOf('rec-only-62C9') });
  });

  it('reproduces a static code with a recurrence', () => {
    expect(
      encodeStaticBrCode({
        key: 'arya@stark.com',
        amountCents: 12_500,
        txid: 'verylongreconciliationidt',
        merchantName: 'Arya Stark with a very long name',
        merchantCity: 'Pindamonhangaba',
        recurrenceUrl: 'invoice.starkbank.com/subs/f5333103-3279-4db2-8389-5efe335ba93d',
      }),
    ).toEqual({ ok: true, brCode: codeOf('static+rec-8322') });
  });

  it('emits ASCII: accents dropped, the rest removed, names cut', () => {
    const brCode = encoded(
      encodeStaticBrCode({
        key: EVP,
        merchantName: 'Clínica São João da Boa Esperança nº 1',
        merchantCity: 'São José do Rio Preto',
        info: 'Depilação 💈 – perna',
      }),
    );
    expect(brCode).toMatch(/^[\x20-\x7e]+$/);
    expect(accepted(parseBrCode(brCode))).toMatchObject({
      merchant: { name: 'Clinica Sao Joao da Boa E', city: 'Sao Jose do Rio' },
      info: 'Depilacao perna',
    });
  });

  it.each([
    ['invalid_key', { key: 'nobody' }],
    ['invalid_key', { key: '5511999999999' }],
    ['invalid_amount', { amountCents: 0 }],
    ['invalid_amount', { amountCents: 10.5 }],
    ['invalid_amount', { amountCents: 1_000_000_000_000 }],
    ['invalid_txid', { txid: 'a-b' }],
    ['invalid_txid', { txid: 'a'.repeat(26) }],
    ['invalid_withdrawal_ispb', { withdrawalIspb: '123' }],
    ['account_too_long', { info: 'a'.repeat(38) }],
    ['account_too_long', { info: 'a'.repeat(73) }],
    ['invalid_merchant_name', { merchantName: '日本' }],
    ['invalid_merchant_city', { merchantCity: '' }],
    ['invalid_postal_code', { postalCode: '12345-67890' }],
    ['invalid_category_code', { categoryCode: '12' }],
    ['invalid_recurrence_url', { recurrenceUrl: 'https://a/b' }],
  ])('refuses with %s: %j', (code, change) => {
    expect(encodeStaticBrCode({ key: EVP, ...payee, ...change })).toMatchObject({
      ok: false,
      error: { code },
    });
  });

  it('fills key and info to the brim, and no further', () => {
    expect(encodeStaticBrCode({ key: EVP, ...payee, info: 'a'.repeat(37) })).toMatchObject({ ok: true });
    const longEmail = `${'a'.repeat(64)}@bcb.gov.br.b`;
    expect(longEmail).toHaveLength(77);
    expect(encodeStaticBrCode({ key: longEmail, ...payee })).toMatchObject({ ok: true });
    expect(encodeStaticBrCode({ key: longEmail, ...payee, info: 'a' })).toMatchObject({ ok: false });
  });

  it.each(['', 'https://pix.example.com/1', 'a b', `a/${'b'.repeat(76)}`, 'é.com/1'])(
    'refuses the URL %j',
    (url) => {
      expect(encodeDynamicBrCode({ url, ...payee })).toMatchObject({
        ok: false,
        error: { code: 'invalid_url' },
      });
    },
  );
});

describe('pixKeyKind', () => {
  it.each([
    ['+5511999999999', 'phone'],
    ['12345678909', 'cpf'],
    ['12ABC34501DE35', 'cnpj'],
    ['fulano_da_silva@example.com', 'email'],
    [EVP, 'evp'],
    ['11999999999999999', null],
    ['', null],
    ['a@b', null],
  ])('%s is %s', (key, kind) => {
    expect(pixKeyKind(key)).toBe(kind);
  });
});

describe('properties', () => {
  const ascii = (min: number, max: number) =>
    fc
      .stringMatching(new RegExp(`^[!-~]([ -~]{0,${max}})$`))
      .map((text) => text.replace(/ +/g, ' ').slice(0, max).trim())
      .filter((text) => text.length >= min);
  const url = fc.stringMatching(/^[a-z][a-z0-9.]{1,30}\/[a-zA-Z0-9/_-]{1,40}$/);
  const staticInput = fc.record(
    {
      key: fc.oneof(fc.uuid(), fc.stringMatching(/^\d{11}$/), fc.stringMatching(/^\+55\d{11}$/)),
      merchantName: ascii(1, 25),
      merchantCity: ascii(1, 15),
      amountCents: fc.integer({ min: 1, max: 999_999_999_999 }),
      txid: fc.stringMatching(/^[A-Za-z0-9]{1,25}$/),
      info: ascii(1, 25),
      postalCode: fc.stringMatching(/^\d{8}$/),
      recurrenceUrl: url,
    },
    { requiredKeys: ['key', 'merchantName', 'merchantCity'] },
  );

  it('a static code says what was put in', () => {
    fc.assert(
      fc.property(staticInput, (input) => {
        const brCode = encoded(encodeStaticBrCode(input));
        expect(brCode.length).toBeLessThanOrEqual(512);
        expect(accepted(parseBrCode(brCode))).toMatchObject({
          kind: 'static',
          key: input.key,
          amountCents: input.amountCents ?? null,
          txid: input.txid ?? null,
          info: input.info ?? null,
          recurrenceUrl: input.recurrenceUrl ?? null,
          merchant: {
            name: input.merchantName,
            city: input.merchantCity,
            postalCode: input.postalCode ?? null,
          },
        });
      }),
    );
  });

  it('a dynamic code says what was put in', () => {
    fc.assert(
      fc.property(url, fc.option(url, { nil: undefined }), (location, recurrenceUrl) => {
        const brCode = encoded(encodeDynamicBrCode({ url: location, recurrenceUrl, ...payee }));
        expect(accepted(parseBrCode(brCode))).toMatchObject({
          kind: 'dynamic',
          url: location,
          recurrenceUrl: recurrenceUrl ?? null,
        });
      }),
    );
  });

  it('one changed character is noticed, or changes nothing', () => {
    fc.assert(
      fc.property(staticInput, fc.nat(), fc.stringMatching(/^[ -~]$/), (input, position, character) => {
        const original = encoded(encodeStaticBrCode(input));
        const at = position % original.length;
        const changed = original.slice(0, at) + character + original.slice(at + 1);
        const result = parseBrCode(changed);
        if (result.ok) expect(result).toEqual(parseBrCode(original));
      }),
      { numRuns: 1000 },
    );
  });

  it('two neighbours exchanged, or a tail cut off, are noticed', () => {
    fc.assert(
      fc.property(staticInput, fc.nat(), (input, position) => {
        const original = encoded(encodeStaticBrCode(input));
        const at = position % (original.length - 1);
        const swapped =
          original.slice(0, at) + original.charAt(at + 1) + original.charAt(at) + original.slice(at + 2);
        expect(swapped === original || !parseBrCode(swapped).ok).toBe(true);
        expect(parseBrCode(original.slice(0, at)).ok).toBe(false);
      }),
    );
  });

  it('never throws, whatever it is given, and only a right CRC is ever accepted', () => {
    const almost = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc.stringMatching(/^(\d{2}0[1-9][ -~]{1,9}){0,12}$/).map(sealed),
    );
    fc.assert(
      fc.property(almost, (text) => {
        const result = parseBrCode(text);
        if (result.ok) expect(crc16(text.slice(0, -4))).toBe(text.slice(-4).toUpperCase());
      }),
    );
  });
});

function field(id: string, value: string): string {
  return `${id}${String(Array.from(value).length).padStart(2, '0')}${value}`;
}

/** Appends a right CRC, so that a refusal is for the structure and not for the CRC. */
function sealed(body: string): string {
  return `${body}6304${crc16(`${body}6304`)}`;
}

function encoded(result: ReturnType<typeof encodeStaticBrCode>): string {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.detail}`);
  return result.brCode;
}

function accepted(result: BrCodeResult): BrCode {
  if (!result.ok) throw new Error(`${result.error.code} ${result.error.field}: ${result.error.detail}`);
  return result.value;
}

function codeOf(id: string): string {
  const vector = vectors.find((candidate) => candidate.id === id);
  if (vector === undefined) throw new Error(`no vector ${id}`);
  return vector.code;
}

function parsed(id: string): BrCode {
  return accepted(parseBrCode(codeOf(id)));
}

function treeOf(fields: readonly TlvField[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.map(({ id, value, children }) => [id, children === undefined ? value : treeOf(children)]),
  );
}

/** A second, table-free way to the same CRC: bit by bit over a string of bytes. */
function crcOfBytes(bytes: string): string {
  let crc = 0xffff;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      const top = ((crc >> 15) & 1) ^ ((byte.charCodeAt(0) >> bit) & 1);
      crc = ((crc << 1) & 0xffff) ^ (top === 1 ? 0x1021 : 0);
    }
  }
  return crc.toString(16).toUpperCase().padStart(4, '0');
}
