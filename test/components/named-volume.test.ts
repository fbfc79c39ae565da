import { namedVolume } from "../../components/named-volume.ts";
import { deploy, find } from "../support/deploy.ts";

test.each([true, false])("a named volume, protected: %j", async (protect) => {
  const all = await deploy(() => {
    namedVolume("data", { stack: "test", host: "a", volume: "test--data" }, { protect });
  });
  expect(find(all, "Volume data")).toMatchObject({
    inputs: {
      name: "test--data",
      labels: [
        { label: "flotilla.host", value: "a" },
        { label: "flotilla.role", value: "volumes" },
        { label: "flotilla.stack", value: "test" },
      ],
    },
    protect,
    // Its name is taken until it is gone.
    deleteBeforeReplace: true,
    // Not worth the loss of what is in it.
    ignoreChanges: ["labels"],
  });
});
