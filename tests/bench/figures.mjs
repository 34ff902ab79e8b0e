// One line of JSON per figure on standard output, and everything else that a reader should know on standard error.

/** The value below which this share of the measurements lies (nearest rank). */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Prints a figure of many runs. A figure without runs is not a figure. */
export function report(name, unit, values) {
  const bad = values.filter((value) => !Number.isFinite(value)).length;
  if (values.length === 0 || bad > 0) return missing(name, values.length === 0 ? 'no run succeeded' : `${bad} runs have no value`);
  const [median, p95, p99] = [0.5, 0.95, 0.99].map((share) => rounded(quantile(values, share)));
  console.log(JSON.stringify({ name, unit, median, p95, p99, runs: values.length }));
}

/** Prints a figure that is one number: a size, or the highest step of a ladder that was climbed once. */
export function single(name, unit, value) {
  if (!Number.isFinite(value)) return missing(name, 'it has no value');
  console.log(JSON.stringify({ name, unit, median: rounded(value), runs: 1 }));
}

/** Says why a figure is not there. */
export function missing(name, why) {
  console.error(`NO FIGURE ${name}: ${why}`);
}

/** What a figure's number does not say by itself. */
export function note(words) {
  console.error(words);
}

function rounded(value) {
  return Number(value.toPrecision(4));
}
