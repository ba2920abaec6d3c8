// Everything on the page that a person can see, as plain values: see playbook/walk/page.py.
(selectors) => {
  const ids = new Map();
  const id = (element) => {
    if (!ids.has(element)) ids.set(element, ids.size + 1);
    return ids.get(element);
  };
  // Around an element of a web component, or of a page in a frame, are those of the page.
  const around = (element) => element.parentElement || element.getRootNode().host ||
    (element.ownerDocument.defaultView || {}).frameElement || null;
  const clips = (style) => /hidden|clip/.test(style.overflowX + style.overflowY);
  // What no visitor can see, however they scroll: almost transparent, in a frame without a size, or
  // to the left of the page or above it. Slides beside others come into view, so they stay.
  const seen = new Map();
  const reachable = (element) => {
    if (!seen.has(element)) seen.set(element, isReachable(element));
    return seen.get(element);
  };
  const isReachable = (element) => {
    const box = element.getBoundingClientRect();
    const beside = box.bottom + scrollY <= 0 ||
      (box.right + scrollX <= 0 && getComputedStyle(document.documentElement).direction !== "rtl");
    let opacity = 1, framed = false;
    for (let one = element; one && one !== document.documentElement; one = around(one)) {
      const style = getComputedStyle(one);
      opacity *= style.opacity;
      if (one === document.body || style.display === "inline" || !clips(style)) continue;
      const frame = one.getBoundingClientRect();
      if (style.display !== "contents" && (frame.width <= 1 || frame.height <= 1)) return false;
      framed = framed || one !== element;
    }
    return opacity >= 0.1 && (framed || !beside);
  };
  const visible = (element) => {
    if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && reachable(element);
  };
  // Every text, and those inside web components and frames where these stand. A browser lets nobody
  // look into the frames of another site.
  const textsIn = function* (root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) yield node;
      else if (node.shadowRoot) yield* textsIn(node.shadowRoot);
      else if (node.contentDocument && node.contentDocument.body && visible(node))
        yield* textsIn(node.contentDocument.body);
    }
  };
  const parentOf = (text) => text.parentElement || text.getRootNode().host;
  // "display: contents" has no box of its own: its text stands in the element around it.
  const boxed = (element) =>
    getComputedStyle(element).display === "contents" ? boxed(around(element)) : element;
  const path = (element) => {
    const found = [];
    for (let one = element; one && one !== document.documentElement; one = around(one))
      found.unshift(id(one));
    return found;
  };
  const block = (element) => {
    for (let one = element; one && one !== document.body; one = around(one))
      if (!/^(inline$|contents$)/.test(getComputedStyle(one).display)) return id(one);
    return id(document.body);
  };
  const texts = [];
  if (document.body) {
    for (const node of textsIn(document.body)) {
      const element = parentOf(node);
      // A no-break space is seen: it may stand between the digits of a price.
      if (/^[ \t\r\n\f]*$/.test(node.data) || /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE)$/.test(element.tagName)) continue;
      if (visible(boxed(element))) texts.push({text: node.data, path: path(element), block: block(element)});
    }
    for (const field of document.querySelectorAll("input[placeholder], textarea[placeholder]"))
      if (visible(field)) texts.push({text: field.placeholder, path: path(field), block: -id(field)});
    for (const button of document.querySelectorAll("input[type=submit], input[type=button]"))
      if (visible(button)) texts.push({text: button.value, path: path(button), block: -id(button)});
  }
  const chosen = {};
  for (const [name, selector] of Object.entries(selectors))
    chosen[name] = selector ? [...document.querySelectorAll(selector)].map(id) : [];
  const root = document.documentElement;
  return {
    url: location.href,
    title: document.title,
    lang: root.lang || (document.body && document.body.lang) || "",
    dir: root.dir || (document.body && document.body.dir) || "",
    direction: document.body ? getComputedStyle(document.body).direction : "",
    texts,
    chosen,
    links: [...document.querySelectorAll("a[href]")].map((one) => one.href),
    width: root.clientWidth,
    scroll_width: Math.max(root.scrollWidth, document.body ? document.body.scrollWidth : 0),
    screen: window.screen.width,
  };
}
