import fs from "node:fs";
import { ownImages } from "../../../lib/images/own-images.ts";
import { planImages } from "../../../lib/images/plan.ts";
import { hostsWithAll } from "../../support/hosts.ts";
import { inScratchProject } from "../../support/scratch-project.ts";
import { settingsFrom } from "../../support/settings-from.ts";

const hosts = Object.fromEntries(
  ["a", "b", "c"].map((key, i) => [key, { docker: `tcp://${key}:2376`, address: `10.0.0.${i + 1}` }]),
);
const others = ownImages.filter((role) => role !== "programs" && role !== "backup");

/** The plan of our own images for some services, on hosts of which all but one have every image. */
function planOf(services: Record<string, object>, lacking = "none", backups?: object) {
  const view = { ...hostsWithAll, has: (host: string) => host !== lacking };
  const settings = settingsFrom({
    hosts,
    ...(backups && { backups }),
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => [
        name,
        { image: "nginx", port: 80, route: { path: `/${name}` }, ...service },
      ]),
    ),
  });
  return planImages(settings, view).own;
}

test("all hosts are to have our own images, but for those of our programs, which nothing runs where no copies move and nothing is backed up", () =>
  inScratchProject(async () => {
    const own = planOf({ web: {} });
    expect([...own].map(([role, plan]) => [role, plan.hosts])).toStrictEqual(
      others.map((role) => [role, ["a", "b", "c"]]),
    );
    expect(fs.readdirSync(".flotilla/test").sort()).toStrictEqual(others.toSorted());
  }));

test("the image of our programs is for the hosts of services whose copies move or listen, and missed by those alone", () =>
  inScratchProject(async () => {
    const services = {
      web: { replicasPer: "datacenter", hosts: ["b", "a"] },
      api: { replicasPer: "datacenter", hosts: ["b"] },
      db: { hosts: ["c"] },
    };
    const { hosts, missing } = planOf(services, "b").get("programs") ?? {};
    expect([hosts, missing?.on]).toStrictEqual([["a", "b"], ["b"]]);
    expect(planOf(services, "c").get("programs")?.missing.on).toStrictEqual([]);
  }));

test("the image that backs up is for the hosts that have something to back up", () =>
  inScratchProject(async () => {
    const services = {
      db: { hosts: ["c", "b"], volumes: [{ name: "data", path: "/data" }] },
      web: { volumes: [{ name: "data", path: "/data", owner: "db" }], hosts: ["c"] },
    };
    const backups = { target: { folder: "/backups" }, password: "a long password", of: {} };
    const planFor = (of: object) => planOf(services, "b", { ...backups, of }).get("backup");
    const { hosts, missing } = planFor({ db: { service: "db" } }) ?? {};
    expect([hosts, missing?.on]).toStrictEqual([["b", "c"], ["b"]]);
    expect(planFor({ consul: { consul: true } })?.hosts).toStrictEqual(["a"]);
    expect(fs.existsSync(".flotilla/test/backup/program/commands/backup-task.ts")).toBe(true);
  }));

test("jobs have our programs on their hosts, and images of their own where they have no service's", () =>
  inScratchProject(async () => {
    const jobs = {
      tidy: { service: "web", command: ["tidy"], schedule: "@daily", host: "b" },
      report: { image: "report:1", once: true, host: "c" },
    };
    const settings = settingsFrom({ hosts, services: { web: { image: "nginx", port: 80 } }, jobs });
    const plans = planImages(settings, hostsWithAll);
    expect(plans.own.get("programs")?.hosts).toStrictEqual(["b", "c"]);
    expect([...plans.jobs.keys()]).toStrictEqual(["report"]);
    expect([...plans.services.keys()]).toStrictEqual(["web"]);
  }));
