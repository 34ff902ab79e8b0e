// The unmodified amazon-chime-sdk-js in headless Chromium against `cargo run -p meetings --example serve`.
//
//   npm install && npx esbuild page.js --bundle --format=iife --conditions=browser,module \
//     --main-fields=browser,module,main --define:global=globalThis --outfile=web/page.js
//   cargo run -p meetings --example serve -- 18399 DATA web      (in another terminal)
//   node run.mjs http://127.0.0.1:18399
//
// CHROMIUM names the browser (/usr/bin/chromium). Exits with 1 if anything is not as it should be.
import { chromium } from 'playwright-core';
import { writeFileSync, mkdtempSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
const base = process.argv[2];
let failures = 0;
const expect = (so, what, detail) => { console.log(so ? 'ok' : 'FAIL', what, so ? '' : JSON.stringify(detail)); if (!so) failures++; };
const folder = mkdtempSync(join(tmpdir(), 'tones-'));
function wav(file, hz) { const n = 48000*2, b = Buffer.alloc(44+n*2); b.write('RIFF',0); b.writeUInt32LE(36+n*2,4); b.write('WAVEfmt ',8); b.writeUInt32LE(16,16); b.writeUInt16LE(1,20); b.writeUInt16LE(1,22); b.writeUInt32LE(48000,24); b.writeUInt32LE(96000,28); b.writeUInt16LE(2,32); b.writeUInt16LE(16,34); b.write('data',36); b.writeUInt32LE(n*2,40); for (let i=0;i<n;i++) b.writeInt16LE(Math.round(22000*Math.sin(2*Math.PI*hz*i/48000)),44+i*2); writeFileSync(file,b); }
const post = async (p, b, method='POST') => { const r = await fetch(base+p, {method, body: b===undefined?undefined:JSON.stringify(b)}); const t = await r.text(); return t ? JSON.parse(t) : {}; };
const m = await post('/meetings?operation=create-attendees', {ClientRequestToken:'t-'+Date.now(), MediaRegion:'us-east-1', ExternalMeetingId:'call', Attendees:[{ExternalUserId:'anna'},{ExternalUserId:'bert'},{ExternalUserId:'cleo'}]});
const tones = [440, 1000, 1600]; const pages = []; const browsers = [];
for (let i=0;i<2;i++) {
  const f = join(folder, `tone${tones[i]}.wav`); wav(f, tones[i]);
  const b = await chromium.launch({executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args:['--headless','--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync','--use-fake-device-for-media-stream','--use-fake-ui-for-media-stream','--use-file-for-fake-audio-capture='+f,'--autoplay-policy=no-user-gesture-required']});
  browsers.push(b);
  const ctx = await b.newContext({permissions:['microphone']}); const p = await ctx.newPage(); await p.goto(base+'/index.html');
  pages.push(p);
  await p.evaluate(([m,a])=>window.join(m,a,5000), [{Meeting:m.Meeting}, {Attendee:m.Attendees[i]}]);
}
const wait = async (p, f, what, ms=15000) => { try { await p.waitForFunction(f, null, {timeout: ms}); console.log('ok', what); } catch { failures++; console.log('FAIL', what, await p.evaluate(()=>JSON.stringify([window.events, window.roster, window.logs.slice(-25)],null,1))); } };
for (const p of pages) await wait(p, ()=>window.events.includes('start'), 'started');
for (const p of pages) await wait(p, ()=>Object.keys(window.roster).length===2, 'roster of 2');
const heard = async when => { for (const [i,p] of pages.entries()) { const levels = await p.evaluate(()=>window.listen([440,1000,1600], 4000)); expect(levels[tones[1-i]] > -50 && levels[tones[1-i]] > levels[1600] + 20, `${when}: ${i} hears the other's tone`, levels); } };
await heard('at first');
await pages[0].evaluate(()=>window.session.audioVideo.realtimeSendDataMessage('t','hello',0));
await wait(pages[1], ()=>window.messages[0]==='hello anna', 'data message');
await pages[0].evaluate(()=>{window.session.audioVideo.realtimeMuteLocalAudio();});
const a0 = m.Attendees[0].AttendeeId;
await pages[1].waitForFunction(id=>window.volumes[id]?.m===true, a0, {timeout:5000}).then(()=>expect(true, 'mute seen'), ()=>expect(false, 'mute seen'));
expect(await pages[1].evaluate(id=>window.volumes[id].v > 0, a0), 'volume seen');
await new Promise(r=>setTimeout(r,1500));
{ const levels = await pages[1].evaluate(()=>window.listen([440,1000], 2000)); expect(levels[440] < -90, 'a muted voice is not heard', levels); }
await pages[0].evaluate(()=>{window.session.audioVideo.realtimeUnmuteLocalAudio();});
if (process.argv[3]==='kill') { // wait for the server to be restarted by the caller
  console.log('RESTART NOW'); await new Promise(r=>setTimeout(r, 1000));
  for (const p of pages) await wait(p, ()=>window.events.filter(e=>e==='connecting true').length>0, 'reconnecting', 60000);
  for (const p of pages) await wait(p, ()=>window.events.filter(e=>e==='start').length>1, 'back', 60000);
  await heard('after the restart');
}
// a second device takes over attendee 1
const ctx = await browsers[1].newContext({permissions:['microphone']}); const p2 = await ctx.newPage(); await p2.goto(base+'/index.html');
await p2.evaluate(([m,a])=>window.join(m,a,5000), [{Meeting:m.Meeting}, {Attendee:m.Attendees[1]}]);
await wait(p2, ()=>window.events.includes('start'), 'second device started');
await wait(pages[1], ()=>window.events.some(e=>e.startsWith('stop')), 'first device stopped');
expect(await pages[0].evaluate(()=>Object.keys(window.roster).length===2 && !window.events.some(e=>e.startsWith('gone'))), 'the others see no change');
// screen share token
const p3 = await ctx.newPage(); await p3.goto(base+'/index.html');
await p3.evaluate(([m,a])=>window.join(m,a,5000), [{Meeting:m.Meeting}, {Attendee:{...m.Attendees[1], AttendeeId:m.Attendees[1].AttendeeId+'#content', JoinToken:m.Attendees[1].JoinToken+'#content'}}]);
await wait(p3, ()=>window.events.includes('start'), 'content started');
await wait(p2, ()=>Object.keys(window.roster).some(k=>k.endsWith('#content')), 'content seen');
await post(`/meetings/${m.Meeting.MeetingId}/attendees/${m.Attendees[1].AttendeeId}`, undefined, 'DELETE');
await wait(p2, ()=>window.events.some(e=>e==='stop 22'), 'deleted attendee stops with AudioAttendeeRemoved');
await wait(pages[0], ()=>Object.keys(window.roster).length===1, 'roster of 1');
await post(`/meetings/${m.Meeting.MeetingId}`, undefined, 'DELETE');
await wait(pages[0], ()=>window.events.some(e=>e==='stop 5'), 'MeetingEnded');
const bad = await ctx.newPage(); await bad.goto(base+'/index.html');
await bad.evaluate(([m,a])=>window.join(m,a,5000), [{Meeting:m.Meeting}, {Attendee:m.Attendees[0]}]);
await wait(bad, ()=>window.events.some(e=>e==='stop 5'), 'joining an ended meeting: MeetingEnded');
for (const b of browsers) await b.close();
process.exit(failures ? 1 : 0);
