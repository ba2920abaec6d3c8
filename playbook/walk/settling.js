// Runs before the page's own scripts, and counts the timers for which the page is still waiting.
// Long timers do not count, because no visitor waits for them. A timer that sets itself again and
// again (a clock, a poll) counts only the first times, and one that repeats until its first time.
(() => {
  const LONGEST = 3000, LONGEST_REPEATED = 1500, DEEPEST = 3;
  const waiting = new Set();
  const set = window.setTimeout, clear = window.clearTimeout;
  const repeat = window.setInterval, end = window.clearInterval;
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
  window.setInterval = function (act, delay, ...values) {
    if (typeof act !== "function") return repeat(act, delay, ...values);
    const timer = repeat((...given) => { waiting.delete(timer); act(...given); }, delay, ...values);
    if (!(delay > LONGEST_REPEATED)) waiting.add(timer);
    return timer;
  };
  window.clearTimeout = function (timer) { waiting.delete(timer); clear(timer); };
  window.clearInterval = function (timer) { waiting.delete(timer); end(timer); };
  // A visitor sees what is inside closed web components, too. So they are open here.
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) { return attach.call(this, {...options, mode: "open"}); };
  // Without a window nobody sees the browser's dialog for printing, so another one takes its place.
  const say = window.alert;
  window.print = () => say.call(window, "the browser's dialog for printing");
  Object.defineProperty(window, "__walkTimers", {get: () => waiting.size});
})();
