"""The command line of the training: `python -m training train|evaluate|speed --help`."""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from service.embedding.compact.files import WEIGHTS_DIRECTORY
from service.embedding.compact.network import TowerShape
from service.embedding.compact.semantic import CompactSemanticEncoder
from service.embedding.compact.visual import CompactVisualEncoder
from training import photos as shop
from training.assembly import HELD_OUT_SHARE, assemble
from training.evaluation import report
from training.learner import Learner, Recipe, Trainer, targets_of
from training.pipeline import Finishing, finish
from training.scenes import held_out


def main() -> int:
    """Runs one command."""
    arguments = _parser().parse_args()
    commands = {"train": _train, "evaluate": _evaluate, "speed": _speed}
    commands[arguments.command](arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train and write all weights files")
    train.add_argument("--out", type=Path, default=WEIGHTS_DIRECTORY)
    train.add_argument("--epochs", type=int, default=Recipe.epochs)
    train.add_argument("--peak-rate", type=float, default=Recipe.peak_rate)
    train.add_argument(
        "--first-side", type=int, default=96, help="pixels a side at the start: 96 or 128"
    )
    train.add_argument("--all-photos", action="store_true", help="hold no photo back")
    train.add_argument("--checkpoint", type=Path, help="keep the learner here after each epoch")
    train.add_argument("--start-from", type=Path, help="a checkpoint to go on from")
    evaluate = commands.add_parser("evaluate", help="first-hit rates of the held-out photos")
    evaluate.add_argument("--weights", type=Path, default=WEIGHTS_DIRECTORY)
    for command in (train, evaluate):
        command.add_argument(
            "--photos", type=Path, required=True, help="holds manifest.csv and catalogue.json"
        )
        command.add_argument("--seed", type=int, default=Recipe.seed)
    speed = commands.add_parser("speed", help="pictures a second, both encoders together")
    speed.add_argument("--weights", type=Path, default=WEIGHTS_DIRECTORY)
    return parser


def _train(arguments: argparse.Namespace) -> None:
    recipe = Recipe(
        epochs=arguments.epochs,
        peak_rate=arguments.peak_rate,
        seed=arguments.seed,
        sides=Recipe.sides if arguments.first_side == 96 else ((128, 0.8), (144, 0.2)),
    )
    torch.manual_seed(recipe.seed)
    assembly = assemble(arguments.photos, not arguments.all_photos, recipe.seed)
    labels, groups = sorted(set(assembly.examples.labels)), sorted(set(assembly.examples.groups))
    learner = Learner(TowerShape(), len(labels), len(groups), recipe.logit_scale)
    if arguments.start_from:
        learner.load_state_dict(torch.load(arguments.start_from, weights_only=True))
    targets = targets_of(assembly.examples, labels, groups)
    trainer = Trainer(learner, recipe, assembly.examples.pixels, targets, assembly.choose)
    begun = time.monotonic()

    def watch(epoch: int, loss: float, average: nn.Module) -> None:
        _say(
            f"epoch {epoch + 1}/{recipe.epochs}  loss {loss:.3f}  {time.monotonic() - begun:.0f} s"
        )
        if arguments.checkpoint:
            torch.save(average.state_dict(), arguments.checkpoint)

    average = trainer.run(watch)
    products = shop.read_catalogue(arguments.photos)
    finish(average.tower, assembly, products, arguments.out, Finishing(seed=recipe.seed))


def _evaluate(arguments: argparse.Namespace) -> None:
    photos = shop.read_manifest(arguments.photos)
    mask = held_out(
        photos, shop.load_pixels(arguments.photos, photos), HELD_OUT_SHARE, arguments.seed
    )
    for name, rate in report(arguments.weights, arguments.photos, mask).items():
        _say(f"{name:24} {100 * rate:5.1f} %")


def _speed(arguments: argparse.Namespace) -> None:
    """Preprocesses and encodes 16 batches of 16 noisy pictures of 480 by 360 pixels."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (16, 360, 480, 3), dtype=np.uint8)
    images = [Image.fromarray(picture) for picture in noise]
    for encoder in (
        CompactSemanticEncoder.load(arguments.weights),
        CompactVisualEncoder.load(arguments.weights),
    ):
        batch = np.stack([encoder.preprocess(image) for image in images])
        encoder.encode(batch)
        begun = time.perf_counter()
        for _ in range(16):
            np.stack([encoder.preprocess(image) for image in images])
        between = time.perf_counter()
        for _ in range(16):
            encoder.encode(batch)
        ended = time.perf_counter()
        _say(
            f"{encoder.name:20} preprocess {256 / (between - begun):6.0f} pictures/s, "
            f"encode {256 / (ended - between):6.0f} pictures/s"
        )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
