import fs from "node:fs";
import path from "node:path";
import mustache from "mustache";
import { packageFolder } from "./package-folder.ts";

/** Folder of the templates, relative to the project, in which Pulumi runs the program. */
export const TEMPLATES = path.join(packageFolder, "templates");

/**
 * A template's text with `view` put in. A name that the view lacks is an error, not an empty string. `{{> consul/tls.hcl}}`
 * stands for what is in templates/consul/tls.hcl.mustache.
 */
export function render(template: string, view: Readonly<Record<string, unknown>>): string {
  // The texts are configuration, not HTML: nothing is escaped.
  return mustache.render(template, strict(view), partial, { escape: String });
}

/** The same for a file below {@link TEMPLATES}. */
export function renderFile(file: string, view: Readonly<Record<string, unknown>>): string {
  return render(textOf(file), view);
}

const textOf = (file: string) => fs.readFileSync(path.join(TEMPLATES, file), "utf8");

const partial = (name: string) => textOf(`${name}.mustache`);

function strict(view: Readonly<Record<string, unknown>>): unknown {
  return new Proxy(view, {
    has: () => true,
    get(target, key) {
      if (typeof key === "string" && !(key in target)) throw new Error(`template value "${key}" is missing`);
      return Reflect.get(target, key);
    },
  });
}
