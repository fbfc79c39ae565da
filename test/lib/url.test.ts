import { httpUrl } from "../../lib/url.ts";

test.each([
  ["127.0.0.1", "http://127.0.0.1:8080/"],
  ["web.example", "http://web.example:8080/"],
  ["::1", "http://[::1]:8080/"],
  ["2001:db8::7", "http://[2001:db8::7]:8080/"],
])("%s", (address, url) => {
  expect(httpUrl(address, 8080)).toBe(url);
  expect(new URL(url).port).toBe("8080");
});
