"""How the screen looks: colours, and where its parts lie on a wide and on a small terminal."""

from __future__ import annotations

from textual.theme import Theme

WIDE_COLUMNS = 112
WIDE_ROWS = 34
"""From this size on everything is on one screen; below, it is on pages."""

THEME = Theme(
    name="understudy",
    primary="#7aa2c4",
    accent="#d8b46a",
    foreground="#c9d1d9",
    background="#0f1419",
    surface="#0f1419",
    panel="#1a212b",
    warning="#d8a657",
    error="#e0696f",
    success="#7fb685",
    variables={
        "gain": "#7fb685",
        "loss": "#d9777c",
        "quiet": "#6b7684",
        "heading": "#6b7684",
        "name": "#e6edf3",
        "chosen": "#2a3a4d",
        "chosen-quiet": "#1a222d",
        "fell": "#6e2b33",
        "rose": "#234a33",
        "rose-text": "#8fd19e",
        "line": "#2b3440",
    },
)

CSS = """
Screen { layout: vertical; background: $background; }
#header { height: 3; width: 100%; background: $panel; }
#body { height: 1fr; }
#keys { height: 1; width: 100%; background: $panel; }
Panel, Curves { width: 100%; }
#body.absent { opacity: 55%; }

/* wide: two columns over a row */
.wide Panel, .wide Curves { border: round $line; border-title-color: $quiet; padding: 0 1; }
.wide Panel:focus { border: round $primary; border-title-color: $primary; }
.wide #upper { height: 1fr; layout: horizontal; }
.wide #left { width: 53%; height: 100%; }
.wide #right { width: 47%; height: 100%; }
.wide #lower { height: 9; layout: horizontal; }
.wide #symbols { height: auto; max-height: 40%; }
.wide #strategies { height: auto; max-height: 30%; }
.wide #orders { height: 1fr; }
.wide #curves { height: auto; max-height: 50%; }
.wide #actors { height: 1fr; }
.wide #events { width: 60%; height: 100%; }
.wide #positions { width: 40%; height: 100%; }
.wide #portfolios, .wide #fills { display: none; }

/* small: one page at a time, no frames */
.small Panel, .small Curves { display: none; padding: 0 1; }
.small #upper, .small #left, .small #right, .small #lower { height: auto; layout: vertical; width: 100%; }
.small.page-market #symbols, .small.page-market #strategies, .small.page-market #portfolios,
.small.page-market #events { display: block; height: auto; }
.small.page-market #symbols { max-height: 50vh; }
.small.page-market #strategies { max-height: 30vh; }
.small.page-market #lower { height: 1fr; }
.small.page-market #events { height: 100%; }
.small.page-actors #left { display: none; }
.small.page-actors #upper { height: 1fr; }
.small.page-actors #right { height: 100%; }
.small.page-actors #actors { display: block; height: 100%; }
.small.page-actors #lower { height: 4; }
.small.page-actors #events { display: block; height: 100%; }
.small.page-orders #right { display: none; }
.small.page-orders #upper { height: 1fr; }
.small.page-orders #left { height: 100%; }
.small.page-orders #orders { display: block; height: 60%; }
.small.page-orders #fills { display: block; height: 40%; }
.small.page-money #left { display: none; }
.small.page-money #curves { display: block; height: auto; }
.small.page-money #lower { height: 1fr; }
.small.page-money #positions { display: block; height: 100%; }
.small.page-events #upper { display: none; }
.small.page-events #lower { height: 1fr; }
.small.page-events #events { display: block; height: 100%; }

Help { align: center middle; background: $background 70%; }
Help > Static {
    width: 74; max-width: 96%; height: auto; max-height: 96%;
    border: round $primary; padding: 1 2; background: $panel;
}
"""
