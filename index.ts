import { deploy } from "./components/deployment.ts";

/** The program: what it returns are the stack's outputs. */
export default async function flotilla() {
  return (await deploy()).outputs;
}
