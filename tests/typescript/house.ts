// The API as a frontend sees it: a client with the types of docs/openapi.json, and the sandbox's control port.

import createClient, { type Client, type Middleware } from "openapi-fetch";

import type { components, paths } from "./generated/api.js";

export type Schemas = components["schemas"];
export type Api = Client<paths>;

function address(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`say where the demo is: ${name}=http://127.0.0.1:…`);
  }
  return value.replace(/\/$/, "");
}

/** Where the demo answers. */
export const houseUrl = address("PLASS_URL");

/** Where its sandbox answers. */
export const sandboxUrl = address("PLASS_SANDBOX_URL");

/** Whoever did not sign in. */
export function guest(headers: Record<string, string> = {}): Api {
  return createClient<paths>({ baseUrl: houseUrl, headers });
}

/** Signs in as somebody of the demo. */
export async function signIn(email: string): Promise<Api> {
  const { data, error } = await guest().POST("/api/v1/auth/login", { body: { email, password: "demo" } });
  if (error !== undefined) {
    throw new Error(`${email} cannot sign in: ${error.code}`);
  }
  const { token_type, access_token } = data;
  const bearer: Middleware = {
    onRequest({ request }) {
      request.headers.set("Authorization", `${token_type} ${access_token}`);
      return request;
    },
  };
  const api = guest();
  api.use(bearer);
  return api;
}

/** What the payer does in the app, done on the sandbox's control port. */
export async function control(method: "GET" | "POST", path: string): Promise<unknown> {
  const body = method === "POST" ? { body: "{}" } : {};
  const answer = await fetch(`${sandboxUrl}/control${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    ...body,
  });
  if (!answer.ok) {
    throw new Error(`the sandbox answers ${answer.status} to ${method} ${path}: ${await answer.text()}`);
  }
  return answer.json();
}

/** Asks again until the answer is there. A frontend does the same after the payer came back. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await ask();
    if (answer !== undefined) {
      return answer;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`waited in vain: ${what}`);
}
