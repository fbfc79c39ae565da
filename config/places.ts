import type { Path } from "./faults.ts";

/** Whether a value is handed to an application or a build as a text, and so must reach it as it was written. */
export function isVariable([section, , key, inner, map]: Path): boolean {
  return (
    isRun(section) &&
    (key === "env" ||
      key === "secrets" ||
      (key === "build" && inner === "args") ||
      (key === "requires" && (map === "env" || map === "secrets")))
  );
}

/** Whether a value stays a secret all the way, when it is given as one. */
export function canBeSecret(path: Path): boolean {
  const [section, key, third, , map] = path;
  if (section === "backups") return isBackupSecret(path);
  if (section === "registry") return key === "username" || key === "password";
  return (
    isRun(section) && (third === "env" || third === "secrets" || (third === "requires" && map === "secrets"))
  );
}

/** Values of backups that open what others must not see. */
const backupSecrets = ["password", "target.s3.accessKey", "target.s3.secretKey", "target.sftp.key"];

/** Whether a value is the password of backups, or a key of where they are kept. */
export function isBackupSecret([section, ...steps]: Path): boolean {
  return section === "backups" && backupSecrets.includes(steps.join("."));
}

const commands = ["dump", "load", "verify", "quiesce"];

/** Whether a value is never shown: what stands there may well be a secret, encrypted or not. */
export function isPrivate(path: Path): boolean {
  const [section, key, third] = path;
  return (
    (section === "registry" && key === "password") ||
    isVariable(path) ||
    isBackupSecret(path) ||
    (section === "backups" && key === "of" && commands.includes(String(path[3]))) ||
    (isRun(section) && (third === "command" || third === "entrypoint"))
  );
}

/** Whether what stands there is about containers of the user's own. */
const isRun = (section: Path[number] | undefined) => section === "services" || section === "jobs";
