import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as x509 from "@peculiar/asn1-x509";

/**
 * Certificates by which Consul's servers and agents know each other. All of a certificate follows from a secret: the key,
 * and with Ed25519 the signature, too. So every run of the program makes the same ones, with no plugin and no state beyond
 * the secret's; and they never run out, so that no stack stops working on a day on which nobody touched it. New ones come
 * with a new secret.
 */
export interface Certificate {
  /** PEM of the certificate. */
  readonly certificate: string;
  /** Its private key, PEM of PKCS #8. Secret. */
  readonly key: string;
}

/** An authority, which signs certificates and does nothing else. */
export function authorityOf(secret: string): Certificate {
  const key = keyOf(secret);
  const extensions = [
    extension(x509.id_ce_basicConstraints, new x509.BasicConstraints({ cA: true, pathLenConstraint: 0 })),
    extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.keyCertSign)),
  ];
  return signed({ name: authorityName, key, authority: key, extensions });
}

/**
 * A certificate of the authority with that secret, for both ends of a connection.
 * @param name the DNS name that it is for, by which Consul tells servers from agents
 * @param owner whose it is: each has a key of its own
 */
export function certificateOf(secret: string, name: string, owner: string): Certificate {
  const names = new x509.SubjectAlternativeName([new x509.GeneralName({ dNSName: name })]);
  const uses = new x509.ExtendedKeyUsage([x509.id_kp_serverAuth, x509.id_kp_clientAuth]);
  const extensions = [
    extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature)),
    extension(x509.id_ce_subjectAltName, names),
    extension(x509.id_ce_extKeyUsage, uses),
  ];
  return signed({ name, key: keyOf(`${secret} ${owner}`), authority: keyOf(secret), extensions });
}

const authorityName = "flotilla";

const ed25519 = new x509.AlgorithmIdentifier({ algorithm: "1.3.101.112" });

/** What stands before the 32 secret bytes of an Ed25519 key in PKCS #8 (RFC 8410, section 7). */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");

function keyOf(secret: string): KeyObject {
  const bytes = createHash("sha256").update(`key ${secret}`).digest();
  return createPrivateKey({ key: Buffer.concat([pkcs8, bytes]), format: "der", type: "pkcs8" });
}

interface Content {
  readonly name: string;
  readonly key: KeyObject;
  readonly authority: KeyObject;
  readonly extensions: readonly x509.Extension[];
}

function signed({ name, key, authority, extensions }: Content): Certificate {
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" });
  const tbsCertificate = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: serialNumber(publicKey),
    signature: ed25519,
    issuer: nameOf(authorityName),
    subject: nameOf(name),
    // From before any clock that is slow, until what RFC 5280 has for "without end".
    validity: new x509.Validity({
      notBefore: new Date("2000-01-01T00:00:00Z"),
      notAfter: new Date("9999-12-31T23:59:59Z"),
    }),
    subjectPublicKeyInfo: AsnConvert.parse(publicKey, x509.SubjectPublicKeyInfo),
    extensions: new x509.Extensions([...extensions]),
  });
  const signature = sign(null, Buffer.from(AsnConvert.serialize(tbsCertificate)), authority);
  const certificate = new x509.Certificate({
    tbsCertificate,
    signatureAlgorithm: ed25519,
    signatureValue: arrayBuffer(signature),
  });
  return {
    certificate: pemOf(AsnConvert.serialize(certificate)),
    key: key.export({ format: "pem", type: "pkcs8" }) as string,
  };
}

/** Positive, and another one for each key. */
function serialNumber(publicKey: Buffer): ArrayBuffer {
  const hash = createHash("sha256").update(publicKey).digest();
  return arrayBuffer(Buffer.concat([Buffer.from([1]), hash.subarray(0, 15)]));
}

function nameOf(commonName: string): x509.Name {
  const value = new x509.AttributeValue({ utf8String: commonName });
  const attribute = new x509.AttributeTypeAndValue({ type: "2.5.4.3", value });
  return new x509.Name([new x509.RelativeDistinguishedName([attribute])]);
}

function extension(extnID: string, value: object): x509.Extension {
  const extnValue = new OctetString(AsnConvert.serialize(value));
  return new x509.Extension({ extnID, critical: isCritical(extnID), extnValue });
}

const isCritical = (extension: string) =>
  [x509.id_ce_basicConstraints, x509.id_ce_keyUsage].includes(extension);

function arrayBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function pemOf(der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
