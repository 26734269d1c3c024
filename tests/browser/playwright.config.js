// How the browser tests run: Debian's chromium, headless, one worker a core, no retry: a test that needs one is mended.
import { defineConfig } from '@playwright/test';

const ci = Boolean(process.env.CI);

export default defineConfig({
  testDir: './specs',
  outputDir: './test-results',
  forbidOnly: ci,
  retries: 0,
  workers: 2,
  // A busy machine is slow, not wrong: waiting longer costs only where something fails.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ?? 'test-results/report.json' }]],
  use: {
    browserName: 'chromium',
    headless: true,
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.PUNCHGATE_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        // The tests may run as root in a container, where chromium's sandbox cannot.
        '--no-sandbox',
        '--disable-gpu',
        // Nothing but the pages under test: no calls home, no updates.
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
