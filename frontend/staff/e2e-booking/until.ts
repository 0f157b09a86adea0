// Waiting for what happens, never for a time.

/** Asks again until the answer is neither empty nor false, and returns it. */
export async function eventually<T>(ask: () => T | Promise<T>, what: string, seconds = 120): Promise<Exclude<T, false | undefined | ''>> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined && answer !== '') return answer as Exclude<T, false | undefined | ''>;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
