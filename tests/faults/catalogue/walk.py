"""The walk: faults on a page, although the stored data may be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from tests.faults.fault import KEYS, Inject, Lab, Listed
from tests.faults.proxy import Forward, Reply, Request
from tests.faults.verbs import changed, distorts, of, removed

fault = Listed("walk")
CONTEXT = "/api/demo/context/"
HOME, MOOD, LIVESALE, CHAT, BOARD, ANALYTICS = (
    "/", "/mood-to-cart", "/livesale", "/chat", "/leads", "/analytics"
)
TITLES: Mapping[str, str] = {
    HOME: "home page", MOOD: "mood-to-cart page", LIVESALE: "LiveSale page", CHAT: "chat", BOARD: "leads board", ANALYTICS: "analytics page",
}
THIN, HARD = "\u202f", "\xa0"
"""Between the digits, and before the sign, of a French price."""
ZONES = {"sequoia": "America/Los_Angeles", "lvmh": "Europe/Paris", "tiger-global": "Asia/Singapore"}

type Change = tuple[str, str] | Callable[[str], str]


def shows(path: str, *changes: Change) -> Inject:
    """Let a page show something else than the app has written on it."""

    def altered(request: Request, forward: Forward) -> Reply:
        reply = forward()
        own = request.path == path if path == HOME else request.path.startswith(path)
        if not own or "html" not in reply.kind:
            return reply
        text = reply.content.decode()
        for change in changes:
            text = change(text) if callable(change) else text.replace(*change)
        return replace(reply, content=text.encode())

    return lambda lab: lab.proxy.override("GET", path, altered)


def turned(pattern: str, into: str | Callable[[re.Match[str]], str]) -> Change:
    return lambda text: re.sub(pattern, into, text, flags=re.DOTALL)


def fails(path: str, status: int, wait: float = 0.0) -> Inject:
    """Let a page answer something else, or late."""

    def failed(request: Request, forward: Forward) -> Reply:
        reply = forward()
        own = request.path == path if path == HOME else request.path.startswith(path)
        return replace(reply, status=status, wait_seconds=wait) if own else reply

    return lambda lab: lab.proxy.override("GET", path, failed)


def greets_wrongly(bundle: str) -> Inject:
    def inject(lab: Lab) -> None:
        hour = lab.now.astimezone(ZoneInfo(ZONES[bundle])).hour
        wrong = "Good morning" if 12 <= hour < 18 else "Good afternoon"
        shows(HOME, turned(r"Good (morning|afternoon|evening)", wrong))(lab)

    return inject


def link(bundle: str, name: str, old: str, new: str) -> Inject:
    """Let the API serve another link of a bundle."""
    return distorts("GET", CONTEXT + of(bundle), lambda body, _: {
        **body, "demo_urls": {**body["demo_urls"], name: body["demo_urls"][name].replace(old, new)}})


def after_message(change: Callable[[Lab], object]) -> Inject:
    """Spoil what the app has kept of the visitor's message, before it becomes a lead."""

    def inject(lab: Lab) -> None:
        def spoiled(request: Request, forward: Forward) -> Reply:
            reply = forward()
            if request.path == CHAT:
                change(lab)
            return reply

        lab.proxy.override("POST", CHAT, spoiled)

    return inject


def set_on_message(**fields: object) -> Inject:
    return after_message(lambda lab: lab.db.conversations.update_many({}, {"$set": fields}))


def unset_on_message(name: str) -> Inject:
    return after_message(lambda lab: lab.db.conversations.update_many({}, {"$unset": {name: ""}}))


def makes_no_lead(lab: Lab) -> None:
    def refused(request: Request, _: Forward) -> Reply:
        query = "&".join(f"{name}={text}" for name, text in request.query.items())
        return Reply(303, b"", "text/html", location=f"/chat?{query}&requested=1")

    lab.proxy.override("POST", "/chat/lead", refused)


def lets_nobody_in(lab: Lab) -> None:
    def refused(_: Request, forward: Forward) -> Reply:
        return replace(forward(), status=200, content=b"<!doctype html><html lang=en><title>Sign in</title><input type=email aria-label=Email><input type=password aria-label=Password>", kind="text/html", location=None)

    lab.proxy.override("POST", "/sign-in", refused)


def on(name: str, at: str, page: str, says: str, *inject: Inject) -> None:
    fault(name, "page", "HTTP", at, says, *inject, page=TITLES.get(page, page))


OVER_THE_PAGE = "position: fixed; inset: 0; width: 100%; height: 100%; z-index: 9999; background: white"

# The language

