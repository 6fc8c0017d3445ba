/** How banks that speak API Pix differ, as data. Whatever is not here is the same everywhere. */
export interface BankProfile {
  /** Null: there is no common address, and the settings have to name it. */
  readonly hosts: { readonly production: string; readonly sandbox: string } | null;
  readonly tokenPath: string;
  readonly apiPath: string;
  /** Of GET /cob/{txid} alone. */
  readonly readChargePath: string;
  readonly tokenParametersIn: 'form' | 'query';
  readonly scopes: readonly string[];
}

const CHARGE_SCOPES = ['cob.write', 'cob.read', 'pix.read', 'webhook.write', 'webhook.read'] as const;

/** Asked for only by who uses Pix Automático: a bank refuses the whole token for one scope that it does not know. */
export const AUTOMATIC_SCOPES = [
  'rec.write',
  'rec.read',
  'solicrec.write',
  'solicrec.read',
  'cobr.write',
  'cobr.read',
  'payloadlocationrec.write',
  'webhookrec.write',
  'webhookrec.read',
  'webhookcobr.write',
  'webhookcobr.read',
] as const;

export const PROFILES = {
  /** The specification, BACEN API Pix 2.9.0. */
  generic: {
    hosts: null,
    tokenPath: '/oauth/token',
    apiPath: '/api/v2',
    readChargePath: '/api/v2',
    tokenParametersIn: 'form',
    scopes: [...CHARGE_SCOPES, 'pix.write'],
  },
  /**
   * From public clients of the bank, not from the bank's own guide: the project's wire notes, part 5. `pix.write`
   * (refunds) is not granted to everyone: who has it names the scopes in the settings.
   */
  sicredi: {
    hosts: { production: 'https://api-pix.sicredi.com.br', sandbox: 'https://api-pix-h.sicredi.com.br' },
    tokenPath: '/oauth/token',
    apiPath: '/api/v2',
    readChargePath: '/api/v3',
    tokenParametersIn: 'query',
    scopes: CHARGE_SCOPES,
  },
} as const satisfies Record<string, BankProfile>;

export type ProfileName = keyof typeof PROFILES;

export interface BankAddress {
  readonly baseUrl: string;
  readonly readChargeBaseUrl: string;
  readonly tokenUrl: string;
  readonly tokenParametersIn: 'form' | 'query';
  /** As RFC 6749 writes them. */
  readonly scope: string;
}

export interface AddressSettings {
  readonly profile?: ProfileName | undefined;
  readonly sandbox?: boolean | undefined;
  readonly baseUrl?: string | undefined;
  readonly tokenUrl?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly automatic?: boolean | undefined;
}

/**
 * Where a bank is, and how its token is asked for; what the settings name comes before what the profile knows.
 * @returns null when neither says where the bank is
 */
export function addressOf(settings: AddressSettings): BankAddress | null {
  const profile: BankProfile = PROFILES[settings.profile ?? 'generic'];
  const host = profile.hosts?.[settings.sandbox === true ? 'sandbox' : 'production'];
  const baseUrl = settings.baseUrl?.replace(/\/$/, '') ?? (host && `${host}${profile.apiPath}`);
  const tokenUrl = settings.tokenUrl ?? (host && `${host}${profile.tokenPath}`);
  if (baseUrl === undefined || tokenUrl === undefined) return null;
  const scopes = settings.scopes ?? profile.scopes;
  return {
    baseUrl,
    readChargeBaseUrl: baseUrl.endsWith(profile.apiPath)
      ? `${baseUrl.slice(0, -profile.apiPath.length)}${profile.readChargePath}`
      : baseUrl,
    tokenUrl,
    tokenParametersIn: profile.tokenParametersIn,
    scope: [...scopes, ...(settings.automatic === true ? AUTOMATIC_SCOPES : [])].join(' '),
  };
}
