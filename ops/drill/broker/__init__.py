"""An independent broker in memory, against which the whole engine is tested.

It shares no code with the engine: an error in the engine's own rules would hide in a judge that uses them.
"""

from ops.drill.broker.account import CashAdjustment, Execution
from ops.drill.broker.model import BrokerModel, Sent
from ops.drill.broker.orders import Order
from ops.drill.broker.replies import Reply
from ops.drill.broker.rules import BrokerRules
from ops.drill.broker.terms import Terms

__all__ = ["BrokerModel", "BrokerRules", "CashAdjustment", "Execution", "Order", "Reply", "Sent", "Terms"]
