import { expect, test } from "vitest";
import { ScrollKeeper } from "../../src/components/scroll.ts";

/** A scroller 100 pixels high, which clamps its place as browsers do. */
class Scroller {
  readonly clientHeight = 100;
  scrollHeight = 1000;
  #top = 0;

  get scrollTop(): number {
    return this.#top;
  }

  set scrollTop(top: number) {
    this.#top = Math.max(0, Math.min(top, this.scrollHeight - this.clientHeight));
  }
}

function atTheEnd(): { keeper: ScrollKeeper; element: HTMLElement; scroller: Scroller } {
  const scroller = new Scroller();
  const element = scroller as unknown as HTMLElement;
  const keeper = new ScrollKeeper();
  keeper.after(element, false);
  expect(scroller.scrollTop).toBe(900);
  return { keeper, element, scroller };
}

/** Draw the content anew, `grown` pixels higher. */
function draw(keeper: ScrollKeeper, scroller: Scroller, grown: number, above = false): void {
  const element = scroller as unknown as HTMLElement;
  keeper.before(element);
  scroller.scrollHeight += grown;
  keeper.after(element, above);
}

test("who is at the end stays there when more comes", () => {
  const { keeper, scroller } = atTheEnd();
  draw(keeper, scroller, 50);
  expect(scroller.scrollTop).toBe(950);
});

test("who has just scrolled up is not pulled back by what is drawn before the scroll event", () => {
  const { keeper, scroller } = atTheEnd();
  scroller.scrollTop = 300;
  draw(keeper, scroller, 50);
  expect(scroller.scrollTop).toBe(300);
  expect(keeper.atEnd).toBe(false);
});

test("content that grows by itself below the reader does not count as scrolling up", () => {
  const { keeper, element, scroller } = atTheEnd();
  scroller.scrollHeight += 200;
  keeper.scrolled(element);
  expect(keeper.atEnd).toBe(true);
  draw(keeper, scroller, 0);
  expect(scroller.scrollTop).toBe(1100);
});

test("what comes above leaves the reader where he is", () => {
  const { keeper, scroller } = atTheEnd();
  scroller.scrollTop = 10;
  draw(keeper, scroller, 400, true);
  expect(scroller.scrollTop).toBe(410);
});

test("who scrolls down to the end is there again", () => {
  const { keeper, element, scroller } = atTheEnd();
  scroller.scrollTop = 300;
  keeper.scrolled(element);
  scroller.scrollTop = 880;
  keeper.scrolled(element);
  expect(keeper.atEnd).toBe(true);
});
