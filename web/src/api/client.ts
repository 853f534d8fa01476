/** Requests to the hub's REST API in the name of the logged-in user. */

import { ApiError, Unreachable } from "./errors.ts";

const ROOT = "/api/v1/";
const TIMEOUT_MS = 10_000;

export class ApiClient {
  readonly #loggedOut: () => void;

  /** `loggedOut` is called when the hub says that nobody is logged in (HTTP 401). */
  constructor(loggedOut: () => void) {
    this.#loggedOut = loggedOut;
  }

  /** Get a resource. `path` is relative to the API's root, or what the API itself gave as the next page. */
  get<T>(path: string): Promise<T> {
    return this.#request<T>("GET", path);
  }

  /** Post a body as JSON. */
  post<T>(path: string, body: object = {}): Promise<T> {
    return this.#request<T>("POST", path, body);
  }

  /**
   * Send a request and return the answer's JSON, or undefined where it has no body.
   *
   * Throws `ApiError` when the hub refuses, and `Unreachable` when no answer comes within 10 seconds.
   */
  async #request<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await this.#send(method, path, body);
    if (response.status === 401) this.#loggedOut();
    if (!response.ok) throw await readError(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  async #send(method: string, path: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET") headers["X-CSRFToken"] = readCookie(document.cookie, "csrftoken");
    const options: RequestInit = {
      method,
      headers,
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    if (body !== undefined) options.body = JSON.stringify(body);
    try {
      return await fetch(address(path), options);
    } catch {
      throw new Unreachable();
    }
  }
}

/** Return the value of a cookie, or an empty text where there is none. `cookies` is `document.cookie`. */
export function readCookie(cookies: string, name: string): string {
  for (const cookie of cookies.split("; ")) {
    const [key, value] = cookie.split("=", 2);
    if (key === name && value !== undefined) return decodeURIComponent(value);
  }
  return "";
}

function address(path: string): string {
  const url = new URL(path, new URL(ROOT, location.origin));
  // Behind a proxy the API may name the next page by an inner host; the page's own is always right.
  return url.pathname + url.search;
}

async function readError(response: Response): Promise<ApiError> {
  const fallback = `The hub answered with an error (HTTP ${response.status}).`;
  const body: unknown = await response.json().catch(() => null);
  const error = (body as { error?: { code?: number; message?: string; fields?: Record<string, string[]> } } | null)
    ?.error;
  return new ApiError(response.status, error?.code ?? 0, error?.message ?? fallback, error?.fields);
}
