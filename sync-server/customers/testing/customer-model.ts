import type { Person } from '../../../domain/person.ts';

interface Known {
  readonly id: number;
  document: string | null;
  /** By which they are found. */
  readonly emails: Set<string>;
  readonly told: Map<'name' | 'phone' | 'email', string>;
  mergedInto: Known | null;
  erased: boolean;
}

/** The rule of docs/privacy.md by itself, in memory: who is meant, who is merged, who keeps an e-mail. */
export class CustomerModel {
  readonly #all: Known[] = [];

  /** @param person normalised already. @returns the number of the customer */
  learn({
    document = null,
    email = null,
    name,
    phone,
  }: { [K in keyof Person]?: string | null | undefined }): number {
    const byDocument = document === null ? undefined : this.#live().find((one) => one.document === document);
    const byEmail = email === null ? undefined : this.#live().find((one) => one.emails.has(email));
    const isSameByEmail = byEmail !== undefined && (document === null || byEmail.document === null);
    const meant = byDocument ?? (isSameByEmail ? byEmail : undefined) ?? this.#add();
    if (byEmail !== undefined && byEmail !== meant && byEmail.document === null) this.#merge(byEmail, meant);
    meant.document ??= document;
    for (const [field, value] of [
      ['name', name],
      ['phone', phone],
      ['email', email],
    ] as const)
      if (value !== undefined && value !== null) meant.told.set(field, value);
    if (email !== null && !this.#live().some((one) => one.emails.has(email))) meant.emails.add(email);
    return meant.id;
  }

  erase(id: number): void {
    const root = this.#rootOf(id);
    for (const one of this.#all) if (one === root || one.mergedInto === root) one.erased = true;
  }

  get size(): number {
    return this.#all.length;
  }

  /** What is to be read of a customer, by any of their numbers. */
  read(id: number): Record<string, unknown> {
    const root = this.#rootOf(id);
    const { document, told, emails, erased } = root;
    const field = (name: 'name' | 'phone' | 'email') => (erased ? null : (told.get(name) ?? null));
    return {
      root: root.id,
      status: erased ? 'erased' : 'known',
      document: erased ? null : document,
      name: field('name'),
      email: field('email'),
      phone: field('phone'),
      emails: erased ? [] : [...emails].sort(),
    };
  }

  /** @returns the number of whom a search finds */
  find(kind: 'email' | 'document', value: string): number | undefined {
    return this.#live().find((one) => (kind === 'email' ? one.emails.has(value) : one.document === value))
      ?.id;
  }

  #live(): Known[] {
    return this.#all.filter(({ erased, mergedInto }) => !erased && mergedInto === null);
  }

  #add(): Known {
    const one: Known = {
      id: this.#all.length,
      document: null,
      emails: new Set(),
      told: new Map(),
      mergedInto: null,
      erased: false,
    };
    this.#all.push(one);
    return one;
  }

  #merge(from: Known, into: Known): void {
    for (const [field, value] of from.told) if (!into.told.has(field)) into.told.set(field, value);
    for (const email of from.emails) into.emails.add(email);
    from.emails.clear();
    for (const one of this.#all) if (one === from || one.mergedInto === from) one.mergedInto = into;
  }

  #rootOf(id: number): Known {
    const one = this.#all[id];
    if (one === undefined) throw new Error(`the model has no customer ${id}`);
    return one.mergedInto ?? one;
  }
}
