/**
 * Bytes 0x80–0xFF of code page 858: Western European with the euro sign, what ESC/POS printers call PC858 (page 19 of
 * `ESC t`). It holds every letter of Portuguese. Code page 850 differs in one place: 0xD5 is a dotless i.
 */
export const CODE_PAGE_858_UPPER =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ' +
  'áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐' +
  '└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀' +
  'ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0';

/** Typography that people paste into names, and what stands for it on paper. */
const PLAIN_FORMS: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '…': '...',
  '•': '·',
  '\u00a0': ' ',
  '\u00ad': '',
  '\u202f': ' ',
};

/**
 * Text that a printer set to code page 858 prints as it stands: one character is one byte and one column. Control
 * characters become spaces, so that no name can smuggle a printer command; letters that the page lacks lose their
 * accent, and what is still unknown becomes `?`.
 */
export function toPrintable(text: string): string {
  return Array.from(text.normalize('NFC'), printableForm).join('');
}

function printableForm(character: string): string {
  const plain = PLAIN_FORMS[character];
  if (plain !== undefined) return plain;
  if (/\p{Cc}/u.test(character)) return ' ';
  if (isPrintable(character)) return character;
  const base = character.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  return base !== '' && Array.from(base).every(isPrintable) ? base : '?';
}

function isPrintable(character: string): boolean {
  return (character >= ' ' && character <= '~') || CODE_PAGE_858_UPPER.includes(character);
}
