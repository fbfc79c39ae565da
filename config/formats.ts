import { isIP, isIPv4 } from "node:net";
import { posix } from "node:path";
import { unescaped } from "../lib/exchange.ts";
import { isUnicast as startsUnicast } from "../lib/subnet.ts";

/** Says what {@link isKey} wants. */
export const keyRule = "at most 24 lower-case letters, digits and single dashes, a letter first";

const label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const dnsName = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)*(?!\\d+$)${label}$`);
const pathPart = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const registryHost = `${label}(?:\\.${label})*(?::\\d{1,5})?`;
const imageReference = new RegExp(
  `^(?:${registryHost}/)?${pathPart}(?:/${pathPart})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);
const registryAddress = new RegExp(`^${registryHost}(?:/${pathPart})*$`);
const dockerRemote = /^(?:ssh:\/\/(?:[\w.-]+@)?|tcp:\/\/)([^\s/@:[\]]+|\[[^\s/@[\]]+\])(?::(\d{1,5}))?$/;

/** Whether a text can name a stack, a host or a service, and so be a part of container names. */
export function isKey(text: string): boolean {
  return text.length <= 24 && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text);
}

/** Whether a text can be handed to a process: the kernel ends it at the first NUL. */
export function isCText(text: string): boolean {
  return !text.includes("\0");
}

/** Whether a text is a name in the sense of DNS. */
export function isDnsName(text: string): boolean {
  return dnsName.test(text);
}

/** Whether a text is an IPv4 or IPv6 address or a DNS name. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 || isDnsName(text);
}

/** Whether a text is an IPv4 address that a machine has, and others reach it at. */
export function isUnicast(text: string): boolean {
  const [first = 0] = text.split(".").map(Number);
  return isIPv4(text) && startsUnicast(first);
}

/** Whether a text is an IPv4 or IPv6 address, or a block of them in CIDR notation. */
export function isAddressBlock(text: string): boolean {
  const [, address = "", prefix] = /^([^/%]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix ?? 0) <= (family === 4 ? 32 : 128);
}

/** Whether a text is a Docker endpoint: a unix socket, ssh or tcp. */
export function isDockerEndpoint(text: string): boolean {
  if (/^unix:\/\/\/[^\s]*[^\s/]$/.test(text)) return true;
  const [, host = "", port] = dockerRemote.exec(text) ?? [];
  const portIsGood = port === undefined ? text.startsWith("ssh:") : isPort(Number(port));
  return portIsGood && isAddress(host.replace(/^\[(.*)\]$/, "$1"));
}

/** Whether a text is a well-formed image reference, such as `nginx:1.29` or `host:5000/team/app@sha256:…`. */
export function isImageReference(text: string): boolean {
  return imageReference.test(text);
}

/** Whether a text is a tag as images that are built from a folder get it: the start of the content's hash. */
export function isImageTag(text: string): boolean {
  return /^[0-9a-f]{12}$/.test(text);
}

/** Whether a value says how many copies are started at once: a number, or a percentage of them all. */
export function isSurge(value: number | string): boolean {
  if (typeof value === "string") return /^([1-9]\d?|100)%$/.test(value);
  return Number.isInteger(value) && value >= 1 && value <= 500;
}

/** Whether a text is `host[:port][/path]`, as images in a registry begin. */
export function isRegistryAddress(text: string): boolean {
  return registryAddress.test(text);
}

/** Whether a text is an absolute path in a container, in its shortest form, and not the root. */
export function isMountPath(text: string): boolean {
  return /^\/[^\s:]*[^\s:/]$/.test(text) && posix.normalize(text) === text;
}

/** Whether a text is an absolute path in a container, in its shortest form. */
export function isWorkingDir(text: string): boolean {
  return text === "/" || (/^\/[^\0]*[^/\0]$/.test(text) && posix.normalize(text) === text);
}

/** Whether a text names a user, or a user and a group, as Docker takes them: by number or by name. */
export function isUser(text: string): boolean {
  const name = "[A-Za-z_][\\w.-]{0,31}";
  if (!new RegExp(`^(?:\\d{1,10}|${name})(?::(?:\\d{1,10}|${name}))?$`).test(text)) return false;
  return text.split(":").every((id) => !/^\d/.test(id) || Number(id) < 2 ** 31);
}

/** Whether a text is a path inside a folder, in its shortest form. */
export function isInnerPath(text: string): boolean {
  return (
    text !== "" && !/^(\/|\.\.?(\/|$))/.test(text) && posix.normalize(text) === text && !text.endsWith("/")
  );
}

/** Whether a text is the path of a URL as a balancer matches it: no query, and nothing that HAProxy reads as syntax. */
export function isRoutePath(text: string): boolean {
  return text === "/" || /^(?:\/[\w.~%+@:,=-]+)+$/.test(text);
}

/** Whether a text can be asked for as it is by Consul, by HAProxy and by curl: path and query, in a URL's characters. */
export function isHealthPath(text: string): boolean {
  return text.length <= 255 && /^\/(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*$/.test(text);
}

/** Whether a text is a signal's name, and not one that ends or halts whoever gets it. */
export const isSignal = (text: string) => /^SIG(HUP|INT|QUIT|USR1|USR2|ALRM|TERM|CONT|WINCH|URG)$/.test(text);

/** Whether a text tells at least one byte, and no more than so many, that a check sends or waits for. */
export const isExchangeText = (most: number) => (text: string) => {
  const length = unescaped(text)?.length ?? 0;
  return length >= 1 && length <= most;
};

/** Whether a text can stand in the header Host. */
export function isCheckHost(text: string): boolean {
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return isAddress(host.replace(/^\[(.*)\]$/, "$1")) && (port === undefined || isPort(Number(port)));
}

/** Whether a text is the origin of a URL: a scheme, a host and perhaps a port. */
export function isOrigin(text: string): boolean {
  return /^https?:\/\/[^/@?#]+$/.test(text) && URL.canParse(text);
}

/** Whether a text can name a bucket of an object store. */
export const isBucket = (text: string) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text);

function isPort(port: number): boolean {
  return port >= 1 && port <= 65535;
}
