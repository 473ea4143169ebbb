/** The test host's stand-in for CometAPI as a process beside the tests. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The test host's program: named by `HOST_TEST`, or where its build puts it. */
export function hostTest(): string | undefined {
  const named = process.env.HOST_TEST;
  if (named) return named;
  const built = fileURLToPath(new URL('../../../target/debug/host-test', import.meta.url));
  return existsSync(built) ? built : undefined;
}

/** One request as the stand-in saw it. */
export interface Recorded {
  'at-ms': number;
  method: string;
  path: string;
  headers: Record<string, string>;
  credential: 'none' | 'right' | 'wrong';
  body: unknown;
  outcome: 'pending' | 'finished' | 'aborted';
}

/** The stand-in's record. */
export interface Seen {
  requests: Recorded[];
  'key-leaks': number;
  'went-elsewhere': number;
}

export class StandIn implements AsyncDisposable {
  private constructor(
    private readonly process: ChildProcess,
    readonly baseUrl: string,
    readonly key: string,
    /** The certificate to trust, where it speaks TLS. */
    readonly authority: string | undefined,
  ) {}

  /** Starts one; `tls` names a handshake. */
  static async start(tls?: string): Promise<StandIn> {
    const program = hostTest();
    if (!program) throw new Error("the test host is not built; run 'cargo build --workspace'");
    const child = spawn(program, ['stand-in', '--json', ...(tls ? ['--tls', tls] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((first, failed) => {
      createInterface(child.stdout).once('line', first);
      child.once('error', failed);
      child.once('exit', (code) => failed(new Error(`the stand-in ended with ${code}`)));
    });
    const started = JSON.parse(line) as { 'base-url': string; key: string; authority?: string };
    return new StandIn(child, started['base-url'], started.key, started.authority);
  }

  /** The requests so far. Not available from a stand-in that uses TLS. */
  async seen(): Promise<Seen> {
    const response = await fetch(new URL('/stand-in/record', this.baseUrl));
    return (await response.json()) as Seen;
  }

  /** Selects the scenario that responds at a path; `null` removes it. */
  async script(path: string, scenario: string | null): Promise<void> {
    const response = await fetch(new URL('/stand-in/script', this.baseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path, scenario }),
    });
    if (!response.ok) throw new Error(await response.text());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((end) => this.process.once('exit', end));
    this.process.kill('SIGINT');
    await ended;
  }
}
