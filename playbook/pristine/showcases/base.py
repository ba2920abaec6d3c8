"""The base of every showcase: strictly defined rows, and the numbers that follow from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Count = Annotated[int, Field(ge=0)]
Money = Annotated[int, Field(ge=0)]
"""An amount in whole units of the currency that ends the field's name."""
Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Text = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S(.*\S)?$")]


class Row(BaseModel):
    """One row behind a headline number."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Discrepancy(NamedTuple):
    """A contradiction in a row, or between rows."""

    rule: str
    """The compared value: "GMV", "acquisition spend", "tax"."""
    row: str
    """The name of the row for a person."""
    expected: object
    """A value, or a text that describes it: "it once"."""
    found: object


class Run(NamedTuple):
    """Consecutive months, weeks or days that must end with the last complete one at T."""

    what: str
    unit: Literal["mo", "w", "d"]
    periods: list[str]
    at_least: int
    at_most: int = 1_000


class Figure(NamedTuple):
    """A figure of the company in one showcase; ``company.json`` must have the same."""

    name: str
    period: str
    """A month, the last month of a quarter, or a day: "2026-10"; "" for a figure of today."""
    value: int


class Showcase(Row, ABC):
    """The records of one bundle's showcase."""

    bundle: ClassVar[str]
    """Id of the bundle whose story these records tell."""
    promises: ClassVar[Mapping[str, str]] = {}
    """The numbers that the investor knows and that the bundle's feature states."""

    @abstractmethod
    def kpis(self) -> dict[str, Fraction]:
        """Every headline number, recomputed exactly from the records.

        Shares are fractions of one (0.45), growth is relative (0.23 is +23 %), money is in
        whole units of the currency that ends the name. Raises ZeroDivisionError if there are no
        records to compute a share from.
        """

    def runs(self) -> Iterable[Run]:
        """The dates of the rows, which must be the most recent ones."""
        return ()

    def houses(self) -> Iterable[tuple[str, str | None]]:
        """The brands that must be in the catalog, each with its product if one is named."""
        return ()

    def house_countries(self) -> Iterable[tuple[str, str]]:
        """The countries of brands as the rows state them: the catalog's."""
        return ()

    def countries(self) -> Iterable[str]:
        """The countries that the rows name by their ISO codes."""
        return ()

    def hosts(self) -> Iterable[str]:
        """The creators that must be those of the bundle's region."""
        return ()

    def further_numbers(self) -> dict[str, Fraction]:
        """More numbers in the features, computed from the rows like the headline."""
        return {}

    def discrepancies(self) -> Iterable[Discrepancy]:
        """Contradictions in rows, and between them."""
        return ()

    def detail_discrepancies(self) -> Iterable[Discrepancy]:
        """Details that contradict each other: doubled rows, dates in the wrong order, countries.

        Only the seeds' validation asks for them: a check compares every row with the seeds.
        """
        return ()

    def figures(self) -> Iterable[Figure]:
        """The figures of the company that the rows show (see ``showcases/company.py``)."""
        return ()

    def prices(self) -> Iterable[tuple[str, Fraction, str]]:
        """Catalog prices in the rows: product, amount and currency."""
        return ()

    def baskets(self) -> Iterable[tuple[str, list[str], Fraction, str]]:
        """Amounts that are sums of catalog prices: the row, the products, amount, currency."""
        return ()


def exact(number: float | Decimal) -> Fraction:
    """A number as the exact fraction of its decimal text: 0.45 is 45/100, not a double."""
    return Fraction(Decimal(str(number)))


def doubled(rule: str, names: Iterable[str]) -> Iterator[Discrepancy]:
    """Rows that are there twice; ``names`` are what identifies each row."""
    for name, count in Counter(names).items():
        if count > 1:
            yield Discrepancy(rule, name, "it once", count)


def growth(latest: int, previous: int) -> Fraction:
    """Relative growth from one period to the next: 246 after 200 is 23/100."""
    return Fraction(latest, previous) - 1


def whole_percent(number: Fraction) -> Fraction:
    """A share or a growth rounded to whole per cent, half up: 0.34001 is 34/100."""
    return Fraction(floor(number * 100 + Fraction(1, 2)), 100)


def rounded(amount: Fraction) -> int:
    """An amount in whole units, half up."""
    return floor(amount + Fraction(1, 2))


def ratio(parts: Iterable[int], wholes: Iterable[int]) -> Fraction:
    """Sum over sum, so that large rows weigh more than small ones."""
    return Fraction(sum(parts), sum(wholes))
