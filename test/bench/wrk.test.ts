import { parseWrk } from "../../bench/wrk.ts";

const healthy = `Running 6s test @ http://10.214.0.1:38080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    14.36ms   21.76ms 243.26ms   91.76%
    Req/Sec     6.22k     1.21k    9.30k    70.00%
  Latency Distribution
     50%    8.12ms
     75%   14.42ms
     90%   30.04ms
     99%  117.42ms
  37161 requests in 6.00s, 45.93MB read
Requests/sec:   6192.12
Transfer/sec:      7.65MB
cpu 0.312 1.108
`;

const ill = healthy
  .replace("117.42ms", "1.02s")
  .replace("8.12ms", "912.00us")
  .replace(
    "Requests/sec",
    "  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 50000\nRequests/sec",
  );

it("reads what wrk prints", () => {
  const { cpuSeconds, ...seen } = parseWrk(healthy);
  expect(seen).toEqual({ perSecond: 6192.12, p50: 8.12, p99: 117.42, failures: 0 });
  expect(cpuSeconds).toBeCloseTo(1.42);
});

it("counts every kind of failure, and knows wrk's units", () => {
  expect(parseWrk(ill)).toMatchObject({ p50: 0.912, p99: 1020, failures: 54_321 });
});
