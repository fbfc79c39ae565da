import type { Path } from "./faults.ts";

/** Whether a value is handed to an application or a build as a text, and so must reach it as it was written. */
export function isVariable([section, , key, inner, map]: Path): boolean {
  return (
    section === "services" &&
    (key === "env" ||
      key === "secrets" ||
      (key === "build" && inner === "args") ||
      (key === "requires" && (map === "env" || map === "secrets")))
  );
}

/** Whether a value stays a secret all the way, when it is given as one. */
export function canBeSecret([section, key, third, , map]: Path): boolean {
  if (section === "registry") return key === "username" || key === "password";
  return (
    section === "services" &&
    (third === "env" || third === "secrets" || (third === "requires" && map === "secrets"))
  );
}

/** Whether a value is never shown: what stands there may well be a secret, encrypted or not. */
export function isPrivate(path: Path): boolean {
  const [section, key, third] = path;
  return (
    (section === "registry" && key === "password") ||
    isVariable(path) ||
    (section === "services" && (third === "command" || third === "entrypoint"))
  );
}
