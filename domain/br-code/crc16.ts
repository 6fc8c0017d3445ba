const POLYNOMIAL = 0x1021;
const INITIAL = 0xffff;

/**
 * CRC-16/CCITT-FALSE over the UTF-8 bytes of `text`, as four upper-case hex digits. Check value: "123456789" → "29B1".
 * Lengths in a BR Code count characters, its CRC counts bytes: the two differ as soon as a letter is accented.
 */
export function crc16(text: string): string {
  let crc = INITIAL;
  for (const byte of utf8Bytes(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ POLYNOMIAL) & 0xffff;
    }
  }
  return crc.toString(16).toUpperCase().padStart(4, '0');
}

/** UTF-8 by hand: TextEncoder belongs to the hosts (Node, DOM), not to the language. */
function* utf8Bytes(text: string): Generator<number> {
  for (const character of text) {
    const scalar = scalarValue(character);
    if (scalar < 0x80) {
      yield scalar;
    } else if (scalar < 0x800) {
      yield 0xc0 | (scalar >> 6);
      yield continuation(scalar, 0);
    } else if (scalar < 0x10000) {
      yield 0xe0 | (scalar >> 12);
      yield continuation(scalar, 6);
      yield continuation(scalar, 0);
    } else {
      yield 0xf0 | (scalar >> 18);
      yield continuation(scalar, 12);
      yield continuation(scalar, 6);
      yield continuation(scalar, 0);
    }
  }
}

function continuation(scalar: number, shift: number): number {
  return 0x80 | ((scalar >> shift) & 0x3f);
}

/** A lone surrogate has no UTF-8 form; like TextEncoder, U+FFFD stands in for it. */
function scalarValue(character: string): number {
  const codePoint = character.codePointAt(0) ?? 0xfffd;
  return codePoint >= 0xd800 && codePoint <= 0xdfff ? 0xfffd : codePoint;
}
