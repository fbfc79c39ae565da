import { X509Certificate } from "node:crypto";
import tls from "node:tls";
import { authorityOf, type Certificate, certificateOf } from "../../lib/certificates.ts";

const authority = authorityOf("secret");
const server = certificateOf("secret", "server.dc1.consul", "test--consul--1");
const agent = certificateOf("secret", "client.dc1.consul", "test--agent--local");

test("all of it follows from the secret, and each owner has a key of its own", () => {
  expect(authorityOf("secret")).toStrictEqual(authority);
  expect(certificateOf("secret", "server.dc1.consul", "test--consul--1")).toStrictEqual(server);
  const others = [
    authorityOf("another"),
    certificateOf("another", "server.dc1.consul", "test--consul--1"),
    certificateOf("secret", "server.dc1.consul", "test--consul--2"),
  ];
  const keys = [authority, server, agent, ...others].map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});

test("they are signed by the authority, which alone may sign, and never run out", () => {
  const [ca, certificate] = [authority, server].map((one) => new X509Certificate(one.certificate));
  expect([ca?.ca, certificate?.ca]).toStrictEqual([true, false]);
  expect(certificate?.verify((ca as X509Certificate).publicKey)).toBe(true);
  expect(certificate?.subjectAltName).toBe("DNS:server.dc1.consul");
  expect(certificate?.validTo).toBe("Dec 31 23:59:59 9999 GMT");
  expect(certificate?.serialNumber).not.toBe(ca?.serialNumber);
});

/** What becomes of a connection for which both sides show what they have: "well", or what is said against it. */
async function connected(client: Certificate, name: string): Promise<string> {
  const options = ({ certificate, key }: Certificate) => ({
    cert: certificate,
    key,
    ca: authority.certificate,
  });
  const listener = tls.createServer({ ...options(server), requestCert: true, rejectUnauthorized: true });
  const refused = new Promise<string>((resolve) =>
    listener.on("tlsClientError", ({ message }) => resolve(message)),
  );
  listener.on("secureConnection", (socket) => socket.end("well"));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  const socket = tls.connect({ port, host: "127.0.0.1", servername: name, ...options(client) });
  const answer = new Promise<string>((resolve) => {
    socket.on("data", (data) => resolve(data.toString()));
    socket.on("error", ({ message }) => resolve(message));
  });
  try {
    return await Promise.race([answer, refused]);
  } finally {
    socket.destroy();
    listener.close();
  }
}

const stranger = certificateOf("another", "client.dc1.consul", "test--agent--local");

test.each([
  ["an agent, at a server", agent, "server.dc1.consul", /^well$/],
  ["an agent, at a server of another data centre", agent, "server.dc2.consul", /does not match/],
  [
    "somebody whom another authority has signed for",
    stranger,
    "server.dc1.consul",
    /signature|certificate|unknown ca/i,
  ],
])("%s", async (_, client, name, outcome) => {
  expect(await connected(client, name)).toMatch(outcome);
});
