/** A field of a BR Code: two-digit id, two-digit length in characters, value. */
export interface TlvField {
  readonly id: string;
  readonly value: string;
  /** The fields inside, where the field is a template; in wire order. */
  readonly children?: readonly TlvField[];
}

export type TlvResult =
  | { readonly ok: true; readonly fields: readonly TlvField[] }
  | {
      readonly ok: false;
      readonly code: 'malformed_tlv' | 'duplicate_field';
      /** Characters before the field at fault. */
      readonly position: number;
      readonly id: string | null;
    };

/** A two-digit length says no more. */
export const MAX_VALUE_LENGTH = 99;

/** Reads one level of fields; every character must belong to one, and no id may come twice. */
export function readTlv(text: string): TlvResult {
  // By code points: a length counts characters, whatever their size in UTF-8 or UTF-16.
  const characters = Array.from(text);
  const fields: TlvField[] = [];
  const seen = new Set<string>();
  let position = 0;
  while (position < characters.length) {
    const header = characters.slice(position, position + 4).join('');
    const id = header.slice(0, 2);
    if (!/^\d{4}$/.test(header)) return { ok: false, code: 'malformed_tlv', position, id: null };
    const end = position + 4 + Number(header.slice(2));
    if (end > characters.length) return { ok: false, code: 'malformed_tlv', position, id };
    if (seen.has(id)) return { ok: false, code: 'duplicate_field', position, id };
    seen.add(id);
    fields.push({ id, value: characters.slice(position + 4, end).join('') });
    position = end;
  }
  return { ok: true, fields };
}

/** One field as text. The caller has made sure that the value fits: what does not is a bug and throws. */
export function writeTlv(id: string, value: string): string {
  const length = Array.from(value).length;
  if (length > MAX_VALUE_LENGTH) throw new RangeError(`field ${id} holds ${length} characters`);
  return `${id}${String(length).padStart(2, '0')}${value}`;
}
