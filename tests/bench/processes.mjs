// What the platform's processes use: `strowger` and the functions it runs.

import { readFileSync, readdirSync } from 'node:fs';

/** The process and all below it. */
export function tree(root) {
  const children = new Map();
  for (const name of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = Number(field(name, 1));
    if (parent) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** Resident memory of the platform in MB, shared pages counted once: the sum of proportional set sizes. */
export function resident(root) {
  const all = tree(root).map((pid) => Number(/^Pss: +(\d+) kB/m.exec(text(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1000);
  const mb = all.reduce((sum, one) => sum + one, 0);
  return { mb, words: `${all[0].toFixed(0)} MB of it strowger, ${(mb - all[0]).toFixed(0)} MB its ${all.length - 1} functions` };
}

/** Processor time used so far, in milliseconds; a clock tick is 10 ms on Linux. */
export function cpuMs(pids) {
  return pids.reduce((sum, pid) => sum + 10 * (Number(field(pid, 11) ?? 0) + Number(field(pid, 12) ?? 0)), 0);
}

/** A field of `/proc/<pid>/stat`, counted from the one after the name. */
function field(pid, at) {
  return text(`/proc/${pid}/stat`).split(') ').at(-1).split(' ')[at];
}

/** A process may end while it is looked at. */
function text(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
