// What the tests of these pages share: a file that is none, and pictures of pages.

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
