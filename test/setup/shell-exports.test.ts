import { spawnSync } from "node:child_process";
import { exportLines } from "../../setup/shell-exports.ts";

test.each(["/plain/path", "a folder with spaces", 'it\'s $HOME, `id` and "more"; exit 1', "two\nlines"])(
  "%j reaches the shell as it is",
  (value) => {
    const script = `${exportLines({ folders: ["/bin"], variables: { FLOTILLA_TRY: value } })}printf %s "$FLOTILLA_TRY"`;
    expect(spawnSync("sh", ["-c", script], { encoding: "utf8" }).stdout).toBe(value);
  },
);

test("new folders go before the shell's own PATH, whatever their names", () => {
  const script = `PATH=/usr/bin:/bin; ${exportLines({ folders: ["/it's/one", "/two"], variables: {} })}printf %s "$PATH"`;
  expect(spawnSync("/bin/sh", ["-c", script], { encoding: "utf8" }).stdout).toBe(
    "/it's/one:/two:/usr/bin:/bin",
  );
});
