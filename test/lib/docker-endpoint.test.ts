import {
  addressOf,
  clientFlags,
  endpointOf,
  isLocal,
  providerArgs,
  tlsOf,
} from "../../lib/docker-endpoint.ts";

const plain = endpointOf("unix:///var/run/docker.sock", undefined);
const byTls = endpointOf("tcp://a:2376", "certs/a");

test("an endpoint without certificates of its own is its address alone, as it has always been", () => {
  expect(plain).toBe("unix:///var/run/docker.sock");
  expect([addressOf(plain), tlsOf(plain), isLocal(plain)]).toStrictEqual([plain, undefined, true]);
  expect(clientFlags(plain)).toStrictEqual(["--host", plain]);
  expect(providerArgs(plain)).toStrictEqual({ host: plain });
});

test("one with certificates hands them to the client and to the provider, and has the engine's looked at", () => {
  expect([addressOf(byTls), tlsOf(byTls), isLocal(byTls)]).toStrictEqual(["tcp://a:2376", "certs/a", false]);
  expect(clientFlags(byTls)).toStrictEqual([
    "--host",
    "tcp://a:2376",
    "--tlsverify",
    "--tlscacert=certs/a/ca.pem",
    "--tlscert=certs/a/cert.pem",
    "--tlskey=certs/a/key.pem",
  ]);
  expect(providerArgs(byTls)).toStrictEqual({ host: "tcp://a:2376", certPath: "certs/a" });
});
