import { appendFileSync, copyFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInfo } from "./run-info.ts";

const version = /^VERSION = .*$/m;
const health = /(elif url\.path == "\/health":\n\s+)self\._send\(.*\)/;
const start = /^def main\(\):$/m;
const anywhere = /Server\(\("", port\)\)/;
const port = /^ {4}port = int\(.*\)$/m;

/** A folder with an application in it: a copy of the example, whose code the tests edit as its author would. */
export class Application {
  readonly folder: string;
  readonly #drilled: boolean;
  #base: string | undefined;

  /** For the drill, the example comes with what drill/application adds to it. */
  constructor(name: string, drilled = false) {
    this.folder = join(runInfo().folder, "applications", name);
    this.#drilled = drilled;
    this.restore();
  }

  /** Version 1.0.0 again, in good order. */
  restore(): void {
    cpSync(join(runInfo().root, "examples/simple-server"), this.folder, { recursive: true });
    if (this.#drilled) this.#addDrill();
    if (this.#base)
      writeFileSync(join(this.folder, "Dockerfile"), `FROM ${this.#base}\nCOPY *.py page.html /app/\n`);
  }

  /** Has it built from an image of its own from now on, in which all but its code is there already. */
  buildOn(image: string): void {
    this.#base = image;
    this.restore();
  }

  #addDrill(): void {
    cpSync(join(runInfo().root, "drill/application"), this.folder, { recursive: true });
    appendFileSync(join(this.folder, ".dockerignore"), "!drill.py\n!Dockerfile.other\n");
    appendFileSync(
      join(this.folder, "Dockerfile"),
      'COPY drill.py /app/\nCMD ["python3", "/app/drill.py"]\n',
    );
    copyFileSync(join(this.folder, "Dockerfile"), join(this.folder, "Dockerfile.other"));
  }

  setVersion(text: string): void {
    this.#edit(version, `VERSION = "${text}"`);
  }

  /** Answers its health check with an error. */
  breakHealth(): void {
    this.#edit(health, '$1self._send(500, "text/plain", "the database is on fire\\n")');
  }

  /** Ends as soon as it is started. */
  breakStart(): void {
    this.#edit(start, 'def main():\n    raise SystemExit("no configuration, no service")');
  }

  /** Listens where nobody asks. */
  listenElsewhere(): void {
    this.#edit(port, "    port = 9999");
  }

  /** Answers its health check well, but later than the balancers wait for it. */
  slowHealth(): void {
    this.#edit(health, '$1(time.sleep(1.2), self._send(200, "text/plain", "ok\\n"))');
  }

  /** Listens where only it itself asks. */
  listenInside(): void {
    this.#edit(anywhere, 'Server(("127.0.0.1", port))');
  }

  /** Answers its health check as it should, and ends 2.5 s after the first time. */
  breakLater(): void {
    const end = 'lambda: (print("so far, so good", flush=True), os._exit(3))';
    this.#edit(health, `$1threading.Timer(2.5, ${end}).start(); self._send(200, "text/plain", "ok\\n")`);
  }

  #edit(pattern: RegExp, text: string): void {
    const file = join(this.folder, "server.py");
    const code = readFileSync(file, "utf8");
    if (!pattern.test(code)) throw new Error(`${file} has no ${pattern}`);
    writeFileSync(file, code.replace(pattern, text));
  }
}
