// Clocks in the page: each moment is noted where it happens, so that asking from outside costs nothing.

/** Runs in the page once: notes when incoming calls appear, when their names change, and when the tone is first heard. */
function watch(hz) {
  const now = () => performance.timeOrigin + performance.now();
  const bench = { rang: [], names: {}, painted: {}, clicked: undefined, heard: undefined, looks: 0, toned: 0 };
  window.bench = bench;
  const seen = () => {
    for (const card of document.querySelectorAll('[role="alertdialog"][data-call]')) {
      const call = card.dataset.call;
      if (!bench.rang.some((one) => one.call === call)) bench.rang.push({ call, at: now() });
      const name = card.querySelector('[data-testid="incoming-name"]')?.textContent;
      if (name in bench.names) continue;
      bench.names[name] = now();
      // A message posted in the frame's callback is handled after that frame was drawn.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => (bench.painted[name] = now());
        port2.postMessage(0);
      });
    }
  };
  new MutationObserver(seen).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  document.addEventListener('click', () => (bench.clicked = now()), { capture: true });

  const context = new AudioContext();
  const samples = new Float32Array(1024);
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / context.sampleRate);
  let listening;
  const look = () => {
    const stream = [...document.querySelectorAll('audio')].find((audio) => audio.srcObject?.getAudioTracks().length > 0)?.srcObject;
    if (!stream) return;
    if (listening?.stream !== stream) {
      const analyser = new AnalyserNode(context, { fftSize: samples.length });
      context.createMediaStreamSource(stream).connect(analyser);
      listening = { stream, analyser };
    }
    listening.analyser.getFloatTimeDomainData(samples);
    let [one, two] = [0, 0];
    for (const sample of samples) [one, two] = [sample + coefficient * one - two, one];
    const power = (4 * (one * one + two * two - coefficient * one * two)) / samples.length ** 2;
    bench.looks += 1;
    if (power < 1e-4) return;
    bench.toned += 1;
    bench.heard ??= now();
  };
  setInterval(look, 5);
}

/** Begins to watch; `hz` is the other side's tone. */
export function watched(page, hz) {
  return page.evaluate(watch, hz);
}

/** When the newest incoming call appeared since `since`. */
export async function rangAt(page, since, limitMs = 10_000) {
  const found = await page.waitForFunction((since) => window.bench.rang.find((one) => one.at >= since), since, { timeout: limitMs });
  return found.jsonValue();
}

/** Begins to wait for the tone anew. */
export function forget(page) {
  return page.evaluate(() => void Object.assign(window.bench, { clicked: undefined, heard: undefined, looks: 0, toned: 0 }));
}

/** When the click came and when the tone was first heard. */
export async function heardAt(page, limitMs = 15_000) {
  await page.waitForFunction(() => window.bench.heard, undefined, { timeout: limitMs });
  return page.evaluate(() => ({ clicked: window.bench.clicked, heard: window.bench.heard }));
}
