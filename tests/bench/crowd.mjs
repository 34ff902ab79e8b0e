// Many more people, each with a number and an open WebSocket: one person has one call at a time, so load needs a crowd.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { dynamo, voice } from './aws.mjs';

const TENANT = 't-crowd';

/** How many: Chromium opens 255 WebSockets at most. */
export const SIZE = 240;

/** How long their phones ring. */
const RING_S = 120;

const numberOf = (i) => `+4144555${String(1000 + i)}`;

/** Gives the carrier the crowd's numbers. The platform must be stopped. */
export function lay(platform) {
  const [path] = readdirSync(platform.data, { recursive: true }).filter((file) => file.endsWith('carrier.json'));
  const carrier = JSON.parse(readFileSync(join(platform.data, path), 'utf8'));
  const numbers = Array.from({ length: SIZE }, (_, i) => ({ number: numberOf(i), country: 'CH' }));
  writeFileSync(join(platform.data, path), JSON.stringify({ ...carrier, numbers: [...carrier.numbers, ...numbers] }));
}

/** Puts the crowd into the directory, with rules for their numbers and the password of `like`. */
export async function settle(platform, like) {
  const { Items } = await dynamo(platform, 'Query', {
    TableName: 'directory',
    IndexName: 'by-key',
    KeyConditionExpression: 'gpk = :email',
    ExpressionAttributeValues: { ':email': { S: `EMAIL#${like.email}` } },
  });
  const [model] = Items;
  const { Item: tenant } = await dynamo(platform, 'GetItem', { TableName: 'directory', Key: { pk: model.pk, sk: { S: 'TENANT' } } });
  await put(platform, { ...tenant, pk: { S: `T#${TENANT}` }, tenant: { S: TENANT } });
  const { SipMediaApplications: [application] } = await voice(platform, 'GET', '/sip-media-applications');
  const people = Array.from({ length: SIZE }, (_, i) => ({ number: numberOf(i), email: `crowd-${i}@crowd.example`, password: like.password, name: `Crowd ${i}` }));
  for (const [i, person] of people.entries()) {
    await put(platform, personItem(model, person, `p-crowd-${i}`));
    await put(platform, numberItem(person, `p-crowd-${i}`));
    await voice(platform, 'POST', '/sip-rules', {
      Name: person.name,
      TriggerType: 'ToPhoneNumber',
      TriggerValue: person.number,
      Disabled: false,
      TargetApplications: [{ SipMediaApplicationId: application.SipMediaApplicationId, Priority: 1, AwsRegion: 'us-east-1' }],
    });
  }
  return people;
}

/** Signs these people in and opens a WebSocket for each, all of them from one page of the platform's own site. */
export async function connect(page, people) {
  return page.evaluate(async (people) => {
    window.crowd = { sockets: [], pushes: 0 };
    const open = async (person, i) => {
      const body = JSON.stringify({ email: person.email, password: person.password });
      const answer = await fetch('/v1/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
      const { accessToken } = await answer.json();
      const address = `${location.origin.replace(/^http/, 'ws')}/ws`;
      const socket = new WebSocket(address, ['strowger', accessToken, `device.crowd-device-${i}`]);
      socket.onmessage = () => (window.crowd.pushes += 1);
      await new Promise((done, failed) => Object.assign(socket, { onopen: done, onerror: () => failed(new Error('the WebSocket was refused')) }));
      window.crowd.sockets.push(socket);
    };
    const queue = people.map((person, i) => [person, i]);
    const lane = async () => {
      for (let next; (next = queue.shift()); ) await open(...next);
    };
    await Promise.all([lane(), lane(), lane()]);
    return window.crowd.sockets.length;
  }, people);
}

function put(platform, Item) {
  return dynamo(platform, 'PutItem', { TableName: 'directory', Item });
}

function personItem(model, { number, email, name }, person) {
  const keys = { pk: { S: `T#${TENANT}` }, sk: { S: `P#${person}` }, gpk: { S: `EMAIL#${email}` } };
  const own = { tenant: { S: TENANT }, person: { S: person }, email: { S: email }, name: { S: name }, numbers: { L: [{ S: number }] } };
  return { ...model, ...keys, ...own, ringLimitS: { N: String(RING_S) } };
}

function numberItem({ number }, person) {
  const keys = { pk: { S: `N#${number}` }, sk: { S: 'NUMBER' }, gpk: { S: `T#${TENANT}#N` }, gsk: { S: number } };
  return { ...keys, tenant: { S: TENANT }, person: { S: person }, number: { S: number } };
}
