// Read once whether the page is still changing: its text (with all numbers as 0, so that a clock does
// not count as a change), and whether it is waiting for something. Runs when the browser is idle.
async () => {
  await new Promise((done) => requestIdleCallback(done, {timeout: 500}));
  const visible = (element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const animated = () => document.getAnimations().some((one) => {
    const element = one.effect && one.effect.target;
    return one.playState === "running" && element && visible(element);
  });
  const busy = () => [...document.querySelectorAll("[aria-busy=true], [role=progressbar], progress")].some(visible);
  // innerText leaves out what is inside web components.
  const wordsIn = (root) => [...root.querySelectorAll("*")].flatMap((one) => one.shadowRoot ? [
    ...[...one.shadowRoot.children].map((inner) => inner.innerText || ""), ...wordsIn(one.shadowRoot),
  ] : []);
  const words = document.body ? [document.body.innerText, ...wordsIn(document.body)] : [];
  // Pictures in the window that have not come yet; others may wait until somebody scrolls to them.
  const inWindow = (box) => box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const coming = [...document.images].some((one) => one.src && !one.complete && !one.naturalWidth &&
    visible(one) && inWindow(one.getBoundingClientRect()));
  return {
    complete: document.readyState === "complete",
    coming,
    text: words.join("\n").replace(/\d+/g, "0"),
    timers: window.__walkTimers || 0,
    loading: !document.body || document.readyState !== "complete" || busy() || animated(),
  };
}
