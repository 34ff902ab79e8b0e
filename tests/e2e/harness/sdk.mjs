// The unmodified amazon-chime-sdk-js in a page, without anything of the web client.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { eventually } from './process.mjs';

const media = fileURLToPath(new URL('../../../web/media/', import.meta.url));

/** The SDK as the web client has it, bundled once with a page of its own. */
const bundle = createRequire(`${media}package.json`)('esbuild')
  .build({
    entryPoints: [fileURLToPath(new URL('./sdk-page.js', import.meta.url))],
    absWorkingDir: media,
    nodePaths: [`${media}node_modules`],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    logLevel: 'warning',
    conditions: ['browser', 'module'],
    mainFields: ['browser', 'module', 'main'],
    define: { global: 'globalThis' },
    alias: { '@aws-sdk/client-chime-sdk-messaging': './src/nothing.js' },
  })
  .then(({ outputFiles: [{ text }] }) => text);

export class Client {
  /** A page of this person enters a meeting. */
  static async enter(person, web, Meeting, Attendee) {
    const page = await person.tab(web);
    await page.evaluate(await bundle);
    await page.evaluate(([meeting, attendee]) => window.enter(meeting, attendee), [Meeting, Attendee]);
    return new Client(page);
  }

  constructor(page) {
    this.page = page;
  }

  /** Waits until what the SDK has told is so; `holds` runs here, with all of it. */
  async until(holds, what, limits) {
    let told;
    await eventually(async () => {
      told = await this.page.evaluate(() => {
        const { audioVideo, ...rest } = window.sdk;
        return rest;
      });
      return holds(told);
    }, what, limits).catch((error) => assert.fail(`${error.message}; the SDK told ${JSON.stringify(told)}`));
    return told;
  }

  /** Waits until the session has started so many times: a client that comes back starts again. */
  started({ times = 1, ...limits } = {}) {
    return this.until(({ started }) => started >= times, 'the session starts', limits);
  }

  /** Waits until the session ends with this `MeetingSessionStatusCode`. */
  stopped(code) {
    return this.until(({ stopped }) => stopped.includes(code), `the session stops with ${code}`);
  }

  /** Waits until exactly these are in the meeting. */
  sees(...names) {
    const wanted = names.toSorted().join();
    return this.until(({ present }) => Object.values(present).sort().join() === wanted, `${wanted} are present`);
  }

  say(text) {
    return this.page.evaluate((words) => window.say(words), text);
  }

  mute() {
    return this.page.evaluate(() => window.sdk.audioVideo.realtimeMuteLocalAudio());
  }
}
