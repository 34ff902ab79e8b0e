// What the tests of these pages share: a file that is none, pictures of pages, and whether a page fits its screen.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** The beginning of a PNG picture. */
export function png() {
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(64)]);
}

/** Keeps a picture of the page, light and dark, where `PICTURES` says; nowhere unless it does. */
export async function shown(page, name) {
  const folder = process.env.PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Nothing is wider than the screen: not the document, not the page that scrolls in it, and no name of a way in the rail than its column. */
export async function fits(page, what) {
  const { over, cut } = await page.evaluate(() => {
    const wide = [document.documentElement, document.querySelector('main')].map((element) => element.scrollWidth);
    const ways = [...document.querySelectorAll('.rail a')].filter((way) => way.scrollWidth > way.clientWidth);
    return { over: Math.max(...wide) - window.innerWidth, cut: ways.map((way) => way.textContent) };
  });
  assert.ok(over <= 0, `${what} is ${over} px too wide`);
  assert.deepEqual(cut, [], `names in the rail beside ${what} that their columns do not hold`);
}
