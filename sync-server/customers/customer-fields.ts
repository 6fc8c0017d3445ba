import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import { openText, type PersonId } from './person-keys.ts';

const COLUMNS = {
  name: 'name_sealed',
  email: 'email_sealed',
  document: 'document_sealed',
  phone: 'phone_sealed',
} as const;

export type FieldName = keyof typeof COLUMNS;
export type CustomerFields = Readonly<Record<FieldName, string | null>>;
export const FIELD_NAMES = Object.keys(COLUMNS) as FieldName[];

/** @returns all of them, null for what is not known. @throws when they were sealed with another key */
export async function readFields(
  database: Queryable,
  { merchantId, customerId }: PersonId,
  box: PersonalDataBox,
): Promise<CustomerFields> {
  const [row] = await database.query<Record<FieldName, Uint8Array | null>>(
    `SELECT name_sealed AS name, email_sealed AS email, document_sealed AS document, phone_sealed AS phone
     FROM customers WHERE merchant_id = $1 AND customer_id = $2`,
    [merchantId, customerId],
  );
  if (row === undefined) throw new Error(`there is no customer ${customerId}`);
  return openFields(row, box);
}

export function openFields(
  sealed: Readonly<Record<FieldName, Uint8Array | null>>,
  box: PersonalDataBox,
): CustomerFields {
  const open = (bytes: Uint8Array | null): string | null => (bytes === null ? null : openText(box, bytes));
  return {
    name: open(sealed.name),
    email: open(sealed.email),
    document: open(sealed.document),
    phone: open(sealed.phone),
  };
}

export async function sealField(
  transaction: Transaction,
  { merchantId, customerId }: PersonId,
  box: PersonalDataBox,
  field: FieldName,
  value: string,
): Promise<void> {
  await transaction.query(
    `UPDATE customers SET ${COLUMNS[field]} = $3 WHERE merchant_id = $1 AND customer_id = $2`,
    [merchantId, customerId, box.seal(value)],
  );
}
