// Keep the messages of the channel and of the thread scrolled to their end until the person scrolls up.

import { state } from "./state.js";

const NEAR_END_PX = 80;

/** The scroll position of *scroller*; *pane* is "channel" or "thread", *moved* is called after each scroll. */
export class Following {
  constructor(pane, scroller, moved = () => {}) {
    Object.assign(this, { pane, scroller });
    scroller.addEventListener("scroll", () => {
      state.atEnd[pane] = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
      moved();
    });
    new ResizeObserver(() => this.keep()).observe(scroller);
  }

  /** Scroll to the end if the person was there, or has just sent something. */
  keep() {
    if (state.atEnd[this.pane]) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** Scroll to the beginning; stay there if the end is far. */
  toStart() {
    state.atEnd[this.pane] = this.scroller.scrollHeight - this.scroller.clientHeight < NEAR_END_PX;
    this.scroller.scrollTop = 0;
  }
}
