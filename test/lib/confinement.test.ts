import { ownConfinement, serviceConfinement } from "../../lib/confinement.ts";

test.each([
  ["front", []],
  ["balancer", ["CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"]],
  ["consul", []],
  ["agent", []],
  ["warden", []],
  ["keeper", ["CAP_DAC_OVERRIDE", "CAP_FOWNER"]],
  ["volumes", []],
] as const)("%s has these capabilities, and no others: %j", (role, add) => {
  expect(ownConfinement(role)).toMatchObject({
    capabilities: { add, drop: ["ALL"] },
    noNewPrivileges: true,
  });
});

test.each([
  [{ add: [], drop: [] }, ["CAP_NET_RAW"]],
  [{ add: ["CAP_SYS_TIME"], drop: ["CAP_KILL"] }, ["CAP_KILL", "CAP_NET_RAW"]],
  [{ add: ["CAP_NET_RAW"], drop: [] }, []],
  [{ add: ["ALL"], drop: [] }, []],
  [{ add: ["ALL"], drop: ["CAP_KILL"] }, ["CAP_KILL"]],
  [{ add: [], drop: ["CAP_NET_RAW"] }, ["CAP_NET_RAW"]],
  [{ add: ["CAP_KILL"], drop: ["ALL"] }, ["ALL"]],
])("a service with %j has these dropped: %j", (capabilities, drop) => {
  const service = { capabilities, noNewPrivileges: true, readOnly: false };
  expect(serviceConfinement(service)).toStrictEqual({
    ...service,
    capabilities: { add: capabilities.add, drop },
  });
});

test("a capability that is named twice is one", () => {
  const capabilities = { add: ["CAP_KILL", "CAP_KILL"], drop: ["CAP_CHOWN", "CAP_NET_RAW", "CAP_CHOWN"] };
  const confinement = serviceConfinement({ capabilities, noNewPrivileges: true, readOnly: false });
  expect(confinement.capabilities).toStrictEqual({ add: ["CAP_KILL"], drop: ["CAP_CHOWN", "CAP_NET_RAW"] });
});

test.each([
  [{}, {}],
  [{ user: "me" }, { user: "me" }],
])("its user, where it has one: %j", (given, user) => {
  const service = { capabilities: { add: ["ALL"], drop: [] }, noNewPrivileges: false, readOnly: true };
  expect(serviceConfinement({ ...service, ...given })).toStrictEqual({ ...service, ...user });
});
