// One clock for this process and for pages.

/** Wall-clock milliseconds with a fraction, comparable with `performance.timeOrigin + performance.now()` in a page. */
export const now = () => performance.timeOrigin + performance.now();
