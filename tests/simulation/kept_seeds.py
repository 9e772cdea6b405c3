"""Seeds that once broke a promise. Each is kept for ever, with what the engine did wrong.

Seeds of a generation play what they did then: what a seed draws has been changed since.
"""

from __future__ import annotations

_WITHOUT_THEMES = {
    891: "halts that waited for an actor being restarted were taken in the wrong order",
    1821: "a halt at which the router failed reached nobody",
    2198: "an order sent again on its first terms kept its replace pending in the portfolio",
    2541: "the portfolio never heard of an order's end when the router failed at it",
    2555: "an order that waited for the venue actor's restart left after the halt",
    2784: "an ending overtook an execution, and what was sold already was sold once more",
    2886: "an order that stayed unknown excused every difference of its symbol for ever",
    2901: "an order answered by `not found` once more was sent although it was over",
    5784: "an ending overtook an execution: one unit too many was sold",
    6148: "an ending overtook an execution",
    6359: "an ending overtook an execution",
    6520: "an ending overtook an execution, and the position grew past its limit",
    7113: "a difference was never looked at, for an order stayed unknown",
    7238: "an ending overtook an execution: 39 units were sold that were not held",
    10499: "a report settled what the venue actor counts and the portfolio was not told: the two counted apart",
    12502: "a difference was never looked at",
    12543: "a difference was never looked at",
    20646: "a connection that could not be handled left the portfolio held",
    21066: "an order that was over here went on working at the venue",
    21158: "a request came twice: the first was refused, and the second worked unnoticed",
    203752: "books drawn up from the journal kept what a busted correction had corrected",
    211734: "books drawn up from the journal took an execution behind an unheard bust for one told before",
    217776: "an order that was sent again was asked for as seldom as one that is unknown for long",
    541: "a cancel that could not be handled was forgotten, and its order worked on through a halt",
    15: "exits were refused by the venue's actor after a halt: a flatten closed nothing",
    928: "`not found` was believed while the request was on its way, and another order took its place",
    150: "a flatten left what an entry executed while it was being canceled",
    50: "the refusal of an order that was to be canceled kept the exit that took its place from being sent",
    506476: "a replace that was being carried out was forgotten: a stop and an exit sold more than was held",
    517098: "an order left between the refusal of one that could not be handled and the halt of its symbol",
    604317: "an order that was not found, and turned out to be rejected, stopped its venue's actor",
    805656: "an answer that came late took back a change: a stop was doubled, and more was sold than was held",
    411194: "what a quarantined strategy could not be told was counted from the last checkpoint on only",
    31284: "the answer to an earlier replace was taken for that to the last, and a stop sold more than was held",
    1022622: "somebody set the clock forward, and an order on its way counted as lost: two stops for one position",
    1044320: "one old report, told three times, counted as proof: what was held was taken out of the books",
    3003022: "what a quarantined strategy held was to be guarded by the stop of the position it had wanted",
    4011616: "a change that the broker took long to carry out was given up: stop and exit sold more than was held",
    5008211: "the clock was set between two starts, and an order on its way counted as lost: two stops",
    5026522: "a report that showed a change was passed over as older: 536 were on offer, 65 held",
    7049751: "an earlier change was told again and taken for a new one: 23 were on offer, 22 held",
    7088789: "that the broker held an order was kept from the portfolio, which took it for lost while it worked on",
    9016840: "a change that was refused while the order was in doubt was asked for for ever: the stop never grew",
}
_WITH_THE_FIRST_THEMES = {
    50000711: "an order lacked executions behind one that was taken back, and nobody asked any more",
    50100251: "an execution behind one that was taken back counted in part",
    50101542: "a release that was set aside was given once more, behind a later halt",
    60002020: "other news ended the question about an order whose executions had been taken back",
    60104172: "the same, for another order",
    60104690: "a late answer that an order is not found made room for another: its limit was passed",
    70010322: "what a venue had held was asked for no more once it was not found for a while",
    80002126: "a report of before a bust, whose sum was right by chance, settled an order",
    91011873: "an exit worked on in a halt, though what it was to close had been taken out of the books",
    93101394: "the end of an order, told with its sum, settled what was missing of its executions",
}
_WITH_LATER_THEMES = {
    7002494: "exits sold more than the account held, behind an execution that could not be booked",
}
_WITH_PERSONS = {
    30001437: "a flatten left what a person's first order executed while it was being canceled",
    400077596: "a cancel under way hid a change under way: 20 were on offer, 17 held",
}

