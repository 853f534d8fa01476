/** Keeps the route and the browser's address the same. */

import { Observable } from "../state/observable.ts";
import { address, readRoute, type Route } from "./route.ts";

export class Router {
  readonly route = new Observable<Route>(readRoute(location.search));

  constructor() {
    window.addEventListener("popstate", () => {
      this.route.value = readRoute(location.search);
    });
  }

  /** Go somewhere; the browser's back button leads here again. */
  go(route: Route): void {
    if (address(route) === address(this.route.value)) return;
    history.pushState(null, "", address(route));
    this.route.value = route;
  }

  /** Go somewhere in place of where we are: nothing to come back to. */
  replace(route: Route): void {
    history.replaceState(null, "", address(route));
    this.route.value = route;
  }
}
