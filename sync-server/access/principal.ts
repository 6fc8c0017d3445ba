/** Who speaks to the server: a totem by the key that it was enrolled with, a person by a token of the access file. */
export interface KioskPrincipal {
  readonly role: 'kiosk';
  readonly merchantId: string;
  readonly unitId: string;
  readonly kioskId: string;
}

export interface OperatorPrincipal {
  readonly role: 'operator';
  readonly merchantId: string;
  readonly unitId: string;
}

export interface ManagerPrincipal {
  readonly role: 'manager';
  readonly merchantId: string;
}

export type Principal = KioskPrincipal | OperatorPrincipal | ManagerPrincipal;
export type Role = Principal['role'];
export type PrincipalOf<R extends Role> = Extract<Principal, { role: R }>;
