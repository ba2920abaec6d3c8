// What hides a page from its visitor: {words} of what covers at least half of the page's text in the
// window, such as a consent page or a picture; {words: ""} if the text is cut off or beside the
// window, so that nothing of it is seen; null if the page can be seen.
() => {
  const opaque = (element) => {
    if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) return false;
    const style = getComputedStyle(element), colour = style.backgroundColor;
    if (style.opacity < 0.5) return false;
    // Colours that fade have a computed rgba(): text can be read through them.
    const image = style.backgroundImage !== "none" && !/rgba\(/.test(style.backgroundImage);
    if (image || /^(IMG|VIDEO|CANVAS|IFRAME)$/.test(element.tagName)) return true;
    const alpha = /^rgba\(.*, ?([\d.]+)\)$/.exec(colour) || /\/ ?([\d.]+)\)$/.exec(colour);
    return !alpha || alpha[1] >= 0.5;
  };
  // Around an element of a web component are those of its page.
  const around = (element) => element.parentElement || element.getRootNode().host || null;
  const holds = (outer, inner) => {
    for (let one = inner; one; one = around(one)) if (one === outer) return true;
    return false;
  };
  // The elements at a point, from the top one down, also those inside web components.
  const elementsAt = (root, x, y) => root.elementsFromPoint(x, y)
    .filter((one) => one.getRootNode() === root)
    .flatMap((one) => (one.shadowRoot ? [...elementsAt(one.shadowRoot, x, y), one] : [one]));
  // The element that is seen where a text should be; null if it is the text.
  const inPlaceOf = (element, x, y) => {
    const style = getComputedStyle(element);
    for (const one of elementsAt(document, x, y)) {
      if (one === element || holds(element, one)) return null;
      if (holds(one, element)) return style.pointerEvents === "none" || style.display === "contents" ? null : one;
      if (opaque(one)) return one;
    }
    return null;
  };
  // The largest element around the one that is seen that does not contain the covered one, too.
  const outermost = (seen, covered) => {
    let one = seen;
    while (around(one) && !holds(around(one), covered)) one = around(one);
    return one;
  };
  // The layer that covers: the largest such element with a position of its own, else just that one.
  const layer = (seen, covered) => {
    const last = outermost(seen, covered);
    let found = last;
    for (let one = seen; one !== around(last); one = around(one)) if (isLayer(one)) found = one;
    return found;
  };
  const isLayer = (one) => /fixed|absolute|sticky/.test(getComputedStyle(one).position);
  // Slides that lie on each other: one of them is seen, and the others come later.
  const alike = (one, other) =>
    one.tagName === other.tagName && one.classList[0] && one.classList[0] === other.classList[0];
  // What was scrolled out of a frame is not in the window; one can scroll to it.
  const scrolledAway = (element, x, y) => {
    for (let one = element; one && one !== document.body; one = around(one)) {
      if (!/auto|scroll/.test(getComputedStyle(one).overflow)) continue;
      const frame = one.getBoundingClientRect();
      if (x < frame.left || x > frame.right || y < frame.top || y > frame.bottom) return true;
    }
    return false;
  };
  const textsIn = function* (root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) yield node;
      else if (node.shadowRoot) yield* textsIn(node.shadowRoot);
    }
  };
  const wordsOf = (element) => {
    const inside = element.shadowRoot ? [...textsIn(element.shadowRoot)].map((one) => one.data) : [];
    return [element.innerText || "", ...inside].join(" ").trim();
  };
  const range = document.createRange(), covers = new Map();
  const inWindow = [];
  let cutOff = 0, beside = 0, texts = 0;
  for (const node of textsIn(document.body || document)) {
    const element = node.parentElement || node.getRootNode().host;
    if (!node.data.trim() || /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE|OPTION)$/.test(element.tagName)) continue;
    if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    range.selectNodeContents(node);
    const [box] = range.getClientRects();
    if (!box) continue;
    texts += 1;
    if (box.right + scrollX <= 0 || box.bottom + scrollY <= 0) beside += 1;
    const x = box.x + box.width / 2, y = box.y + box.height / 2;
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight || scrolledAway(element, x, y)) continue;
    const seen = inPlaceOf(element, x, y);
    if (seen && !holds(seen, element)) {
      if (alike(outermost(seen, element), outermost(element, seen))) continue;
      const cover = layer(seen, element);
      covers.set(cover, (covers.get(cover) || 0) + 1);
    } else if (seen) cutOff += 1;
    inWindow.push(element);
  }
  if (texts && beside === texts && document.dir !== "rtl") return {words: ""};
  // A closed list has text that is cut off, too. It is not all of the page.
  if (cutOff && cutOff === inWindow.length) return {words: ""};
  // A closed menu may lie behind the page itself, which is no layer over it.
  for (const [cover, count] of covers) {
    const ofThePage = inWindow.filter((one) => !holds(cover, one)).length;
    if (count * 2 >= ofThePage && isLayer(cover))
      return {words: wordsOf(cover) || "a picture without words"};
  }
  return null;
}
