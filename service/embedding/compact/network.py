"""The image tower of the compact semantic encoder: a small residual network, in torch."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


@dataclass(frozen=True)
class TowerShape:
    """Everything needed to rebuild the network that a weights file belongs to."""

    widths: tuple[int, ...] = (64, 128, 256, 320)
    depths: tuple[int, ...] = (2, 2, 2, 1)
    stem: int = 32
    kinds: int = 192
    colours: int = 12
    patterns: int = 6


class SqueezeExcite(nn.Module):
    """Scales each channel by what the whole picture says about it (arXiv:1709.01507)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(8, channels // 8)
        self.down = nn.Linear(channels, hidden)
        self.up = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.up(F.relu(self.down(x.mean((2, 3))))))
        return x * gate[:, :, None, None]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a gate beside a skip; halves the side where stride is 2."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.norm1: nn.Module = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.norm2: nn.Module = nn.BatchNorm2d(outside)
        self.gate = SqueezeExcite(outside)
        self.stride = stride
        self.skip: nn.Module = nn.Identity()
        if inside != outside:
            self.skip = nn.Conv2d(inside, outside, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(self.conv1(x)), inplace=True)
        y = self.gate(self.norm2(self.conv2(y)))
        shortcut = F.avg_pool2d(x, 2, ceil_mode=True) if self.stride == 2 else x
        return F.relu(y + self.skip(shortcut), inplace=True)


class ImageTower(nn.Module):
    """Pixels to three answers: which kind of thing, which colours, which pattern."""

    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.shape = shape
        self.stem = nn.Conv2d(3, shape.stem, 3, 2, 1, bias=False)
        self.stem_norm: nn.Module = nn.BatchNorm2d(shape.stem)
        self.stages = nn.ModuleList(_stages(shape))
        pooled = shape.widths[-1]
        self.neck = nn.BatchNorm1d(pooled)
        self.kind = nn.Linear(pooled, shape.kinds, bias=False)
        self.kind_norm = nn.BatchNorm1d(shape.kinds, affine=False)
        self.attributes = nn.Linear(sum(shape.widths), shape.colours + shape.patterns)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 3, side, side) in 0..1 to kind (n, kinds), colour and pattern logits."""
        centred = ((pixels - 0.5) * 4.0).to(self.stem.weight.dtype)
        x = F.relu(self.stem_norm(self.stem(centred)), inplace=True)
        pooled = []
        for stage in self.stages:
            x = stage(x)
            pooled.append(x.mean((2, 3)).float())
        kind = self.kind_norm(self.kind(self.neck(pooled[-1])))
        logits = self.attributes(torch.cat(pooled, 1))
        return kind, logits[:, : self.shape.colours], logits[:, self.shape.colours :]


def embedding_of(kind: Tensor, colours: Tensor, patterns: Tensor, attribute_share: float) -> Tensor:
    """The tower's three answers as one unit vector, (n, kinds + colours + patterns).

    Of a cosine between two such vectors, 1 - attribute_share is the cosine of the kinds and
    the rest the Bhattacharyya coefficient of colours and patterns, where colours count most.
    """
    shares = [colours.float().softmax(1).sqrt(), 0.5 * patterns.float().softmax(1).sqrt()]
    attributes = F.normalize(torch.cat(shares, 1), dim=1)
    kinds = F.normalize(kind.float(), dim=1)
    return torch.cat([(1 - attribute_share) ** 0.5 * kinds, attribute_share**0.5 * attributes], 1)


def folded(tower: ImageTower) -> ImageTower:
    """The same answers with every batch norm of a convolution folded into its weights."""
    tower.eval()
    if isinstance(tower.stem_norm, nn.Identity):
        return tower
    tower.stem, tower.stem_norm = _fused(tower.stem, tower.stem_norm), nn.Identity()
    for block in tower.modules():
        if isinstance(block, ResidualBlock):
            block.conv1, block.norm1 = _fused(block.conv1, block.norm1), nn.Identity()
            block.conv2, block.norm2 = _fused(block.conv2, block.norm2), nn.Identity()
    return tower


def quickened(tower: ImageTower) -> ImageTower:
    """The convolutions in bfloat16 where the processor multiplies it; heads stay in float32."""
    tower.to(memory_format=torch.channels_last)
    if torch.cpu._is_avx512_bf16_supported():
        tower.stem.to(torch.bfloat16)
        tower.stages.to(torch.bfloat16)
    return tower


def _fused(convolution: nn.Conv2d, norm: nn.Module) -> nn.Conv2d:
    if not isinstance(norm, nn.BatchNorm2d):
        return convolution
    return fuse_conv_bn_eval(convolution, norm)


def _stages(shape: TowerShape) -> list[nn.Sequential]:
    stages, inside = [], shape.stem
    for width, depth in zip(shape.widths, shape.depths, strict=True):
        blocks = []
        for position in range(depth):
            blocks.append(ResidualBlock(inside, width, 2 if position == 0 else 1))
            inside = width
        stages.append(nn.Sequential(*blocks))
    return stages
