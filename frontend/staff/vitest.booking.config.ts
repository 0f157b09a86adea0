import { defineConfig } from 'vitest/config';

const test = { testTimeout: 600_000, hookTimeout: 300_000, maxWorkers: 2 };

// Each file of visits has a service of its own (service.ts), so that two of them run at a time. The page
// checkers come afterwards, in a run of their own.
export default defineConfig({
  test: {
    ...test,
    projects: [
      { test: { ...test, name: 'visits', include: ['e2e-booking/*.e2e.ts'], exclude: ['e2e-booking/checkers.e2e.ts'], setupFiles: ['e2e-booking/service.ts'] } },
      { test: { ...test, name: 'checkers', include: ['e2e-booking/checkers.e2e.ts'] } },
    ],
  },
});
