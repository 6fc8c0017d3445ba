import { v5 as uuidV5 } from 'uuid';

/** Ids of adopted rows are made from this; fixed for ever, or money would be adopted twice. */
const NAMESPACE = '0b9d6a52-6f0e-5c59-9a2e-3d1f4c7b8e60';

export function adoptedIdOf(merchantId: string, source: string, kind: string, key: string): string {
  return uuidV5(JSON.stringify([merchantId, source, kind, key]), NAMESPACE);
}
