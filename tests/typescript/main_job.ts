// The main job as a frontend does it, against a fresh demo: sign in, find the event, sign up, pay, wait until the seat is
// confirmed, give money back. Every value is checked here, and every type by the compiler.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { type Api, type Schemas, control, guest, signIn, until } from "./house.js";

function done(what: string): void {
  console.log(`ok  ${what}`);
}

/** The answer, where anything else would be a surprise. */
function answered<T>(reply: { data?: T; error?: unknown; response: Response }, status: number): T {
  assert.equal(reply.response.status, status, JSON.stringify(reply.error));
  assert.notEqual(reply.data, undefined);
  return reply.data as T;
}

/** What a page says about a registration: a status that is added later does not compile here. */
function wordsFor(status: Schemas["RegistrationStatus"]): string {
  switch (status) {
    case "confirmed":
      return "You have a seat.";
    case "awaiting_payment":
      return "Pay to keep your seat.";
    case "waitlisted":
      return "You are in the queue.";
    case "ended":
      return "You are not signed up.";
  }
}

async function findEvent(api: Api): Promise<Schemas["Event"]> {
  const query = { q: "julebord", is_paid_event: true, open: true };
  const page = answered(await api.GET("/api/v1/events", { params: { query } }), 200);
  const event = page.results[0];
  assert(event !== undefined, "the demo has a paid event that is open");
  assert.equal(event.title, "Julebord");
  assert.equal(event.paid_information?.price, "250.00");
  assert.equal(page.next_cursor, null);
  assert.ok(new Date(event.start_date) > new Date());
  return event;
}

async function pages(api: Api): Promise<void> {
  const titles: string[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = cursor === null ? { limit: 2 } : { limit: 2, cursor };
    const reply = await api.GET("/api/v1/events", { params: { query } });
    const page: Schemas["EventList"] = answered(reply, 200);
    titles.push(...page.results.map((event) => event.title));
    cursor = page.next_cursor;
    assert.equal(reply.response.headers.has("link"), cursor !== null);
  } while (cursor !== null);
  assert.equal(new Set(titles).size, titles.length);
  assert.ok(titles.length > 2, "the demo has more events than one page");
}

async function signUp(api: Api, event_id: string): Promise<Schemas["Registration"]> {
  const path = { event_id };
  const header = { "Idempotency-Key": randomUUID() };
  const ask = () =>
    api.POST("/api/v1/events/{event_id}/registrations", { params: { path, header }, body: { allow_photo: false } });
  const registration = answered(await ask(), 201);
  assert.equal(wordsFor(registration.status), "Pay to keep your seat.");
  assert.equal(registration.allow_photo, false);
  assert.equal(registration.has_paid, false);
  assert.equal(registration.is_on_wait, false);
  assert(registration.payment_expiredate !== null);
  const again = await ask();
  assert.deepEqual(answered(again, 201), registration);
  assert.equal(again.response.headers.get("idempotency-replayed"), "true");
  return registration;
}

async function alreadySignedUp(api: Api, event_id: string): Promise<void> {
  const params = { path: { event_id } };
  const { error, response } = await api.POST("/api/v1/events/{event_id}/registrations", { params });
  assert.equal(response.status, 409);
  assert(error !== undefined && error.code === "already_registered", JSON.stringify(error));
  assert.equal(error.title, "Already signed up");
  const inNorwegian = { params, headers: { "Accept-Language": "nb" } };
  const reply = await api.POST("/api/v1/events/{event_id}/registrations", inNorwegian);
  assert.equal(reply.error?.code, "already_registered");
  assert.equal(reply.error?.title, "Allerede påmeldt");
  assert.equal(reply.response.headers.get("content-language"), "nb");
  const page = await fetch(error.type);
  assert.equal(page.status, 200, "the type of a problem is a page about it");
}

async function wrongFields(api: Api): Promise<void> {
  const body = { phone: "nei", locale: "norsk" };
  const { error, response } = await api.PATCH("/api/v1/me", { body });
  assert.equal(response.status, 422);
  assert(error?.code === "invalid_fields");
  const found: [string, Schemas["FieldCode"]][] = (error.errors ?? []).map((field) => [field.pointer, field.code]);
  assert.deepEqual(found, [
    ["/phone", "invalid_phone"],
    ["/locale", "invalid_locale"],
  ]);
}

