"""Mutants of how a broker's answers and updates are read."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

ANSWERS = "gateways/broker/answers.py"

MUTANTS = (
    Mutant(
        "no-answer-reads-as-rejected",
        "A request without an answer may have been carried out.",
        ANSWERS,
        '                return [OrderUnknown(**about, reason="the venue did not answer")]\n',
        '                return [OrderRejected(**about, reason="the venue did not answer")]\n',
    ),
    Mutant(
        "5xx-reads-as-rejected",
        "A request that failed at the venue may have been carried out.",
        ANSWERS,
        '        return [OrderUnknown(**about, reason=f"the venue answered with status {status}")]\n',
        '        return [OrderRejected(**about, reason=f"the venue answered with status {status}")]\n',
    ),
    Mutant(
        "duplicate-id-reads-as-rejected",
        "A duplicate id says that the venue has the order.",
        ANSWERS,
        '                    if body["code"] == "duplicate_client_order_id":\n',
        '                    if body["code"] == "no such code":\n',
    ),
    Mutant(
        "not-found-reads-as-canceled",
        "An order that is not found may still be on its way.",
        ANSWERS,
        "            return [OrderNotFound(**about, asked_ns=asked_ns)]\n",
        '            return [OrderCanceled(**about, reason="not found")]\n',
    ),
    Mutant(
        "refused-cancel-reads-as-canceled",
        "A cancel that is refused ends no order.",
        ANSWERS,
        "                    return [OrderCancelRejected(**about, reason=refusal(body))]\n",
        "                    return [OrderCanceled(**about, reason=refusal(body))]\n",
    ),
    Mutant(
        "accepted-cancel-reads-as-canceled",
        "A cancel that is accepted has yet to be carried out.",
        ANSWERS,
        "                if status == 204:\n                    return []\n",
        '                if status == 204:\n                    return [OrderCanceled(**about, reason="")]\n',
    ),
    Mutant(
        "strange-status-reads-as-canceled",
        "A status that we have never heard of ends no order.",
        ANSWERS,
        '_STATUSES.get(word(order["status"]), OrderStatus.UNKNOWN)',
        '_STATUSES.get(word(order["status"]), OrderStatus.CANCELED)',
    ),
    Mutant(
        "refused-replace-is-not-told",
        "A replace that is refused is over.",
        ANSWERS,
        '            return [OrderReplaceRejected(**about, reason=reason or "the venue did not replace")]\n',
        "            return []\n",
    ),
    Mutant(
        "commission-is-not-read",
        "Commission is booked.",
        ANSWERS,
        '        commission = not_negative(record["commission"])\n',
        "        commission = Decimal(0)\n",
    ),
    Mutant(
        "bust-names-the-wrong-execution",
        "A bust takes out the execution that it names.",
        ANSWERS,
        "                **about, execution_id=earlier_id, side=side, quantity=quantity, price=price,",
        "                **about, execution_id=execution_id, side=side, quantity=quantity, price=price,",
    ),
    Mutant(
        "account-tells-no-executions",
        "Executions that no update told of are found in the account's report.",
        ANSWERS,
        '                    told.append(self._execution(about, record, VenueOrderId("")))\n',
        "                    continue\n",
    ),
    Mutant(
        "query-tells-no-executions",
        "An order that is asked for is told with its executions.",
        ANSWERS,
        '            self._execution(about, record, venue_order_id) for record in listed(body["executions"])\n',
        '            self._execution(about, record, venue_order_id) for record in listed(body["executions"])[:0]\n',
    ),
    Mutant(
        "blocked-account-looks-well",
        "Nothing is sent while the account is blocked.",
        ANSWERS,
        'is_blocked=word(body["status"]) != "ACTIVE"',
        'is_blocked=word(body["status"]) == ""',
    ),
    Mutant(
        "answer-may-lack-what-is-known",
        "An answer that lacks executions that are known is of before, though its sum is right.",
        "actors/_retold.py",
        "            return any(each not in told for each in state.executions)\n",
        "            return False\n",
        theme="what is taken back is not told",
    ),
    Mutant(
        "word-for-which-nobody-asked-answers",
        "Of an order from which executions were taken back, only an answer ends the question.",
        "actors/_retold.py",
        "        return event.asked_ns > 0 or not state.has_undone\n",
        "        return True\n",
        behind="the rest of an execution that was counted in part counts when it is told again",
    ),
    Mutant(
        "expiry-on-the-stream-is-passed-over",
        "What the stream tells of the end of an order is passed on.",
        ANSWERS,
        '        case "canceled" | "expired":',
        '        case "canceled":',
    ),
    Mutant(
        "answer-forgets-its-question",
        "An answer is as old as its question at most.",
        ANSWERS,
        "        told.append(_report(about, body, asked_ns))\n",
        "        told.append(_report(about, body))\n",
    ),
    Mutant(
        "rate-limit-is-a-refusal",
        "That requests come too fast refuses no order.",
        "gateways/broker/answers.py",
        "                if status in (403, 422):\n",
        "                if status in (403, 422, 429):\n",
    ),
    Mutant(
        "correction-not-remembered",
        "A correction that was booked is known when it is told again.",
        "gateways/broker/answers.py",
        """\
        self._remember(execution_id, _Execution(quantity, price, commission))
        return OrderFillCorrected(
""",
        "        return OrderFillCorrected(\n",
    ),
)
