// Runs before a page's own scripts, and counts what the page still waits for: the timers that it has
// set and that have not rung. Only short ones, and only the first of a chain: one that sets itself
// again and again (a clock, a poll) is nothing that a visitor waits for.
(() => {
  const LONGEST = 3000, DEEPEST = 3;
  const waiting = new Set();
  const set = window.setTimeout, clear = window.clearTimeout;
  let depth = 0;
  window.setTimeout = function (act, delay, ...values) {
    if (typeof act !== "function") return set(act, delay, ...values);
    const mine = depth + 1;
    const timer = set((...given) => {
      waiting.delete(timer);
      const before = depth;
      depth = mine;
      try { act(...given); } finally { depth = before; }
    }, delay, ...values);
    if (mine <= DEEPEST && !(delay > LONGEST)) waiting.add(timer);
    return timer;
  };
  window.clearTimeout = function (timer) { waiting.delete(timer); clear(timer); };
  Object.defineProperty(window, "__walkTimers", {get: () => waiting.size});
})();
