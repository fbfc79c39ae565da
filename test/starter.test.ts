import fs from "node:fs";

const read = (file: string) => JSON.parse(fs.readFileSync(file, "utf8"));

test("a project that starter/ begins has what this one has, in the same versions", () => {
  const [starter, own] = [read("starter/package.json"), read("package.json")];
  expect(own).toMatchObject({
    type: starter.type,
    engines: starter.engines,
    dependencies: starter.dependencies,
    devDependencies: starter.devDependencies,
  });
});

test("its scripts are programs that there are", () => {
  const { scripts } = read("starter/package.json") as { scripts: Record<string, string> };
  const files = Object.values(scripts).flatMap((line) => line.split("node_modules/flotilla/").slice(1));
  expect(files.filter((file) => !fs.existsSync(file))).toEqual([]);
  expect(files).toHaveLength(9);
});
