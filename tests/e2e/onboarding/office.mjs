// What stories of onboardings share: people who sign in, mails, papers, the operator's desk at the carrier.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { PowerCuts, addDocument, ask, expect, pdf, signIn, today, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { eventually } from '../harness/process.mjs';
import { CUSTOMERS, at } from '../numbers/office.mjs';

export const PASSWORD = 'correct horse battery';

/** What a country's business hands in. */
export const COUNTRIES = {
  CH: {
    slug: 'alpenblick', name: 'Alpenblick AG', legalForm: 'AG', area: '44',
    register: { scheme: 'ch-uid', country: 'CH', number: 'CHE-123.456.788' },
    address: { street: 'Bahnhofstrasse 1', city: 'Zürich', region: 'ZH', postalCode: '8001' },
    papers: ['register_extract'],
  },
  SG: {
    slug: 'merlion', name: 'Merlion Trading Pte Ltd', legalForm: 'Pte Ltd',
    register: { scheme: 'sg-uen', country: 'SG', number: '196800306E' },
    address: { street: '1 Raffles Place', city: 'Singapore', postalCode: '048616' },
    papers: ['register_extract'],
  },
  PA: {
    slug: 'canal', name: 'Canal Logistics S.A.', legalForm: 'S.A.',
    register: { scheme: 'pa-ruc', country: 'PA', number: '8-442-445 DV 08' },
    address: { street: 'Calle 50, edificio 120', city: 'Panamá', region: '8' },
    papers: ['trade_licence', 'register_extract'],
  },
};

/** Those, and one that asks for no papers; its carrier asks for nothing either. */
export const HOMES = {
  ...COUNTRIES,
  US: {
    slug: 'liberty', name: 'Liberty Pads', legalForm: 'LLC',
    register: { scheme: 'us-ein', country: 'US', number: '12-3456789' },
    address: { street: '350 Fifth Avenue', city: 'New York', region: 'NY', postalCode: '10118' },
    papers: [],
  },
};

/** A platform on which an hour of requests is a second; with `cuts`, its power goes in each state that is seen. */
export async function office(t, { scale = 3600, cuts = false, ...options } = {}) {
  const platform = await Platform.start(t, { more: ['--time-scale', String(scale)], ...options });
  if (cuts) platform.cuts = new PowerCuts(t, platform);
  return new Office(platform, await signIn(platform, platform.ready.people.find(({ name }) => name.startsWith('Ruth'))));
}

export class Office {
  constructor(platform, ruth) {
    Object.assign(this, { platform, ruth });
  }

  /** A customer of a country; `more` goes into the body. */
  wish(country, { tag = '', ...more } = {}) {
    const { slug, name, area } = HOMES[country];
    return {
      kind: 'tenant',
      tenant: { name, slug: `${slug}${tag}`, country },
      person: { name: 'Ana Pérez', email: `ana@${slug}${tag}.example` },
      numbers: [{ country, numberType: 'local', count: 1, ...(area && { area }) }],
      dossier: form(country, `ana@${slug}${tag}.example`),
      ...more,
    };
  }

  async begin(wish) {
    const { status, body } = await this.ruth('POST', '/v1/onboardings', wish);
    assert.equal(status, 202, JSON.stringify(body));
    return body;
  }

