"""The facts of one walk: what is not as the investor should see it.

>>> walked.every_page.wrong_language("home")            # doctest: +SKIP
>>> walked.livesale.wrong_countdown                     # doctest: +SKIP
"""

from __future__ import annotations

from playbook.walk.facts.analytics import Analytics
from playbook.walk.facts.every_page import EveryPage
from playbook.walk.facts.home import Home
from playbook.walk.facts.leads import Leads
from playbook.walk.facts.livesale import LiveSale
from playbook.walk.facts.offers import Offers
from playbook.walk.facts.pages import Pages
from playbook.walk.facts.products import Products
from playbook.walk.walk import Walk


class Walked:
    """The facts of one walk. Each gives findings; without findings all is right.

    All raise PageNotKnown if they need a page that the description does not name.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.pages = Pages(walk)
        offers = Offers(self.pages)
        self.every_page = EveryPage(self.pages)
        self.home = Home(self.pages)
        self.products = Products(self.pages, offers)
        self.livesale = LiveSale(self.pages, offers)
        self.leads = Leads(self.pages)
        self.analytics = Analytics(self.pages)
