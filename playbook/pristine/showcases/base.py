"""What every showcase has: rows of one strict shape, and the numbers that follow from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar

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


class Showcase(Row, ABC):
    """The records of one bundle's showcase."""

    bundle: ClassVar[str]
    """Id of the bundle whose story these records tell."""

    @abstractmethod
    def kpis(self) -> dict[str, Fraction]:
        """Every headline number, recomputed exactly from the records.

        Shares are fractions of one (0.45), growth is relative (0.23 is +23 %), money is in
        whole units of the currency that ends the name. Raises ZeroDivisionError where the
        records a share is taken of are empty.
        """

    def prices(self) -> Iterable[tuple[str, Fraction, str]]:
        """The catalog's prices that the rows quote: product, amount and currency."""
        return ()


def exact(number: float | Decimal) -> Fraction:
    """The fraction that a person reads in a number: 0.45 is 45/100, not its nearest double."""
    return Fraction(Decimal(str(number)))


def growth(latest: int, previous: int) -> Fraction:
    """Relative growth from one period to the next: 246 after 200 is 23/100."""
    return Fraction(latest, previous) - 1


def ratio(parts: Iterable[int], wholes: Iterable[int]) -> Fraction:
    """Sum over sum, so that large rows weigh more than small ones."""
    return Fraction(sum(parts), sum(wholes))