on("a French home page with three English messages", "lvmh", HOME, "“Your shopping bag” in English", shows(HOME, ("Votre panier", "Your shopping bag"), ("Sélectionné pour vous", "Chosen for you"), ("Prospects commerciaux", "Business leads")))
on("a French home page that calls itself English", "lvmh", HOME, "language: expected French", shows(HOME, ('lang="fr-FR"', 'lang="en"')))
on("a home page that does not say its language", "sequoia", HOME, "language: expected English, found nothing", shows(HOME, ('lang="en-US"', "")))
on("a French page that runs from right to left", "lvmh", MOOD, "from left to right", shows(MOOD, ('dir="ltr"', 'dir="rtl"')))
on("a button in English on the French LiveSale", "lvmh", LIVESALE, "“Join the LiveSale” in English", shows(LIVESALE, ("Rejoindre le LiveSale", "Join the LiveSale")))
on("an English sentence that is not a stored message on a French page", "lvmh", MOOD, "in English", shows(MOOD, ("<section", "<p>Enjoy the best of our houses with your friends</p><section")))
on("a column of the French board in English", "lvmh", BOARD, "“Negotiation” in English", shows(BOARD, ("Négociation", "Negotiation")))
on("a key figure's name in English on the French analytics", "lvmh", ANALYTICS, "“Partner houses” in English", shows(ANALYTICS, ("Maisons partenaires", "Partner houses")))
on("a German sentence on Tiger's home page", "tiger-global", HOME, "in German", shows(HOME, ("<h1>", "<p>Die Preise sind für Sie in der Währung</p><h1>")))
on("a French chat with an English question", "lvmh", CHAT, "in English", shows(CHAT, turned("<h1>.*?</h1>", "<h1>Talk to us</h1>")))

on("an English product name on the French LiveSale", "lvmh", LIVESALE, "a product's name: expected “Parfum J’adore de Dior”", shows(LIVESALE, ("Parfum J’adore de Dior", "Dior J'adore Parfum")))

# Text that nobody has written

on("a value that is not there", "tiger-global", HOME, "“Welcome back undefined”", shows(HOME, ("<h1>", "<p>Welcome back undefined</p><h1>")))
on("an error in place of a part of the page", "sequoia", MOOD, "“Something went wrong”", shows(MOOD, ("</main>", "<p>Something went wrong</p></main>")))
on("the name of another investor", "lvmh", ANALYTICS, "“Sequoia Capital”", shows(ANALYTICS, ("<h1>", "<p>Sequoia Capital</p><h1>")))
on("another investor in the title of the tab", "index", HOME, "only names of the demo of Index Ventures", shows(HOME, ("<title>", "<title>Tiger Global · ")))
on("a lead of another investor", "tiger-global", BOARD, "“Nordstrom Luxury”", shows(BOARD, ("</main>", "<p>Nordstrom Luxury</p></main>")))

# Money

on("dollar signs for LVMH", "lvmh", HOME, "expected an amount in EUR", shows(HOME, ("€", "$")))
on("English amounts for LVMH", "lvmh", HOME, "written as in fr-FR", shows(HOME, turned(rf"(\d+){THIN}?(\d*){HARD}€", r"€\1,\2.00"), (",.00", ".00")))
on("a price that is five per cent too high", "lvmh", HOME, "Louis Vuitton Capucines MM", shows(HOME, (f"4{THIN}950", f"5{THIN}200")))
on("a product without its price", "lvmh", HOME, "no price beside it", shows(HOME, turned(rf'<span class="price">4{THIN}950{HARD}€</span>', "")))
on("Tiger in US dollars", "tiger-global", HOME, "an amount in SGD", link("tiger-global", "home", "currency=SGD", "currency=USD"))
on("Index in euros", "index", MOOD, "an amount in GBP", link("index", "ai_mood_cart", "currency=GBP", "currency=EUR"))
on("a total that is not the sum", "lvmh", MOOD, "total", shows(MOOD, turned(r'<p class="total">.*?</p>', f'<p class="total">9{HARD}€</p>')))
on("a dollar sign on one KPI of LVMH", "lvmh", ANALYTICS, "an amount in EUR", shows(ANALYTICS, (f"3{THIN}240{HARD}€", "$3,240")))
on("a stale price in the LiveSale", "lvmh", LIVESALE, "Dior J", shows(LIVESALE, (f"120{HARD}€", f"150{HARD}€")))

# Time

