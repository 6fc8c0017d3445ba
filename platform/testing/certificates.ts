import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** PEM texts. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface TestAuthority extends TestCertificate {
  /** A certificate of this authority: for a server at 127.0.0.1 and localhost, or for any client. */
  issue(commonName: string): TestCertificate;
}

/** ASN.1 tags (X.690) that a certificate is made of. */
const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8 = 0x0c;
const UTC_TIME = 0x17;

// Bytes of the object identifiers, which Node cannot be asked for.
const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('550403', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('551d13', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('551d11', 'hex');
const TRUE = Buffer.from([0x01, 0x01, 0xff]);

/** A certificate authority of a test's own, valid from 2020 to 2049: X.509 v3 (RFC 5280), P-256. */
export function createTestAuthority(commonName: string): TestAuthority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const isAuthority = extension(BASIC_CONSTRAINTS, der(SEQUENCE, TRUE));
  return {
    certificate: certificate(commonName, keys.publicKey, commonName, keys.privateKey, [isAuthority]),
    key: pem(keys.privateKey),
    issue(name) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      // GeneralName: [2] a DNS name, [7] an IP address.
      const names = der(
        SEQUENCE,
        der(0x82, Buffer.from('localhost')),
        der(0x87, Buffer.from([127, 0, 0, 1])),
      );
      return {
        certificate: certificate(name, own.publicKey, commonName, keys.privateKey, [
          extension(SUBJECT_ALT_NAME, names),
        ]),
        key: pem(own.privateKey),
      };
    },
  };
}

function certificate(
  subject: string,
  publicKey: KeyObject,
  issuer: string,
  issuerKey: KeyObject,
  extensions: readonly Buffer[],
): string {
  const algorithm = der(SEQUENCE, der(OBJECT_ID, ECDSA_WITH_SHA256));
  const signed = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.from([2]))),
    // The leading zero keeps the number positive.
    der(INTEGER, Buffer.concat([Buffer.from([0x00, 0x80]), randomBytes(8)])),
    algorithm,
    nameOf(issuer),
    der(SEQUENCE, utcTime('200101000000Z'), utcTime('491231235959Z')),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, ...extensions)),
  );
  const signature = sign('sha256', signed, issuerKey);
  const whole = der(SEQUENCE, signed, algorithm, der(BIT_STRING, Buffer.from([0]), signature));
  const lines = whole.toString('base64').replace(/.{64}/g, '$&\n').trim();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function nameOf(commonName: string): Buffer {
  const attribute = der(SEQUENCE, der(OBJECT_ID, COMMON_NAME), der(UTF8, Buffer.from(commonName)));
  return der(SEQUENCE, der(SET, attribute));
}

function utcTime(text: string): Buffer {
  return der(UTC_TIME, Buffer.from(text));
}

function extension(id: Buffer, value: Buffer): Buffer {
  return der(SEQUENCE, der(OBJECT_ID, id), TRUE, der(OCTET_STRING, value));
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
