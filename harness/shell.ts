export { attempt, type Outcome, type RunOptions as Options, run } from "../runtime/program.ts";
