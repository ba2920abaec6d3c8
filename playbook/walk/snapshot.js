// Everything on the page that a person can see, as plain values: see playbook/walk/page.py.
(selectors) => {
  const ids = new Map();
  const id = (element) => {
    if (!ids.has(element)) ids.set(element, ids.size + 1);
    return ids.get(element);
  };
  const visible = (element) => {
    if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1;
  };
  const path = (element) => {
    const found = [];
    for (let one = element; one && one !== document.documentElement; one = one.parentElement)
      found.unshift(id(one));
    return found;
  };
  const block = (element) => {
    for (let one = element; one && one !== document.body; one = one.parentElement)
      if (!/^(inline$|contents$)/.test(getComputedStyle(one).display)) return id(one);
    return id(document.body);
  };
  const texts = [];
  if (document.body) {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      // A no-break space is seen: it may stand between the digits of a price.
      if (/^[ \t\r\n\f]*$/.test(node.data) || /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE)$/.test(element.tagName)) continue;
      if (visible(element)) texts.push({text: node.data, path: path(element), block: block(element)});
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
