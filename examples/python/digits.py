"""Trains the MLP of mlp.py or the SimpleCNN of cnn.py on handwritten digits.

    ./dev example digits --model mlp
    ./dev example digits --model cnn --epochs 20 --mnist FOLDER

Prints the loss and the held-out accuracy of every epoch and saves a loss curve. Without --mnist
the images are the 1,797 digits that scikit-learn ships, enlarged to 28x28; a fifth of them is held
out."""

import argparse
import runpy
import time
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn

import data
import show

HERE = Path(__file__).resolve().parent


def program(name):
    """What mlp.py or cnn.py defines. cnn.py trains on the `data_loader` that it is given: an empty
    one."""
    return runpy.run_path(str(HERE / f"{name}.py"), init_globals={"data_loader": []})


def loss_fn(model, x, y):
    return nn.losses.cross_entropy(model(x), y, reduction="mean")


def accuracy(model, images, labels, batch=256):
    right = 0
    for i in range(0, labels.size, batch):
        guess = mx.argmax(model(images[i : i + batch]), axis=1)
        right += mx.sum(guess == labels[i : i + batch]).item()
    return right / labels.size


def train(name, parts, epochs, batch_size=64, seed=0, say=print):
    """Returns the model, the losses of all steps and the accuracies of all epochs."""
    mx.random.seed(seed)
    found = program(name)
    model, optimizer = found["model"], found["optimizer"]
    images, labels, test_images, test_labels = parts
    if name == "mlp":
        images, test_images = (a.reshape(a.shape[0], -1) for a in (images, test_images))
    loader = data.data_loader(images, labels, batch_size, seed=seed)
    loss_and_grad = nn.value_and_grad(model, loss_fn)
    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        start, first = time.perf_counter(), len(losses)
        for x, y in show.progress(loader, f"epoch {epoch}"):
            loss, grads = loss_and_grad(model, x, y)
            optimizer.update(model, grads)
            mx.eval(loss, model.parameters(), optimizer.state)
            losses.append(show.finite(loss.item(), len(losses) + 1))
        seconds = time.perf_counter() - start
        accuracies.append(accuracy(model, test_images, test_labels))
        mean = sum(losses[first:]) / (len(losses) - first)
        say(f"epoch {epoch:3}  loss {mean:.4f}  accuracy {100 * accuracies[-1]:.2f} %  "
            f"{labels.size / seconds / 1000:.1f} ksample/s")
    return model, losses, accuracies


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=("mlp", "cnn"), default="mlp")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mnist", help="folder with MNIST's IDX files")
    parser.add_argument("--plot", help="where the loss curve goes (default MODEL-loss.png)")
    args = parser.parse_args()
    parts = data.mnist(args.mnist) if args.mnist else data.split(*data.digits(), seed=args.seed)
    _, losses, accuracies = train(args.model, parts, args.epochs, args.batch_size, args.seed)
    path = args.plot or f"{args.model}-loss.png"
    show.save_curve(path, losses, accuracies, f"{args.model} on {parts[1].size} digits")
    print(f"best accuracy {100 * max(accuracies):.2f} %; loss curve: {path}")


if __name__ == "__main__":
    main()