on("a greeting for another time of day", "sequoia", HOME, "greeting", greets_wrongly("sequoia"))
on("no greeting at all", "tiger-global", HOME, "no greeting", shows(HOME, turned(r'<p class="greeting">.*?</p>', "")))
on("a countdown in UTC", "sequoia", LIVESALE, "countdown", shows(LIVESALE, turned(r"<script.*?</script>", ""), turned(r">Starts in\s(\d+)\sd\s(\d+)\sh", lambda m: f">Starts in {int(m[1]) - (int(m[2]) < 8)} d {(int(m[2]) - 8) % 24} h")))
on("a start in UTC", "tiger-global", LIVESALE, "start: expected", shows(LIVESALE, ("8:00", "12:00")))
on("no countdown", "lvmh", LIVESALE, "no countdown", shows(LIVESALE, turned(r'<p class="countdown".*?</p>', ""), turned(r"<script.*?</script>", "")))
on("a LiveSale a day late", "lvmh", LIVESALE, "start: expected", shows(LIVESALE, turned(r"(<p>Début[^<]*?)(\d{1,2})(?= \w)", lambda m: f"{m[1]}{int(m[2]) % 27 + 1}")))

# The browser

on("an error in the console", "sequoia", HOME, "console", shows(HOME, ("</body>", "<script>console.error('carousel: no slides')</script></body>")))
on("a dialog of the browser over the page", "lvmh", HOME, "“Maintenance à 20 h”", shows(HOME, ("</body>", "<script>alert('Maintenance à 20 h')</script></body>")))
on("a script that breaks", "lvmh", BOARD, "console", shows(BOARD, ("</body>", "<script>notThere()</script></body>")))
on("a picture that is not there", "lvmh", HOME, "/pages/picture/gone.png: answer 404", shows(HOME, ("</main>", '<img src="/pages/picture/gone.png" alt=""></main>')))
on("a picture that is no picture", "lvmh", HOME, "data:image/png;base64,AAAA (“Sac”): the browser cannot show it", shows(HOME, ("</main>", '<img alt="Sac" src="data:image/png;base64,AAAA"></main>')))
on("a page in place of a style", "sequoia", BOARD, "/leads: the answer is a page", shows(BOARD, ("</head>", '<link rel="stylesheet" href="/leads"></head>')))
on("the browser's dialog for printing over the page", "index", ANALYTICS, "the browser's dialog for printing", shows(ANALYTICS, ("</body>", "<script>print()</script></body>")))
on("a file that a page sends to save", "lvmh", HOME, "one begins: “prix.csv”", shows(HOME, ("</main>", '<a id="prix" download="prix.csv" href="data:text/csv,1"></a><script>prix.click()</script></main>')))
on("a page that loads itself again and again", "a16z", ANALYTICS, "loads itself again and again", shows(ANALYTICS, ("</body>", "<script>setTimeout(() => location.reload(), 200)</script></body>")))
on("a request that nobody answers", "a16z", ANALYTICS, "requests", shows(ANALYTICS, ("</body>", "<script>fetch('http://127.0.0.1:9/').catch(() => 0)</script></body>")))
on("a page that takes four seconds", "bessemer", HOME, "loading", fails(HOME, 200, 4.0))
on("a page that scrolls sideways on the phone", "lvmh", HOME, "sideways", shows(HOME, ("<main>", '<main style="width: 700px">')))
on("a desktop's page on the phone", "tiger-global", HOME, "as for a desktop", shows(HOME, turned(r'<meta name="viewport".*?>', "")))
on("a picture that no screen reader can name", "sequoia", HOME, "accessibility", shows(HOME, ('alt=""', "")))
on("an empty home page", "sequoia", HOME, "empty page", shows(HOME, turned(r"<body.*</body>", "<body></body>")))

on("a consent page over the home page", "lvmh", HOME, "“Nous respectons votre vie privée Continuer” over it", shows(HOME, ("</body>", f'<div style="{OVER_THE_PAGE}"><h2>Nous respectons votre vie privée</h2><button>Continuer</button></div></body>')))
on("a picture over the leads board", "sequoia", BOARD, "without words” over it", shows(BOARD, ("</body>", f'<img alt="" style="{OVER_THE_PAGE}" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"></body>')))
on("key figures that are cut off", "a16z", ANALYTICS, "text that is cut off", shows(ANALYTICS, ("</body>", "<style>body > * { clip-path: inset(50%) }</style></body>")))
on("a price in the colour of what is behind it", "lvmh", HOME, "no price beside it", shows(HOME, (f'<span class="price">4{THIN}950', f'<span class="price" style="background: white; color: white">4{THIN}950')))
on("key figures that are blurred", "a16z", ANALYTICS, "Users who use AI", shows(ANALYTICS, ("</body>", "<style>dd { filter: blur(9px) }</style></body>")))
on("a mirrored leads board", "lvmh", BOARD, "no such card", shows(BOARD, ("</body>", "<style>main { transform: scaleX(-1) }</style></body>")))
on("an English sentence that a style sheet writes", "lvmh", MOOD, "in English", shows(MOOD, ("</body>", "<style>main::after { content: 'Enjoy the best of our houses with your friends' }</style></body>")))

