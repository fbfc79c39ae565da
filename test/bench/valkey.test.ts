import { parseValkeyBenchmark } from "../../bench/valkey.ts";

it("reads what valkey-benchmark prints", () => {
  const text = `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"SET","55026.41","0.478","0.096","0.415","0.903","2.655","12.343"
"GET","58800.47","0.444","0.088","0.391","0.815","2.175","9.967"
`;
  expect(parseValkeyBenchmark(text)).toEqual([
    { test: "SET", rps: 55_026.41, p99: 2.655 },
    { test: "GET", rps: 58_800.47, p99: 2.175 },
  ]);
});
