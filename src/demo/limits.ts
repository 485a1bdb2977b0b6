// Named maxima of the demo.
export const READY_POLL_MS = 100;
export const READY_TRIES_MAX = 300;
/** The longest that a chapter waits for what it announces. */
export const CHAPTER_MS_MAX = 25_000;
export const LOOK_EVERY_MS = 50;
/** Arrivals shown one by one before the rest of a chapter is only counted. */
export const SHOWN_MAX = 6;
export const UPDATES_WHILE_BROKEN = 4;
