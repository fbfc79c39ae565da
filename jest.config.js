import { availableParallelism } from "node:os";

const shared = {
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "commonjs" } },
    ],
  },
  testEnvironment: "node",
  // Three quarters of what @pulumi/pulumi takes to load, for serialising functions, which nothing here does.
  moduleNameMapper: { "^(@npmcli/arborist|typescript)$": "<rootDir>/test/support/nothing.ts" },
};

export default {
  // Programs of ours that tests start wait much of their time.
  maxWorkers: availableParallelism() + 1,
  projects: [
    {
      ...shared,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["<rootDir>/test/e2e/"],
    },
    { ...shared, displayName: "e2e", testMatch: ["<rootDir>/test/e2e/**/*.test.ts"] },
  ],
};
