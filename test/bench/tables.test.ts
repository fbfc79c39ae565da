import type { Row } from "../../bench/statistics.ts";
import { rounded, table } from "../../bench/tables.ts";

it.each([
  [0, "0"],
  [0.00049, "0.000"],
  [0.0512, "0.051"],
  [1.234, "1.23"],
  [12.34, "12.3"],
  [123.4, "123"],
  [12_345.6, "12346"],
])("rounds %p to %p", (value, text) => {
  expect(rounded(value)).toBe(text);
});

it("writes Markdown with a column for each contestant and each comparison", () => {
  const rows: Row[] = [
    {
      what: "up, s",
      rounds: 3,
      figures: { flotilla: { median: 10, min: 9, max: 11 }, compose: { median: 5, min: 5, max: 5 } },
      ratios: { compose: { median: 2, min: 1.8, max: 2.2 } },
    },
    { what: "preview, s", rounds: 3, figures: { flotilla: { median: 3, min: 3, max: 3 } }, ratios: {} },
  ];
  expect(table(rows)).toBe(
    `
|            | flotilla           | compose | flotilla / compose  |
| ---------- | ------------------ | ------- | ------------------- |
| up, s      | 10.0 (9.00 – 11.0) | 5.00    | 2.00× (1.80 – 2.20) |
| preview, s | 3.00               |         |                     |
`.trim(),
  );
});
