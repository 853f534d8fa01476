/** What the page shows, as its address says it. */

export interface Route {
  /** Slug of the open room. */
  readonly room: string | null;
  /** Whether the inbox is opened over it (where there is no room for it beside). */
  readonly inbox: boolean;
}

/** Read a route from the query of an address, for example `?room=lobby`. */
export function readRoute(search: string): Route {
  const query = new URLSearchParams(search);
  return { room: query.get("room") || null, inbox: query.get("show") === "inbox" };
}

/** Return the address of a route. */
export function address(route: Route): string {
  const query = new URLSearchParams();
  if (route.room !== null) query.set("room", route.room);
  if (route.inbox) query.set("show", "inbox");
  const text = query.toString();
  return text === "" ? "/" : `/?${text}`;
}

/** Return the route of a link to a room of this site, or null for any other link. `page` is the page's address. */
export function internalRoute(href: string, page: string): Route | null {
  const url = URL.canParse(href, page) ? new URL(href, page) : null;
  if (url === null || url.origin !== new URL(page).origin || url.pathname !== "/") return null;
  const route = readRoute(url.search);
  return route.room === null ? null : route;
}
