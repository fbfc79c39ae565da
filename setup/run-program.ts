export { attempt as run, lastLines, show } from "../runtime/program.ts";
