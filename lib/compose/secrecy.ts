/** Words of a variable's name that say that its value is a secret. */
const secretWords =
  /(?:^|_)(?:PASS|PASSWD|PASSWORD|PASSPHRASE|PWD|SECRETS?|TOKENS?|KEYS?|APIKEY|CREDENTIALS?|SALT|PRIVATE|PEPPER)(?:_|\d|$)|PASSWORD|SECRET|APIKEY|TOKEN/;
/** Names with such a word that tell something of it, and not the secret itself. */
const harmless =
  /_(?:FILE|PATH|DIR|URL|URI|ID|TTL|EXP|EXPIRY|EXPIRES?|EXPIRATION|LIFETIME|LENGTH|NAME|ALGORITHM|TYPE|ENABLED?|HEADER|PREFIX|MIN|MAX|TIMEOUT|METHOD|MODE|HOST|PORT|SOURCE|PROVIDER|ISSUER|AUDIENCE|POLICY|REQUIRED|DISABLED?)$|^(?:ALLOW|ENABLE|DISABLE|REQUIRE|USE)_/;
/** What such a name may say beside secrets. */
const switches = /^(?:|true|false|yes|no|on|off|[01]|none|null|required|optional)$/i;

/** Whether a variable's name says that what it has is a secret. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[.-]/g, "_")
    .toUpperCase();
  return secretWords.test(words) && !harmless.test(words);
}

/** Whether a variable is to be stored encrypted: its name says so, or what stands in it. */
export function isSecret(name: string, value: string): boolean {
  if (isSecretName(name) && !switches.test(value)) return true;
  return hasCredentials(value);
}

/** Whether a text has the value of a secret variable in it; short ones may be there by chance. */
export function hasSecretOf(secrets: ReadonlyMap<string, string>, text: string): boolean {
  return [...secrets.values()].some((value) => value.length >= 6 && text.includes(value));
}

/** Whether a text has a password in it: in a URL, in a list of settings, or a private key. */
export function hasCredentials(value: string): boolean {
  return (
    /:\/\/[^\s/@:]*:[^\s/@]+@/.test(value) ||
    /^[^\s:/@]+:[^\s/@]+@[a-z]+\(/i.test(value) ||
    /(?:^|[\s;?&])(?:password|pwd|secret|token|access_?key)=[^\s;&]/i.test(value) ||
    /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)
  );
}
