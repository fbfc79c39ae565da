import { ask } from "../../preflight/engine.ts";
import { replicaVolumes, volumeFaults } from "../../preflight/volumes.ts";
import { settingsFrom } from "../support/settings-from.ts";

jest.mock("../../preflight/engine.ts");
const asked: string[] = [];

/** What an engine that has the folder /there and the drivers `local` and `disk` answers. */
async function answer(args: readonly string[]): Promise<string> {
  const words = args.join(" ");
  asked.push(words);
  if (words.startsWith("volume ls"))
    return "test--web--2_data\ntest--web--10_data\ntest--logs\ntest--web_data\n";
  if (words.startsWith("info")) return '["local"]\n';
  if (words.startsWith("plugin ls")) return "disk:latest\n";
  if (words.startsWith("volume rm")) return "";
  if (words.startsWith("volume create --driver old")) return "";
  if (words.startsWith("volume create"))
    throw new Error('Error response from daemon: create x: error looking up volume plugin "none"\n');
  if (words.includes('"source=/there"'))
    throw new Error("Error response from daemon: No such image: flotilla/no-image:none");
  throw new Error(
    'a warning\nError response from daemon: invalid mount config for type "bind": bind source path does not exist: /none',
  );
}

beforeEach(() => {
  asked.length = 0;
  jest.mocked(ask).mockImplementation((_, ...args) => answer(args));
});

const settingsWith = (...volumes: object[]) => {
  const all = volumes.map((volume, index) => ({ name: `v${index}`, path: `/v${index}`, ...volume }));
  const rollout = { order: "stop-first" };
  const settings = settingsFrom({ services: { web: { image: "nginx", port: 80, volumes: all, rollout } } });
  const [host] = settings.hosts;
  if (!host) throw new Error("no host");
  return [settings, host] as const;
};
const driver = (name: string) => ({ kind: "driver", driver: name });

test.each<[string, object, string[]]>([
  ["a named volume", {}, []],
  ["a folder", { kind: "bind", source: "/there" }, []],
  [
    "a folder that is not there",
    { kind: "bind", source: "/none" },
    [
      'host local: folder /none, wanted as a volume (flotilla:services.web.volumes[0].source), is not to be had: invalid mount config for type "bind": bind source path does not exist: /none. Make it.',
    ],
  ],
  ["a driver", driver("local"), []],
  ["a plugin", driver("disk"), []],
  ["a plugin that no list has", driver("old"), []],
  [
    "a driver that is not there",
    driver("none"),
    [
      'host local: volume driver none, wanted for a volume (flotilla:services.web.volumes[0].driver), is not to be had: create x: error looking up volume plugin "none". Install it.',
    ],
  ],
])("%s", async (_, volume, faults) => {
  expect(await volumeFaults(...settingsWith(volume))).toStrictEqual(faults);
});

test("a folder that another service owns is told of once", async () => {
  const folder = { name: "data", path: "/data" };
  const services = {
    store: {
      image: "store",
      port: 81,
      route: { path: "/store" },
      hosts: ["a"],
      volumes: [{ ...folder, kind: "bind", source: "/none" }],
    },
    web: { image: "nginx", port: 80, volumes: [{ ...folder, owner: "store" }] },
  };
  const hosts = {
    a: { docker: "ssh://a", address: "10.0.0.1" },
    b: { docker: "ssh://b", address: "10.0.0.2" },
  };
  const settings = settingsFrom({ hosts, services });
  const keys = await Promise.all(
    settings.hosts.map(async (host) =>
      (await volumeFaults(settings, host)).map((fault) => /\((flotilla:\S+)\)/.exec(fault)?.[1]),
    ),
  );
  expect(keys).toStrictEqual([
    ["flotilla:services.store.volumes[0].source"],
    ["flotilla:services.web.volumes[0].owner"],
  ]);
});

test("nothing is made, and nothing asked where there is no need", async () => {
  await volumeFaults(...settingsWith({}));
  expect(asked).toStrictEqual([]);
  await volumeFaults(...settingsWith({ kind: "bind", source: "/there" }, driver("old")));
  expect(asked).toStrictEqual([
    'create --pull never --mount type=bind,"source=/there",target=/folder flotilla/no-image:none',
    "info --format {{json .Plugins.Volume}}",
    "plugin ls --filter enabled=true --format {{.Name}}",
    "volume create --driver old flotilla-probe",
    "volume rm flotilla-probe",
  ]);
});

test("volumes that copies have had", async () => {
  const [settings, host] = settingsWith({ name: "data", perReplica: true });
  expect(await replicaVolumes(settings, host)).toStrictEqual(["test--web--10_data", "test--web--2_data"]);
  expect(asked).toStrictEqual([
    "volume ls --format {{.Name}} --filter label=flotilla.host=local --filter label=flotilla.role=volumes --filter label=flotilla.stack=test",
  ]);
  expect(await replicaVolumes(...settingsWith({ name: "data" }))).toStrictEqual([]);
});
