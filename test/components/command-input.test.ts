import { programCommand } from "../../components/command-input.ts";
import { deploy, find } from "../support/deploy.ts";

jest.mock("../../lib/package-folder.ts", () => ({ packageFolder: "node_modules/flotilla" }));

test("programs of a dependency are run where it is, and without their types", async () => {
  const resources = await deploy(() => programCommand("routes", { update: "routes.ts --all" }, {}, {}));
  expect(find(resources, "Command routes").inputs.update).toBe(
    "exec node --import ./node_modules/flotilla/setup/strip-types.js node_modules/flotilla/commands/routes.ts --all",
  );
});
