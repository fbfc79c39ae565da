import { shortened } from "../../config/faults.ts";
import { parseEnvFile } from "./env-file.ts";
import type { ComposeFault } from "./faults.ts";
import { asMap, isMap } from "./merge.ts";
import type { Notes } from "./notes.ts";
import type { Project, Service } from "./project.ts";
import { hasSecretOf, isSecret } from "./secrecy.ts";
import { type Passage, Secret } from "./service.ts";

/** Variables of a service with their values: those of files first, then those that it names itself. */
export function environmentOf(
  project: Project,
  name: string,
  service: Service,
  notes: Notes,
  read: (path: string) => string | undefined,
): { env: Map<string, string>; faults: ComposeFault[] } {
  const env = new Map<string, string>();
  const faults: ComposeFault[] = [];
  const files = service.env_file === undefined ? [] : [service.env_file].flat();
  for (const [index, entry] of files.entries()) {
    const { path, required = true, format } = isMap(entry) ? entry : { path: entry };
    const file = String(path);
    const text = read(file);
    if (text === undefined) {
      if (String(required) === "false")
        notes.left(`env_file[${index}]`, `${file} is not there, and need not be`);
      else {
        const at = ["services", name, "env_file"];
        faults.push({ ...project.placeOf(at), path: at, message: `names ${file}, which can't be read` });
      }
      continue;
    }
    const found = parseEnvFile(text, project.lookup, format === "raw");
    for (const { line, message } of found.faults) faults.push({ file, line, path: [], message });
    for (const [variable, value] of found.values) env.set(variable, value);
    notes.taken(
      `env_file[${index}]`,
      `${found.values.size} variables of ${file}, which are then in the stack's file`,
    );
  }
  for (const [variable, value] of Object.entries(asMap(service.environment ?? {}))) {
    const known = value === null ? project.lookup(variable) : String(value);
    if (known !== undefined) env.set(variable, known);
    else if (!env.has(variable))
      notes.left(`environment.${variable}`, "has no value here, and so is not set");
  }
  return { env, faults };
}

/** Contents of the secrets that a service is given as files, where a variable `X_FILE` says where: X has them then. */
export function secretFiles(
  project: Project,
  name: string,
  service: Service,
  env: Map<string, string>,
  notes: Notes,
  read: (path: string) => string | undefined,
): { hidden: string[]; faults: ComposeFault[] } {
  const faults: ComposeFault[] = [];
  const hidden: string[] = [];
  for (const [index, entry] of [service.secrets ?? []].flat().entries()) {
    const { source, target = source, ...rights } = isMap(entry) ? entry : { source: entry };
    if (Object.keys(rights).length > 0)
      notes.left(
        `secrets[${index}].${Object.keys(rights).join(", ")}`,
        "there are secret variables, no files",
      );
    const said = String(target);
    const path = said.startsWith("/") ? said : `/run/secrets/${said}`;
    const [variable] = [...env].find(([one, value]) => one.endsWith("_FILE") && value === path) ?? [];
    const at = ["services", name, "secrets", index];
    if (variable === undefined) {
      notes.left(
        `secrets[${index}]`,
        `${source}: there are secret variables, no files; no variable *_FILE names ${path}`,
      );
      continue;
    }
    const definition = project.sections.secrets[String(source)];
    const { file, environment, external } = isMap(definition)
      ? definition
      : { external: definition !== undefined };
    const value =
      typeof file === "string"
        ? read(file)
        : environment === undefined
          ? undefined
          : project.lookup(String(environment));
    const plain = variable.replace(/_+FILE$/, "");
    if (value === undefined) {
      if (external !== undefined && external !== false) {
        notes.left(
          `secrets[${index}]`,
          `${source} is kept elsewhere: \`pulumi config set --secret\` as ${plain}`,
        );
        env.delete(variable);
      } else {
        const where =
          typeof file === "string"
            ? `the file ${file}`
            : environment === undefined
              ? "no definition"
              : `the variable ${environment}`;
        faults.push({
          ...project.placeOf(at),
          path: at,
          message: `wants the secret ${source}, of which there is ${where === "no definition" ? where : `nothing in ${where}`}`,
        });
      }
      continue;
    }
    env.delete(variable);
    // As the entrypoints of images read it.
    env.set(plain, value.replace(/\n+$/, ""));
    hidden.push(plain);
    notes.changed(
      `secrets[${index}]`,
      `${source}: ${plain} has it, in the place of ${shortened(variable)}; official images take both`,
    );
  }
  return { hidden, faults };
}

/** Variables that are left, in the open and encrypted. */
export function variables({ env, hidden, secrets, written, notes, port, service }: Passage): void {
  if (port !== undefined && env.has("PORT")) {
    if (env.get("PORT") === String(port)) notes.taken("environment", "PORT");
    else notes.changed("environment.PORT", `${port}: an application finds its port there`);
    env.delete("PORT");
  }
  const all = [...env];
  const isHidden = ([name, value]: [string, string]) =>
    hidden.has(name) || isSecret(name, value) || hasSecretOf(secrets, value);
  const secret = all.filter(isHidden);
  const open = all.filter((entry) => !isHidden(entry));
  if (open.length > 0) written.env = Object.fromEntries(open);
  if (secret.length > 0)
    written.secrets = Object.fromEntries(secret.map(([name, value]) => [name, new Secret(value)]));
  if (open.length > 0) notes.taken("environment", open.map(([name]) => name).join(", "));
  if (secret.length > 0) notes.taken("environment", `encrypted: ${secret.map(([name]) => name).join(", ")}`);
  if (service.environment !== undefined && !notes.keys.has("environment") && secret.length === 0)
    notes.taken("environment", "none");
}
