"""What the examples show: a progress bar on a terminal, a loss curve and a grid of images as
pictures; and the check that training did not run away."""

import math
import sys


def finite(loss, step):
    """The loss, a number.

    Raises:
        FloatingPointError: it is infinite or not a number; training on would not mend it.
    """
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss} at step {step}: training has diverged "
                                 "(a lower learning rate helps, or numbers in the data are bad)")
    return loss


def progress(items, label, every=1):
    """Yields the items; draws a bar on stderr where that is a terminal."""
    total, width = len(items), 30
    live = sys.stderr.isatty()
    for i, item in enumerate(items, 1):
        yield item
        if live and (i % every == 0 or i == total):
            full = width * i // total
            print(f"\r{label} [{'#' * full}{'.' * (width - full)}] {i}/{total}", end="",
                  file=sys.stderr, flush=True)
    if live:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _pyplot():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def save_curve(path, losses, accuracies=None, title=""):
    """Losses a step, with their running average, and accuracies an epoch."""
    plt = _pyplot()
    figure, axis = plt.subplots(figsize=(7, 4), constrained_layout=True)
    window = max(1, len(losses) // 50)
    last = [losses[max(0, i - window) : i] for i in range(1, len(losses) + 1)]
    smooth = [sum(part) / len(part) for part in last]
    axis.plot(losses, color="0.8", linewidth=0.8, label="loss of a batch")
    axis.plot(smooth, color="tab:blue", label=f"average of {window}")
    wide = smooth[0] > 10 * smooth[-1] > 0
    axis.set(xlabel="step", ylabel="loss", title=title, yscale="log" if wide else "linear")
    axis.grid(alpha=0.3)
    lines = axis.get_lines()
    if accuracies:
        right = axis.twinx()
        steps = [(i + 1) * len(losses) / len(accuracies) for i in range(len(accuracies))]
        lines += right.plot(steps, [100 * a for a in accuracies], color="tab:orange", marker="o",
                            markersize=3, label="held-out accuracy")
        right.set_ylabel("accuracy, %")
    axis.legend(lines, [line.get_label() for line in lines], loc="center right")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def save_images(path, rows, titles=None):
    """A grid of grey images: `rows` is a list of lists of 2-d lists or arrays in [0, 1]."""
    plt = _pyplot()
    figure, axes = plt.subplots(len(rows), len(rows[0]), squeeze=False,
                                figsize=(0.7 * len(rows[0]) + 1, 0.7 * len(rows)))
    for r, row in enumerate(rows):
        for c, image in enumerate(row):
            axes[r][c].imshow(image, cmap="gray_r", vmin=0, vmax=1)
            axes[r][c].set(xticks=[], yticks=[])
        if titles:
            axes[r][0].set_ylabel(titles[r], rotation=0, ha="right", va="center")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)
