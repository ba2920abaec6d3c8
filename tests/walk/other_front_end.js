const q = new URLSearchParams(location.search), root = document.getElementById("root");
// With "hostile" in the address of the script: content in steps, a wheel, prices and digits in pieces,
// a banner over the page.
const hostile = document.currentScript.src.endsWith("hostile");
const after = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const lang = q.get("locale"), cur = q.get("currency"), tz = q.get("tz"), bundle = q.get("utm_bundle");
const api = async (path, body) => {
  const headers = {"content-type": "application/json"};
  const token = localStorage.getItem("t");
  if (token) headers.authorization = "Bearer " + token;
  const answer = await fetch(path, body ? {method: "POST", headers, body: JSON.stringify(body)} : {headers});
  if (!answer.ok) throw new Error(path + " " + answer.status);
  return answer.json();
};
const draw = (cls, ...kids) => {
  const one = document.createElement("div"); one.className = cls;
  one.append(...kids); return one;
};
const go = (path) => { location.href = path + "?" + q; };
const button = (text, act) => { const b = draw("r-9", text); b.style.cursor = "pointer"; b.onclick = act; return b; };
(async () => {
  const languages = (await api("/api/awareness/test-localization")).languages;
  const own = languages.find((one) => one.language === lang.split("-")[0]);
  document.documentElement.lang = lang; document.documentElement.dir = own.direction;
  const say = (name, values = {}) => Object.entries(values).reduce(
    (text, [key, value]) => text.replace("{" + key + "}", value), own.messages[name]);
  const rates = (await api("/api/awareness/currency-rates?base_currency=" + cur)).rates;
  const money = (amount) => new Intl.NumberFormat(lang, {style: "currency", currency: cur}).format(amount);
  const price = (p) => { const raw = p["price_" + p.currency.toLowerCase()]; return p.currency === cur ? raw : raw / rates[p.currency]; };
  const region = {GBP: "EU", EUR: "EU", SGD: "APAC"}[cur] || "US";
  const products = async () => api("/api/products?limit=100&region=" + region);
  const pieces = (amount) => new Intl.NumberFormat(lang, {style: "currency", currency: cur})
    .formatToParts(amount).map((part) => draw("r-0", part.value));
  const shown = (amount) => hostile ? draw("r-10", ...pieces(amount)) : draw("r-6", money(amount));
  // A price that is but a neighbour of the name, or in a box of its own: both are met.
  const card = (p) => {
    const outer = draw("r-3", draw("r-4", draw("r-5", (p.names || {})[lang.split("-")[0]] || p.name)));
    if (hostile && p.name.length % 2) outer.append(...pieces(price(p))); else outer.append(shown(price(p)));
    return outer;
  };
  const fill = async (box, all) => {
    for (const p of all) { if (hostile) await after(90); box.append(card(p)); }
  };
  const page = draw("r-1");
  const pages = {
    "/": async () => {
      const hour = +new Intl.DateTimeFormat("en-GB", {hour: "2-digit", hourCycle: "h23", timeZone: tz}).format(new Date());
      page.append(draw("r-7", say(hour < 5 ? "greeting_evening" : hour < 12 ? "greeting_morning" : hour < 18 ? "greeting_afternoon" : "greeting_evening") + " !"));
      const box = draw("r-2"); page.append(box);
      await fill(box, (await products()).slice(0, 4));
    },
    "/feel": async () => {
      const bag = draw("r-2");
      page.append(button(say("mood_gift"), async () => {
        const three = (await products()).slice(4, 7); if (hostile) await after(400); await fill(bag, three);
        page.append(draw("r-7", say("checkout_total", {amount: money(three.reduce((sum, p) => sum + price(p), 0))})));
      }), bag);
    },
    "/live": async () => {
      const sale = (await api("/api/livesale?bundle=" + bundle))[0], start = new Date(sale.starts_at);
      page.append(draw("r-7", sale.title));
      page.append(draw("r-8", new Intl.DateTimeFormat(lang, {dateStyle: "long", timeStyle: "short", timeZone: tz}).format(start)));
      const m = Math.floor((start - Date.now()) / 60000);
      const parts = hostile ? [Math.floor(m / 60), m % 60, 30] : [Math.floor(m / 1440), Math.floor(m / 60) % 24, m % 60, 30];
      const clock = draw("r-8", parts.map((n) => String(n).padStart(2, "0")).join(":"));
      if (hostile) {
        clock.className = "r-10";
        clock.replaceChildren(...[...clock.textContent].map((one) => draw("r-0", one)));
        setInterval(() => { clock.lastChild.textContent = (clock.lastChild.textContent + 1) % 10; }, 100);
      }
      page.append(clock);
      const box = draw("r-2");
      await fill(box, (await products()).filter((p) => sale.featured_products.includes(p._id)));
      page.append(box, button(say("livesale_join"), () => page.append(draw("r-7", say("livesale_joined")))));
    },
    "/talk": async () => {
      const field = document.createElement("input"); field.setAttribute("aria-label", say("chat_message"));
      let id; page.append(field);
      field.onkeydown = async (event) => {
        if (event.key !== "Enter") return;
        id = (await api("/api/conversations", {text: field.value, locale: lang, currency: cur, timezone: tz, device: q.get("device")})).conversation_id;
        page.append(button(say("chat_request"), async () => { await api("/api/conversations/" + id + "/lead", {}); page.append(draw("r-7", say("chat_requested"))); }));
      };
    },
    "/wall": async () => { for (const c of await api("LEADS?bundle=" + bundle)) page.append(draw("r-8", draw("r-5", c.company))); },
    "/figures": async () => {
      const kpis = (await api("/api/demo/kpis/" + bundle + "?currency=" + cur)).investor_focus_metrics;
      for (const [name, value] of Object.entries(kpis)) {
        const stem = name.replace(new RegExp("_" + cur.toLowerCase() + "$"), ""), isMoney = stem !== name;
        const text = isMoney ? money(value) : value < 1 ? new Intl.NumberFormat(lang, {style: "percent", maximumFractionDigits: 1}).format(value) : new Intl.NumberFormat(lang).format(value);
        page.append(draw("r-8", draw("r-5", say("kpi_" + stem)), draw("r-6", text)));
      }
    },
    "/door": async () => {
      const who = document.createElement("input"), word = document.createElement("input");
      who.setAttribute("aria-label", say("signin_email")); word.setAttribute("aria-label", say("signin_passphrase"));
      word.type = "password"; page.append(who, word);
      word.onkeydown = async (event) => {
        if (event.key !== "Enter") return;
        const answer = await api("/api/auth/login", {email: who.value, password: word.value});
        localStorage.setItem("t", answer.token); go("/");
      };
    },
  };
  if (!hostile) { await pages[location.pathname](); root.append(page); return; }
  const wheel = draw("r-11"); root.append(wheel, page); await after(500);
  await pages[location.pathname](); wheel.remove();
  if (!localStorage.getItem("c")) {
    await after(300);
    const [why, yes] = lang.startsWith("fr") ? ["Nous utilisons des cookies pour vous servir", "Tout accepter"] : ["We use cookies to serve you", "Accept all"];
    const banner = draw("r-12", draw("r-5", why), button(yes, () => { localStorage.setItem("c", "1"); banner.remove(); }));
    root.append(banner);
  }
})().catch((error) => { console.error(String(error)); root.append(draw("r-1", "500")); });
