import type { Path } from "./faults.ts";

/** Whether a value is handed to an application or a build as a text, and so must reach it as it was written. */
export function isVariable([section, , key, inner]: Path): boolean {
  return isRun(section) && (key === "env" || key === "secrets" || (key === "build" && inner === "args"));
}

/** Whether a value stays a secret all the way, when it is given as one. */
export function canBeSecret([section, key, third]: Path): boolean {
  if (section === "registry") return key === "username" || key === "password";
  return isRun(section) && (third === "env" || third === "secrets");
}

/** Whether a value is never shown: what stands there may well be a secret, encrypted or not. */
export function isPrivate(path: Path): boolean {
  const [section, key, third] = path;
  return (
    (section === "registry" && key === "password") ||
    isVariable(path) ||
    (isRun(section) && (third === "command" || third === "entrypoint"))
  );
}

/** Whether what stands there is about containers of the user's own. */
const isRun = (section: Path[number] | undefined) => section === "services" || section === "jobs";
