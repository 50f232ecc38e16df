"""Foundation: durable work (DBOS behind it), periodic work, and the rate budget of each account."""

from vestnik.engine.engine import Engine, Run, Wanted
from vestnik.engine.limits import SharedLimits
from vestnik.engine.paces import SharedPaces
from vestnik.engine.rates import Rates

__all__ = ["Engine", "Rates", "Run", "SharedLimits", "SharedPaces", "Wanted"]