async function pay(api: Api, order_id: string): Promise<string> {
  const params = { path: { order_id } };
  // The payment is made at the provider right after the sign-up: a 503 here means "one moment".
  const redirect = await until("the payment page", async () => {
    const { data, error } = await api.POST("/api/v1/orders/{order_id}/pay", { params });
    assert(error === undefined || error.code === "payment_provider_unavailable", JSON.stringify(error));
    return data;
  });
  const order = answered(await api.GET("/api/v1/orders/{order_id}", { params }), 200);
  const attempt = order.attempts.at(-1);
  assert(attempt !== undefined && attempt.state === "open");
  assert.ok(URL.canParse(redirect.redirect_url));
  return attempt.reference;
}

async function confirmed(api: Api, event_id: string): Promise<Schemas["Registration"]> {
  const params = { path: { event_id } };
  return until("the confirmed seat", async () => {
    const mine = answered(await api.GET("/api/v1/events/{event_id}/registrations/me", { params }), 200);
    return mine.status === "confirmed" && mine.order?.status === "CAPTURE" ? mine : undefined;
  });
}

async function refund(treasurer: Api, order_id: string, body: Schemas["NewRefund"]): Promise<Schemas["Order"]> {
  const params = { path: { order_id }, header: { "Idempotency-Key": randomUUID() } };
  const ask = () => treasurer.POST("/api/v1/orders/{order_id}/refund", { params, body });
  const first = await ask();
  assert.ok(first.response.status === 200 || first.response.status === 202, JSON.stringify(first.error));
  const again = await ask();
  assert.equal(again.response.headers.get("idempotency-replayed"), "true");
  return until("the refund", async () => {
    const params = { path: { order_id } };
    const order = answered(await treasurer.GET("/api/v1/orders/{order_id}", { params }), 200);
    return order.refunds.every((one) => one.status === "done") ? order : undefined;
  });
}

async function mainJob(): Promise<void> {
  const member = await signIn("member01@demo.plass");
  const me = answered(await member.GET("/api/v1/me"), 200);
  assert.equal(me.email, "member01@demo.plass");
  done("a member signs in");

  await pages(guest());
  const event = await findEvent(guest());
  done("the events are listed, page by page");

  const registration = await signUp(member, event.id);
  const owed = registration.order;
  assert(owed !== null && owed.payment_link !== null);
  assert.deepEqual([owed.status, owed.price, owed.currency], ["INITIATE", "250.00", "NOK"]);
  await alreadySignedUp(member, event.id);
  await wrongFields(member);
  done("the sign-up holds a seat, and a repeat is told in two languages");

  const link = await fetch(owed.payment_link);
  assert.equal(link.status, 200);
  assert.match(link.headers.get("content-type") ?? "", /^text\/html/);
  done("the payment link opens without a login");

  const reference = await pay(member, owed.order_id);
  await control("POST", `/payments/${reference}/approve`);
  const seat = await confirmed(member, event.id);
  assert.deepEqual([seat.has_paid, seat.payment_expiredate], [true, null]);
  assert.equal(seat.order?.payment_link, null);
  done("the payment is approved, and the seat is confirmed");

  const treasurer = await signIn("treasurer@demo.plass");
  const part = await refund(treasurer, owed.order_id, { amount: "50.00", reason: "for the coat check" });
  assert.deepEqual([part.status, part.amounts.refunded], ["CAPTURE", "50.00"]);
  const rest = await refund(treasurer, owed.order_id, { reason: "the rest too" });
  assert.deepEqual([rest.status, rest.amounts.refunded, rest.needs_attention], ["REFUND", "250.00", null]);
  assert.deepEqual(rest.refunds.map((one) => one.amount), ["50.00", "200.00"]);
  const params = { path: { order_id: owed.order_id } };
  const { error } = await treasurer.POST("/api/v1/orders/{order_id}/refund", {
    params: { ...params, header: { "Idempotency-Key": randomUUID() } },
    body: { amount: "0.01", reason: "too much" },
  });
  assert.equal(error?.code, "refund_exceeds_captured");
  done("a treasurer gives money back, and never more than was taken");

  const trail = answered(await treasurer.GET("/api/v1/orders/{order_id}/events", { params }), 200);
  const kinds = trail.results.map((line) => line.kind);
  const expected: Schemas["Happening"][] = ["seat_held", "authorized", "confirmed", "captured", "refunded", "refund_done"];
  for (const kind of expected) {
    assert.ok(kinds.includes(kind), `${kind} in ${kinds.join(", ")}`);
  }
  const kept = answered(
    await member.GET("/api/v1/events/{event_id}/registrations/me", { params: { path: { event_id: event.id } } }),
    200,
  );
  assert.equal(kept.status, "confirmed", "a refund takes no seat");
  done("the trail tells the story, and the seat stays");
}

await mainJob();
