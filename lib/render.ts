import fs from "node:fs";
import path from "node:path";
import mustache from "mustache";

/** Folder of the templates, relative to the project, in which Pulumi runs the program. */
export const TEMPLATES = "templates";

/** A template's text with `view` put in. A name that the view lacks is an error, not an empty string. */
export function render(template: string, view: Readonly<Record<string, unknown>>): string {
  // The texts are configuration, not HTML: nothing is escaped.
  return mustache.render(template, strict(view), {}, { escape: String });
}

/** The same for a file below {@link TEMPLATES}. */
export function renderFile(file: string, view: Readonly<Record<string, unknown>>): string {
  return render(fs.readFileSync(path.join(TEMPLATES, file), "utf8"), view);
}

function strict(view: Readonly<Record<string, unknown>>): unknown {
  return new Proxy(view, {
    has: () => true,
    get(target, key) {
      if (typeof key === "string" && !(key in target)) throw new Error(`template value "${key}" is missing`);
      return Reflect.get(target, key);
    },
  });
}
