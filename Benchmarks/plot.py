"""Draws the curves of a report of `event-bench scale`, one SVG a plot: plot.py REPORT FOLDER"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

PLOTS = {
    "subscriptions": ("Publishing with more and more subscriptions", "subscriptions", "ns per publish"),
    "subjects": ("Publishing on more and more subjects", "subjects", "ns per publish"),
    "publishers": ("Publishing from several tasks at once", "publishers", "publishes per second, together"),
    "payload": ("From publisher to subscriber, by payload", "bytes of payload", "ns per envelope"),
}
COLOURS = ["#0b6e99", "#d9730d", "#448361", "#9065b0", "#c14c8a"]


def draw(name, curves, circumstances, folder):
    title, x_label, y_label = PLOTS[name]
    figure, axes = plt.subplots(figsize=(8, 4.8))
    for curve, colour in zip(curves, COLOURS):
        points = [(point["x"], point["y"]) for point in curve["points"]]
        axes.plot(*zip(*points), marker="o", markersize=5, linewidth=2, color=colour, label=curve["series"])
    if name == "publishers":
        axes.set_xscale("log", base=2)
        axes.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value / 1e6:g} M")
    else:
        # Zero has a place on the axis of payloads, and a logarithm has none for it.
        axes.set_xscale("symlog", linthresh=100) if name == "payload" else axes.set_xscale("log")
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace(",", "\u202f"))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace(",", "\u202f"))
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(True, which="major", color="#dddddd")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    note = f"{circumstances['processor']}, {circumstances['cores']} cores, {circumstances['date'][:10]}"
    figure.text(0.99, 0.01, note, ha="right", fontsize=8, color="#777777")
    figure.tight_layout(rect=(0, 0.02, 1, 1))
    path = Path(folder) / f"{name}.svg"
    figure.savefig(path, metadata={"Date": None})
    print(path)


def main():
    report = json.loads(Path(sys.argv[1]).read_text())
    # The same input gives the same file.
    plt.rcParams.update({"svg.hashsalt": "event-bus", "svg.fonttype": "none", "font.family": "sans-serif"})
    for name in PLOTS:
        curves = [curve for curve in report["curves"] if curve["plot"] == name]
        if curves:
            draw(name, curves, report["circumstances"], sys.argv[2])


if __name__ == "__main__":
    main()
