import type { Problem } from "../faults.ts";
import type { Secrecy } from "../secrecy.ts";
import type { Draft } from "../shapes.ts";
import { inPlainText } from "./secrecy.ts";

/** Rules on the credentials of the registry. */
export function registryRules({ registry }: Draft, { isEncrypted }: Pick<Secrecy, "isEncrypted">): Problem[] {
  if (!registry) return [];
  const { username, password } = registry;
  const places = [
    ["registry", "username"],
    ["registry", "password"],
  ];
  const problems: Problem[] = [];
  if ((username === undefined) !== (password === undefined)) {
    const [given, missing] = username === undefined ? ["password", "username"] : ["username", "password"];
    const message = `must be given, since registry.${given} is, got nothing`;
    problems.push({ path: ["registry", missing], message, about: places });
  }
  if (password !== undefined && !isEncrypted(["registry", "password"])) {
    problems.push(inPlainText(["registry", "password"]));
  }
  return problems;
}
