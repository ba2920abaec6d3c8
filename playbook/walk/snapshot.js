// Everything on the page that a person can see, as plain values: see playbook/walk/page.py.
async (selectors) => {
  const ids = new Map();
  const id = (element) => {
    if (!ids.has(element)) ids.set(element, ids.size + 1);
    return ids.get(element);
  };
  // Around an element of a web component, or of a page in a frame, are those of the page.
  const around = (element) => element.parentElement || element.getRootNode().host ||
    (element.ownerDocument.defaultView || {}).frameElement || null;
  const clips = (style) => /hidden|clip/.test(style.overflowX + style.overflowY);
  const isBeside = (box) => box.bottom + scrollY <= 0 ||
    (box.right + scrollX <= 0 && getComputedStyle(document.documentElement).direction !== "rtl");
  // Below zero: mirrored. Zero: without a size.
  const determinant = (style) => {
    const {a, b, c, d} = new DOMMatrix(style.transform), [x, y] = style.scale.split(" ").map(Number);
    return (a * d - b * c) * (style.scale === "none" ? 1 : x * (y ?? x));
  };
  // Fonts that show a picture in place of a word such as "shopping_cart".
  const icons = /\b(icons?|icomoon|glyphicons?|material symbols.*|font ?awesome.*)\b|materialicons/i;
  const isIcon = (style) => icons.test(style.fontFamily.split(",")[0]);
  const blur = (style) => Number((/blur\(([\d.]+)px\)/.exec(style.filter) || [0, 0])[1]);
  const isCut = (style) => /^(inset\((50|100)%|circle\(0(px|%)?[ )])/.test(style.clipPath);
  // What no visitor can read, however they scroll: almost transparent, blurred, mirrored, cut off, in
  // a frame without a size, or to the left of the page or above it. Slides beside others come into
  // view, so they stay.
  const seen = new Map();
  const reachable = (element) => {
    if (!seen.has(element)) seen.set(element, isReachable(element));
    return seen.get(element);
  };
  // Whether the element, or one around it, is so.
  const isOrIsIn = (element, so) => {
    for (let one = element; one; one = around(one)) if (so(one)) return true;
    return false;
  };
  const contains = (outer, inner) => isOrIsIn(inner, (one) => one === outer);
  const isFramed = (element) => isOrIsIn(around(element), (one) =>
    one !== document.body && one !== document.documentElement && clips(getComputedStyle(one)));
  const isReachable = (element) => {
    const letters = parseFloat(getComputedStyle(element).fontSize);
    let opacity = 1, mirrored = false;
    for (let one = element; one && one !== document.documentElement; one = around(one)) {
      const style = getComputedStyle(one);
      opacity *= style.opacity;
      mirrored = mirrored !== determinant(style) < 0;
      if (isCut(style) || blur(style) > letters / 4) return false;
      if (one === document.body || style.display === "inline" || !clips(style)) continue;
      const frame = one.getBoundingClientRect();
      if (style.display !== "contents" && (frame.width <= 1 || frame.height <= 1)) return false;
    }
    return opacity >= 0.1 && !mirrored && (!isBeside(element.getBoundingClientRect()) || isFramed(element));
  };
  const visible = (element) => {
    if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && reachable(element);
  };
  // Red, green, blue and opacity; null for a colour in another form, which counts as readable.
  const colour = (text) => {
    const found = /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/.exec(text);
    return found && [...found.slice(1, 4).map(Number), Number(found[4] ?? 1)];
  };
  const alike = (one, other) => [0, 1, 2].every((n) => Math.abs(one[n] - other[n]) <= 4);
  // Everything that may stand behind a text without being around it: pictures and coloured areas.
  const paints = (style) => style.backgroundImage !== "none" || (colour(style.backgroundColor) || [1, 1, 1, 1])[3] > 0;
  const elementsOf = (root) => [...root.querySelectorAll("*")]
    .flatMap((one) => (one.shadowRoot ? [one, ...elementsOf(one.shadowRoot)] : [one]));
  const areas = new Map();
  const areasOf = (page) => {
    if (!areas.has(page)) areas.set(page, elementsOf(page).flatMap(areaOf));
    return areas.get(page);
  };
  const areaOf = (one) => {
    const style = getComputedStyle(one);
    const pseudo = ["::before", "::after"].map((where) => getComputedStyle(one, where))
      .some((other) => other.content !== "none" && paints(other));
    const picture = pseudo || /^(IMG|VIDEO|CANVAS|SVG|IFRAME|OBJECT|EMBED)$/i.test(one.tagName);
    if (!picture && !paints(style)) return [];
    // What does not scroll stands behind every text in turn.
    return [{one, picture, style, box: isFixed(one) ? null : one.getBoundingClientRect()}];
  };
  const isFixed = (element) =>
    isOrIsIn(element, (one) => /fixed|sticky/.test(getComputedStyle(one).position));
  const overlap = (one, other) => one.left < other.right && one.right > other.left &&
    one.top < other.bottom && one.bottom > other.top;
  // Whether letters have the colour of what is behind them. In doubt they can be read.
  const isInvisible = (element, box) => {
    const own = getComputedStyle(element), letters = colour(own.webkitTextFillColor);
    if (!letters || own.textShadow !== "none" || parseFloat(own.webkitTextStrokeWidth) > 0) return false;
    let behind = null;
    for (let one = element; one && !behind; one = around(one)) {
      const style = getComputedStyle(one), its = colour(style.backgroundColor);
      if (/text/.test(style.webkitBackgroundClip) || /inset/.test(style.boxShadow)) return false;
      if (style.mixBlendMode !== "normal" || style.filter !== "none") return false;
      if (letters[3] < 0.1) continue;
      if (style.backgroundImage !== "none" || !its || (its[3] > 0 && its[3] < 1)) return false;
      if (its[3] === 1) behind = its;
    }
    if (letters[3] < 0.1) return true;
    if (!behind && /dark/.test(getComputedStyle(document.documentElement).colorScheme)) return false;
    if (!alike(letters, behind || [255, 255, 255])) return false;
    return !areasOf(element.ownerDocument).some(({one, picture, style, box: its}) =>
      (!its || overlap(its, box)) && (picture || (!contains(one, element) &&
        !alike(letters, colour(style.backgroundColor) || [-9, -9, -9]))));
  };
  // A text that a style sheet writes before or after an element, if it has letters, digits or a
  // currency's sign; marks and icons are no text.
  const written = (element, where) => {
    const style = getComputedStyle(element, where);
    if (style.content === "none" || style.content === "normal" || style.display === "none") return "";
    if (style.visibility !== "visible" || style.opacity < 0.1 || isIcon(style)) return "";
    if (determinant(style) === 0) return "";
    const spoken = style.content.replace(/ \/ "(?:[^"\\]|\\.)*"$/, "");
    const text = [...spoken.matchAll(/"((?:[^"\\]|\\.)*)"|attr\(([^),]+)[^)]*\)/g)]
      .map(([, quoted, name]) => (name ? element.getAttribute(name.trim()) || "" : quoted.replace(/\\(.)/g, "$1")));
    return /[\p{L}\p{N}\p{Sc}]/u.test(text.join("")) ? text.join("") : "";
  };
  // Every text with its element, also inside web components and frames where these stand. A browser
  // lets nobody look into the frames of another site.
  const textsIn = function* (root) {
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) yield {node, text: node.data, element: root.nodeType === Node.DOCUMENT_FRAGMENT_NODE ? root.host : root};
      if (node.nodeType === Node.ELEMENT_NODE) yield* textsOf(node);
    }
  };
  const textsOf = function* (element) {
    if (/^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE)$/.test(element.tagName)) return;
    yield {text: written(element, "::before"), element};
    if (element.shadowRoot) yield* textsIn(element.shadowRoot);
    else if (element.contentDocument && element.contentDocument.body && visible(element))
      yield* textsOf(element.contentDocument.body);
    yield* textsIn(element);
    yield {text: written(element, "::after"), element};
  };
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
    const range = document.createRange();
    for (const {node, text, element} of textsOf(document.body)) {
      // A no-break space is seen: it may stand between the digits of a price.
      if (/^[ \t\r\n\f]*$/.test(text) || !visible(boxed(element))) continue;
      if (node) {
        range.selectNodeContents(node);
        const box = range.getBoundingClientRect();
        if (isIcon(getComputedStyle(element)) || (isBeside(box) && !isFramed(element))) continue;
        if (isInvisible(element, box)) continue;
      }
      // What a style sheet writes stands on a line of its own, unless it is a part of an amount.
      texts.push({text, path: path(element), block: node ? block(element) : -id(element)});
    }
    for (const field of document.querySelectorAll("input[placeholder], textarea[placeholder]"))
      if (visible(field)) texts.push({text: field.placeholder, path: path(field), block: -id(field)});
    for (const button of document.querySelectorAll("input[type=submit], input[type=button]"))
      if (visible(button)) texts.push({text: button.value, path: path(button), block: -id(button)});
  }
  // A picture that the browser has and cannot show, or that has not come; and one of at most two
  // pixels in place of a picture with a name. Pictures outside the window may come later.
  const tiny = (one) => one.naturalWidth <= 2 && one.naturalHeight <= 2;
  const inWindow = (box) => box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const wrong = async (one) => {
    const box = one.getBoundingClientRect();
    if (!one.hasAttribute("src") && !one.currentSrc) return "";
    if (!one.complete) return inWindow(box) && !one.naturalWidth ? "it does not come" : "";
    if (!one.naturalWidth) return one.decode().then(() => "", () => "the browser cannot show it");
    const large = box.width > 32 && box.height > 32;
    return tiny(one) && one.alt && large && inWindow(box) ? "it is only a dot" : "";
  };
  const pictures = [];
  for (const one of document.images) {
    const why = visible(one) ? await wrong(one) : "";
    const place = one.currentSrc || one.src;
    const short = /^data:/.test(place) ? place.slice(0, 40) : place.replace(/^\w+:\/\/[^/]*|[?#].*$/g, "");
    if (why) pictures.push(`${short || "without an address"}${one.alt ? ` (“${one.alt}”)` : ""}: ${why}`);
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
    pictures,
    links: [...document.querySelectorAll("a[href]")].map((one) => one.href),
    width: root.clientWidth,
    scroll_width: Math.max(root.scrollWidth, document.body ? document.body.scrollWidth : 0),
    screen: window.screen.width,
  };
}