# Links

on("a home link that leads nowhere", "lvmh", HOME, "does not exist", link("lvmh", "home", "/?", "/nowhere?"))
on("a home link into another bundle", "lvmh", HOME, "one into SEQUOIA_ROELOF_BOTHA", link("lvmh", "home", KEYS["lvmh"], KEYS["sequoia"]))
on("a link on the page into another bundle", "sequoia", MOOD, "one into A16Z_CHRIS_DIXON", shows(MOOD, turned(f'(<a class="house"[^>]*){KEYS["sequoia"]}', rf"\1{KEYS['a16z']}")))
on("a link on the page to another copy of the app", "sequoia", MOOD, "one to staging.example.com", shows(MOOD, turned(r'(<a class="house" href=")', r"\1http://staging.example.com")))
on("an analytics page that fails", "index", ANALYTICS, "fails (answer 500)", fails(ANALYTICS, 500))
on("no way in for the demo account", "index", "", "does not accept the demo account", lets_nobody_in)

# Mood to cart, LiveSale

on("moods that cannot be tapped", "sequoia", MOOD, "nothing on it to tap", shows(MOOD, ("Something to celebrate", "Celebrate")))
on("a mood that fills no bag", "a16z", MOOD, "at least 2", shows(MOOD, turned(r'<ul class="pieces">.*?</ul>', "")))
on("the title of another LiveSale", "lvmh", LIVESALE, "title", shows(LIVESALE, ("Paris Fashion Week: Louis Vuitton Première", "Both Sides of the Market: Baccarat and Hermès at Home")))
on("a featured product that is not shown", "tiger-global", LIVESALE, "Mikimoto Pearl Necklace", shows(LIVESALE, ("Mikimoto Pearl Necklace", "Pearl Necklace")))
on("a LiveSale that nobody can join", "sequoia", LIVESALE, "joined", shows(LIVESALE, turned("<form.*?</form>", "<button>Join the LiveSale</button><script>document.querySelector('main button').onclick = () => { throw new Error('no seat') }</script>")))

# The lead, the board

on("a lead without its time zone", "lvmh", "", "the lead's timezone", unset_on_message("timezone"))
on("a lead in another currency", "tiger-global", "", "the lead's currency", set_on_message(currency="USD"))
on("a lead without its source", "sequoia", "", "the lead's source", unset_on_message("source"))
on("a conversation of which no lead comes", "lvmh", "", "expected a lead", makes_no_lead)
on("a lead that is not on the board", "lvmh", BOARD, "no such card", shows(BOARD, turned(r"AisleMarts [0-9A-F]{10}", "")))
on("a sample lead that is not on the board", "lvmh", BOARD, "Printemps", shows(BOARD, ("Printemps", "–")))
on("a chat without a field to write into", "sequoia", CHAT, "nothing on it to write into", shows(CHAT, turned(r'<input type="text".*?>', "")))

# The key figures

on("a decimal comma in en-US", "sequoia", ANALYTICS, "“0,45”", shows(ANALYTICS, ("0.45", "0,45")))
on("a KPI with another value", "lvmh", ANALYTICS, "Panier moyen du luxe", shows(ANALYTICS, (f"3{THIN}240", f"3{THIN}420")))
on("a KPI that is missing", "tiger-global", ANALYTICS, "Emerging markets", shows(ANALYTICS, turned(r"<div><dt>Emerging markets.*?</div>", "")))
on("two KPIs that have changed places", "a16z", ANALYTICS, "Users who use AI", shows(ANALYTICS, ("94%", "xx"), ("67%", "94%"), ("xx", "67%")))

# The data, seen on the page

fault("a message that is stored in English", "page", "Mongo", "lvmh", "“Your shopping bag” in English", changed("locales", "fr", messages__cart_title="Your shopping bag"), page="")
fault("a price that is stored wrongly", "page", "Mongo", "lvmh", "Louis Vuitton Capucines MM", changed("products", "EUR-001", price_eur=4590), page="")
fault("a LiveSale that is not stored", "page", "Mongo", "tiger-global", "LiveSale page", removed("livesales", _id="LS-TIGER-001"), page="")
