import { dockerVolume, mountId, type VolumeSource } from "../../lib/volumes.ts";

const volume = (rest: Partial<VolumeSource> = {}): VolumeSource => ({
  name: "data",
  kind: "volume",
  options: {},
  perReplica: false,
  of: "web",
  ...rest,
});
const nfs = volume({ kind: "nfs", server: "10.0.0.9", source: "/export" });

test.each<[string, Partial<VolumeSource>, ReturnType<typeof dockerVolume>]>([
  ["one for all copies", {}, { name: "dev--web_data" }],
  ["another service's", { of: "store" }, { name: "dev--store_data" }],
  ["each copy's", { perReplica: true }, { name: "dev--web--2_data" }],
  ["a folder", { kind: "bind", source: "/srv" }, undefined],
  ["a driver's", { kind: "driver", driver: "disk" }, { name: "dev--web_data", driver: "disk" }],
  [
    "a driver's, told more",
    { kind: "driver", driver: "disk", options: { size: "10" } },
    { name: "dev--web_data", driver: "disk", driverOpts: { size: "10" } },
  ],
  [
    "an NFS server's",
    nfs,
    {
      name: `dev--web_data.${mountId(nfs)}`,
      driver: "local",
      driverOpts: { type: "nfs", o: "addr=10.0.0.9", device: ":/export" },
    },
  ],
])("%s", (_, rest, made) => {
  expect(dockerVolume("dev", volume(rest), 2)).toStrictEqual(made);
});

test("options of a mount, with values and without; others make another volume", () => {
  const mounted = { ...nfs, options: { nfsvers: "4", soft: "true" } };
  expect(dockerVolume("dev", mounted, 1)?.driverOpts?.o).toBe("addr=10.0.0.9,nfsvers=4,soft");
  expect(mountId(mounted)).toMatch(/^[0-9a-f]{8}$/);
  expect(mountId(mounted)).not.toBe(mountId(nfs));
});
