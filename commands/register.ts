/**
 * Has the right instances of a service serve on a host (see `Registrar`). Called by the registration of a pool. With `--batch`
 * only the instances named, and those whose places they take, are dealt with, and the latter stopped. `--withdraw` takes all
 * instances out where the service does not run on the host any more.
 */

import { main } from "../runtime/command.ts";
import { longestTime, type RegisterArgs, Registrar } from "./support/registrar.ts";

main<RegisterArgs>((args) => {
  const registrar = new Registrar(args);
  if (process.argv.includes("--withdraw")) return registrar.withdraw();
  return process.argv.includes("--batch") ? registrar.replaceBatch() : registrar.reconcile();
}, longestTime);
