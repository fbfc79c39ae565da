import path from "node:path";

/**
 * Folder of this package, seen from the project in which Pulumi runs the program: empty where that is this one, and otherwise
 * where the project has it as a dependency. Relative, since it stands in the state, which knows no machine.
 */
export const packageFolder = path.relative(process.cwd(), path.resolve(import.meta.dirname, ".."));
