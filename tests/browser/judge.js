// How a page looks and reads, as a fixture: axe in light and dark, no sideways scrolling on a phone, a picture of each to
// look at (test-results/screens).
import path from 'node:path';

import { expect } from '@playwright/test';

const DESKTOP = { width: 1280, height: 860 };

/** `judge(page, name)`: the page as it stands now, in every appearance; `phone` is the size of the small one. */
export function judging(phone) {
  return {
    viewport: DESKTOP,
    judge: async ({ expectAccessible }, use, { config }) => {
      const folder = path.join(config.projects[0].outputDir, 'screens');
      await use(async (page, name) => {
        const shoot = (appearance) => page.screenshot({ path: path.join(folder, `${name}.${appearance}.png`), fullPage: true });
        await page.setViewportSize(DESKTOP);
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await expectAccessible(page);
          await shoot(colorScheme);
        }
        await page.setViewportSize(phone);
        await page.emulateMedia({ colorScheme: 'light' });
        await shoot('phone');
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width, `${name} is wider than a phone`).toBeLessThanOrEqual(phone.width);
        await expectAccessible(page);
        await page.setViewportSize(DESKTOP);
      });
    },
  };
}
