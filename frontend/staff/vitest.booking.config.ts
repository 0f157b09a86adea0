import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['e2e-booking/**/*.e2e.ts'],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
