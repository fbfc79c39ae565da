import {
  isAddress,
  isAddressBlock,
  isCheckHost,
  isDnsName,
  isDockerEndpoint,
  isHealthPath,
  isImageReference,
  isInnerPath,
  isKey,
  isMountPath,
  isRegistryAddress,
  isRoutePath,
  isUnicast,
  isUser,
  isWorkingDir,
} from "../../config/formats.ts";

const digest = `sha256:${"0".repeat(64)}`;

const cases: [(text: string) => boolean, string[], string[]][] = [
  [
    isKey,
    ["a", "web", "web-a1", "a".repeat(24)],
    ["", "Web", "1a", "a--b", "a-", "-a", "a_b", "a".repeat(25)],
  ],
  [
    isDnsName,
    ["localhost", "a.example.com", "A-1.b", "1.example"],
    ["", "a..b", "-a.b", "a-.b", "1.2.3.4", "a_b", "a b", "a.", `${"a".repeat(64)}.b`],
  ],
  [
    isAddress,
    ["127.0.0.1", "::1", "fe80::1", "host.example"],
    ["", "256.1.1.1", "1.2.3", "host:80", "[::1]"],
  ],
  [
    isUnicast,
    ["10.0.0.1", "1.0.0.0", "126.255.255.255", "128.0.0.1", "203.0.113.7", "223.255.255.255"],
    [
      "",
      "0.0.0.0",
      "127.0.0.1",
      "127.255.0.1",
      "224.0.0.1",
      "255.255.255.255",
      "10.0.0",
      "10.0.0.256",
      "10.0.0.01",
      "10.0.0.1/32",
      "10.0.0.1:8300",
      "::1",
      "::ffff:10.0.0.1",
      "host.example",
    ],
  ],
  [
    isAddressBlock,
    ["127.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32", "::1", "2001:db8::/32", "::ffff:192.0.2.1/128"],
    [
      "",
      "/8",
      "10.0.0.0/33",
      "10.0.0.0/08",
      "10.0.0.0/",
      "10.0.0/8",
      "::/129",
      "fe80::1%eth0",
      "host",
      "::1/8/8",
      " ::1",
    ],
  ],
  [
    isUser,
    ["0", "1000:1000", "www-data", "_apt:nogroup", "postgres:0", "2147483647"],
    ["", ":", "a:", ":a", "1:2:3", "-a", "a b", "2147483648", "1000:99999999999", "a".repeat(33)],
  ],
  [isWorkingDir, ["/", "/app", "/my files/b.c"], ["", ".", "app", "/app/", "//app", "/app/../etc", "/a\0b"]],
  [
    isHealthPath,
    ["/", "/up", "/a'b", "/health?deep=1&x=%20", `/${"a".repeat(254)}`, "/a(b)/~c;d"],
    ["", "up", "/a b", '/a"b', "/a\\b", "/a#b", "/a\nb", "/%zz", "/ä", "/{x}", `/${"a".repeat(255)}`],
  ],
  [
    isCheckHost,
    ["localhost", "shop.example", "shop.example:8080", "127.0.0.1", "[::1]:80"],
    ["", "shop.example:", "shop.example:0", "a b", 'a"b', "a%b", "::1:80:x", "a.example:99999"],
  ],
  [
    isDockerEndpoint,
    [
      "unix:///var/run/docker.sock",
      "ssh://host",
      "ssh://me@host.example:2222",
      "ssh://me@[fe80::1]:22",
      "tcp://10.0.0.1:2376",
      "tcp://[::1]:2376",
    ],
    [
      "",
      "unix://docker.sock",
      "unix:///",
      "/var/run/docker.sock",
      "ssh://",
      "ssh://me:password@host",
      "ssh://host/path",
      "ssh://host:0",
      "tcp://host",
      "tcp://host:65536",
      "tcp://me@host:1",
      "http://host:1",
    ],
  ],
  [
    isImageReference,
    ["nginx", "nginx:1.29", "team/app", "host:5000/team/app:v1", `ghcr.io/a/b_c@${digest}`, `a:1@${digest}`],
    [
      "",
      "Nginx",
      "nginx:",
      "nginx:-1",
      "https://host/app",
      "a b",
      "a//b",
      "host:5000/",
      `a@sha256:${"0".repeat(63)}`,
    ],
  ],
  [
    isRegistryAddress,
    ["registry.example.com", "localhost:5000", "registry.example.com/team/apps"],
    ["", "https://host", "host/", "host/Team", "host:port", "me@host"],
  ],
  [
    isMountPath,
    ["/data", "/var/lib/app"],
    ["", "/", "data", "/data/", "/a/../b", "/a//b", "/a b", "/a:ro", "//a"],
  ],
  [
    isInnerPath,
    ["Dockerfile", "docker/app.Dockerfile"],
    ["", "/Dockerfile", "../Dockerfile", ".", "a/", "a/../b"],
  ],
  [
    isHealthPath,
    ["/", "/health", "/a/b.c?d=e&f=%20", "//", "/~a!$&'()*+,;=:@-_", `/${"a".repeat(254)}`],
    [
      "",
      "health",
      "/a b",
      "/a#b",
      '/a"b',
      "/a\\b",
      "/a%2",
      "/a%zz",
      "/é",
      "/a\nb",
      "/a\0",
      `/${"a".repeat(255)}`,
    ],
  ],
  [
    isRoutePath,
    ["/", "/api", "/api/v1.0", "/~me/a_b-c"],
    ["", "api", "/api/", "/a//b", "/a b", "/a?b", "/a#b", "/a}", "/'a'", '/"'],
  ],
];

describe.each(cases.map(([fits, ...texts]) => ({ name: fits.name, fits, texts })))(
  "$name",
  ({ fits, texts: [good, bad] }) => {
    test.each(good)("takes %j", (text) => {
      expect(fits(text)).toBe(true);
    });
    test.each(bad)("refuses %j", (text) => {
      expect(fits(text)).toBe(false);
    });
  },
);