  async look(id) {
    const { status, body } = await this.ruth('GET', `/v1/onboardings/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  /** Waits until an onboarding is so; says where it is if it never is. */
  async until(id, is, what, limitMs = 90_000) {
    let last;
    const found = async () => {
      last = (await this.look(id)).request;
      assert.ok(!last.endedAt || is(last), `${what}: it has ended: ${tale(last)}`);
      return is(last) && last;
    };
    return eventually(found, what, { limitMs, everyMs: 150 }).catch((why) => {
      throw new Error(`${why.message}\n${last && tale(last)}`);
    });
  }

  status(id, status) {
    return this.until(id, (request) => request.status === status, `it is ${status}`);
  }

  ended(id, limitMs = 180_000) {
    return this.until(id, (request) => request.endedAt, 'it ends', limitMs);
  }

  async mails(to) {
    const answer = await fetch(`${this.platform.ready.outbox}/messages?to=${encodeURIComponent(to)}`);
    return (await answer.json()).messages;
  }

  /** The invitation in the newest mail, once there are so many. One whose sender died with the power comes a minute or two later. */
  async invitation(to, count = 1, limitMs = 30_000) {
    const link = async () => {
      const mails = await this.mails(to);
      const links = mails.map((mail) => /\/invitations\/([\w.-]+)/.exec(mail.text)?.[1]).filter(Boolean);
      return links.length >= count && links;
    };
    return eventually(link, `${count} mail(s) with a link`, { limitMs, everyMs: 150 });
  }

  /** Opens the link and chooses a password; gives what the person may ask from then on. */
  async accept(to, limitMs) {
    const [link] = await this.invitation(to, 1, limitMs);
    const { status, body } = await ask(this.platform, 'POST', `/v1/invitations/${link}`, { password: PASSWORD });
    assert.equal(status, 204, JSON.stringify(body));
    return signIn(this.platform, { email: to, password: PASSWORD });
  }

  /** Uploads a paper to a dossier, as a customer's browser does. */
  paper(who, dossier, kind) {
    const issued = today();
    return addDocument(who, dossier, kind, { bytes: pdf(randomUUID()), issued });
  }

  /** The operators' task with this form of a request or of one that it began, once there is one. */
  async task(tenant, form) {
    const found = async () => {
      const { body } = await this.ruth('GET', '/v1/tasks?limit=100');
      return body.tasks.find(({ task, request }) => task.form === form && request.tenant === tenant);
    };
    return eventually(found, `a task ${form}`, { limitMs: 60_000, everyMs: 150 });
  }

  async answer(who, { task }, answer) {
    const { status, body } = await who('POST', `/v1/tasks/${task.id}`, { answer });
    assert.equal(status, 202, JSON.stringify(body));
  }

  async review(tenant, answer) {
    await this.answer(this.ruth, await this.task(tenant, 'review'), answer);
  }

  /** What the carrier asks for, given by an operator: papers uploaded at the carrier, and texts. */
  async tellCarrier(tenant, country) {
    const asked = await this.task(tenant, 'carrier-answers');
    await this.answer(this.ruth, asked, await this.carrierAnswers(asked, country));
  }

  async carrierAnswers({ task }, country) {
    const answers = [];
    for (const words of task.about.needs) {
      const [, need, kind] = /^(\S+) \((\w+)/.exec(words);
      answers.push({ need, value: kind === 'document' ? await this.#upload() : HOMES[country].register.number });
    }
    return { answers };
  }

  async #upload() {
    const { endpoint, api_key: key } = this.platform.ready.carrier;
    const asked = {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ file: pdf('Paper').toString('base64'), filename: 'paper.pdf' }),
    };
    const [answer, body] = await this.platform.despiteCuts(async () => {
      const told = await fetch(`${endpoint}/v2/documents`, asked);
      return [told, await told.json()];
    });
    assert.ok(answer.ok, JSON.stringify(body));
    return body.data.id;
  }

  /** From the papers to the end: everything that people do in between. */
  async finish(id, country, ana) {
    const { request } = await this.look(id);
    const { dossier } = request.details;
    await this.status(id, 'dossier_wanted');
    for (const kind of COUNTRIES[country].papers) await this.paper(ana, dossier, kind);
    const { purposes } = request.details;
    const submitted = await ana('POST', `/v1/dossiers/${dossier}/submit`, { purposes });
    assert.equal(submitted.status, 202, JSON.stringify(submitted.body));
    await this.review(request.tenant, { decision: 'approve' }).catch(async (why) => {
      const { body } = await this.ruth('GET', `/v1/requests/${submitted.body.id}`);
      throw new Error(`${why.message}: ${tale(body)}`);
    });
    await this.tellCarrier(request.tenant, country);
    return this.ended(id);
  }
}

export function form(country, email) {
  const { name, legalForm, register, address } = HOMES[country];
  return {
    kind: 'business',
    endUser: { businessName: name, legalForm, registerIds: [register] },
    addresses: [{ uses: ['service', 'emergency'], country, ...address }],
    authorisedPerson: { name: 'Ana Pérez', email, nationality: country },
  };
}

/** A customer of the practice donors who orders nothing. */
export function bringing(numbers) {
  const { form } = CUSTOMERS.CH;
  return {
    kind: 'tenant',
    tenant: { name: form.endUser.businessName, slug: 'muster', country: 'CH' },
    person: { name: 'Anna Muster', email: 'anna@muster.example' },
    numbers: [],
    ports: [{ country: 'CH', numbers }],
    dossier: form,
  };
}

/** Its dossier is handed in and approved: it waits for its port. Gives the port, whose letter waits to be signed. */
export async function broughtAsFarAsTheLetter(desk, wish) {
  const { id, tenant, details } = (await desk.begin(wish)).request;
  const anna = await desk.accept(wish.person.email);
  await desk.status(id, 'dossier_wanted');
  for (const kind of CUSTOMERS.CH.papers) await desk.paper(anna, details.dossier, kind);
  await expect(202, anna('POST', `/v1/dossiers/${details.dossier}/submit`, { purposes: details.purposes }));
  await desk.review(tenant, { decision: 'approve' });
  await desk.status(id, 'porting');
  const { ports: [begun] } = await desk.look(id);
  // Nobody had to submit it: the customer signs, and that is all.
  const port = await until(anna, at(begun.port), (now) => now.task?.form === 'port-letter', 'it waits for its letter');
  return { id, tenant, anna, port };
}

function tale({ status, outcome, steps, timeline, details, nextAction }) {
  return JSON.stringify({ status, outcome, nextAction, steps: steps.map(({ state }) => state), timeline: timeline.map(({ text }) => text), details });
}