_WITH_TIGHT_LIMITS = {
    730003790: "tightened limits counted as applied before they were durable, and were forgotten with the process",
}

_CHANGES = "strategies come and go, and limits change, between two starts"
_FOR_MINUTES = "people order by themselves, and it is not found for minutes"

_WITH_CHANGED_STRATEGIES = {
    510176: "what an exit had sold was bought back for a strategy that had gone",
    770002302: "the supervisor of a strategy that had failed, and gone, could not be rebuilt: the engine ended",
    800083910: "a stop was refused while nothing was held, and what was bought later was guarded by nothing",
    770002323: "a strategy in quarantine could not be undeployed: the engine ended, and at each start again",
}

_WITH_PERSONS_WHO_CANCEL_UNAWARES = {
    1100001092: "a symbol remembered a strategy that had gone, and could not be rebuilt: no engine started",
    1200007365: "of a request that came twice one copy was refused: the order counted as canceled and worked on",
    991000364: "an answer of before a bust, whose sum was right by chance, ended the question about an order",
    1600001438: "an order that was held, and of which a copy was refused, was sent again",
    1500016781: "a difference of cash could not be accepted for as long as an order executed",
    1600017667: "a difference of a position could not be accepted for as long as an order executed",
    1800029868: "a late execution was counted in part, and never the rest, since its answer was taken for given",
    2000011790: "an order of which an execution was counted twice, for a while, stayed filled for its portfolio",
    132: "a bust turned a position to the other side, and the stop of before was to guard that",
}

_WITH_PAUSES = {
    2400005412: "no mistake: a person canceled an exit, and what was held turned to the other side",
    2400018044: "no mistake: what counted in part was covered while its strategy was paused",
    2400040427: "no mistake: the same",
    2400160358: "no mistake: an order that a halt kept from leaving is no reason to deny the like of it",
}

_WITH_REFUSED_CANCELS = {
    2700061393: "no mistake: an order was refused while it was being canceled, and what repeats it is denied",
    2700141450: "no mistake: an entry was in doubt when its strategy was paused: it is canceled once it works",
    2700143142: "no mistake: answers of before an order was filled told that it worked",
    2700148211: "no mistake: the same",
    2700197874: "an exit that was being canceled was refused, which ended the flatten",
    3310020045: "no mistake: books and account differ for good while an order is in doubt, and that is told",
    2750021627: "no mistake: an exit by books in which an execution had counted in part, at an old price",
    3500021282: "no mistake: an old report of before a correction, with which the books did not agree",
    3500085597: "no mistake: a price was the head of its mailbox, left alone, until something went ahead of it",
    3500084610: "no mistake: an order of which an execution is missing is waited for before a position is closed",
    3500057176: "no mistake: a quote was refused, and the strategy did not hear of it",
    3500026768: "no mistake: an order that was refused was reported to be in doubt, and what was asked for waited",
    4000122700: "no mistake: an exit turned up in a halt, executed in part, and closes what is left",
    4940000094: "no mistake: a strategy was to fall sick when the configuration had none left",
    4000135725: "no mistake: an order that was refused executed, and was in doubt while the account differed",
}

_WITH_WHAT_IS_FILLED_UP_UNAWARES = {
    6000041267: "no mistake: an exit waited for an execution that was told out of turn",
    6000068544: "no mistake: the same",
    6000041664: "a stop whose cancel was refused was left alone for good once it was changed: a flatten failed",
    6000059497: "a change was forgotten as its order filled: that worked on, and was changed once more meanwhile",
    6100085019: "a cancel that was just asked for counted as unanswered for long, by what was missed before it",
    6100085707: "a change was forgotten as its order filled, and a word that is not known hid it",
}

_GENERATIONS = (
    _WITHOUT_THEMES,
    _WITH_THE_FIRST_THEMES,
    _WITH_LATER_THEMES,
    _WITH_PERSONS,
    _WITH_TIGHT_LIMITS,
    _WITH_CHANGED_STRATEGIES,
    _WITH_PERSONS_WHO_CANCEL_UNAWARES,
    _WITH_PAUSES,
    _WITH_REFUSED_CANCELS,
    _WITH_WHAT_IS_FILLED_UP_UNAWARES,
)

KEPT = {seed: text for seeds in _GENERATIONS for seed, text in seeds.items()}

THEME_OF = {510176: _CHANGES, 3310020045: _FOR_MINUTES}
"""The theme that a seed was given; all others have what they draw."""

GENERATION_OF = {seed: number for number, seeds in enumerate(_GENERATIONS) for seed in seeds}
